// eckart lowrank: the best rank-k approximation, as a matrix.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "certificate_text.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/svd.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// Throws MemoryLimit if the m x n result would not fit under the cap.
template <Scalar T>
void check_output_fits(index_t rows, index_t cols, const Session& session) {
  const auto bytes = static_cast<std::uint64_t>(checked_bytes(rows, cols, sizeof(T)));
  const std::uint64_t cap = session.context.memory_cap_bytes();
  if (cap > 0 && bytes > cap) {
    throw MemoryLimit(fmt::format("the {} x {} approximation is dense", rows, cols), bytes, cap);
  }
}

// Returns U diag(sigma) Vt, where Vt is k x n, by blocks of columns.
template <Scalar T>
Matrix<T> multiply(MatrixView<const T> U,
                   const std::vector<real_t<T>>& sigma,
                   const DenseMatrix<T>& Vt,
                   Context& context) {
  const index_t k = U.cols, n = Vt.cols();
  Matrix<T> product(U.rows, n);
  if (k == 0 || product.view().empty()) return product;
  const auto left = make_operator(U);
  constexpr index_t block = 256;
  Matrix<T> right(k, std::min(block, n));
  for (index_t first = 0; first < n; first += block) {
    const index_t count = std::min(block, n - first);
    for (index_t j = 0; j < count; ++j) {
      for (index_t i = 0; i < k; ++i) {
        right(i, j) = static_cast<real_t<T>>(sigma[static_cast<std::size_t>(i)]) * Vt(i, first + j);
      }
    }
    left->apply(right.view().columns(0, count), product.view().columns(first, count), context);
  }
  return product;
}

// Returns V^H as a matrix of its own.
template <Scalar T>
DenseMatrix<T> adjoint_of(const Matrix<T>& V) {
  Matrix<T> Vt(V.cols(), V.rows());
  for (index_t j = 0; j < V.rows(); ++j) {
    for (index_t i = 0; i < V.cols(); ++i) Vt(i, j) = conjugate(V(j, i));
  }
  return own(std::move(Vt));
}

// How many numbers A has and how many the factors need.
struct Sizes {
  index_t rows, cols, rank;
  index_t full() const { return rows * cols; }
  index_t factored() const { return rank * (rows + cols + 1); }

  std::string text() const {
    const double share = full() > 0 ? double(factored()) / double(full()) : 0;
    return fmt::format("{} numbers ({} × {}) become {}: {} in U and V, {} in σ; {}",
                       grouped(full()), grouped(rows), grouped(cols), grouped(factored()),
                       grouped(rank * (rows + cols)), rank,
                       share < 1 ? percent(share) + " of the size" : "no saving at this rank");
  }
  ordered_json json() const { return {{"matrix_numbers", full()}, {"factor_numbers", factored()}}; }
};

void check_request(const LowrankOptions& o) {
  const int named = o.rank.rank.has_value() + o.rank.energy.has_value() +
                    o.rank.tolerance.has_value() + o.rank.choice.has_value();
  if (!o.file.ends_with(".npy")) {
    throw UsageError("--output: '" + o.file +
                     "' will not do; the approximation is written as NumPy's "
                     "format, expected a name that ends in .npy");
  }
  if (named != 1) {
    throw UsageError("give one of -k N, --energy P, --tolerance E and --choose: how close to come");
  }
  check_noise(o.rank);
}

// Another process may have written the file since check_target looked.
template <Scalar T>
void save(const LowrankOptions& o, const Matrix<T>& product) {
  check_free(o.file, o.force);
  io::write_npy(o.file, product.view());
}

template <Scalar T>
int approximate(const LinearOperator<T>& A,
                const MatrixFacts& facts,
                const LowrankOptions& o,
                Session& session) {
  check_output_fits<T>(A.rows(), A.cols(), session);
  SvdRequest request;
  request.rank = o.rank;
  request.method = method_named(o.method);
  request.accuracy = o.accuracy;
  request.seed = o.seed;
  const SvdResult<T> result = svd(A, request, session.context);
  const Matrix<T> product =
      multiply(result.U.view(), result.sigma, adjoint_of(result.V), session.context);
  save(o, product);
  session.progress.clear();
  print_warnings(result.report, session);

  const Certificate& c = result.report.certificate;
  const Sizes sizes{A.rows(), A.cols(), result.report.rank};
  if (session.json) {
    ordered_json object = ordered_json::parse(io::to_json(result.report));
    object["matrix"] = to_json(facts);
    object["sizes"] = sizes.json();
    object["sigma"] = as_doubles(result.sigma);
    object["file"] = o.file;
    write_json(object);
    return exit_code_of(result.report);
  }
  std::string text = fmt::format("matrix   {}: {}\n",
                                 session.terminal.bold(printable(facts.source)), describe(facts));
  text += run_text(result.report, session);
  text += "size     " + sizes.text() + "\n";
  text += fmt::format("file     {} ({} × {}, {})\n", printable(o.file), grouped(A.rows()),
                      grouped(A.cols()), scalar_name<T>());
  text = session.terminal.text(text + "\nhow right it is\n");
  write_stdout(text + certificate_text(c, session.terminal));
  return exit_code_of(result.report);
}

// What a saved result is the SVD of.
struct SavedSource {
  bool centred = false;
  bool scaled = false;

  std::string text() const {
    if (!centred && !scaled) return {};
    const char* how = centred && scaled ? "centred and scaled" : centred ? "centred" : "scaled";
    return fmt::format("note     its columns were {0}: this approximates the {0} matrix\n", how);
  }
};

// Reads it from the folder's report.json; without one (numpy.save) it is the plain matrix.
// Throws UsageError for other triplets than the leading ones, which approximate nothing; IoError.
SavedSource saved_source(const std::string& folder) {
  const std::string path = folder + "/report.json";
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return {};
  std::ifstream file(path);
  const ordered_json report = ordered_json::parse(file, nullptr, false);
  if (!report.is_object()) {
    throw IoError(path, "is not a JSON object; expected the report that eckart svd -o wrote");
  }
  const auto says = [](const ordered_json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && *at == true;
  };
  const bool inner = report.contains("target");
  if (inner || says(report, "smallest")) {
    throw UsageError(fmt::format(
        "{} holds the {}; an approximation needs the leading ones: run eckart svd without --{}",
        folder, inner ? "triplets nearest to a target" : "smallest triplets",
        inner ? "target" : "smallest"));
  }
  const ordered_json matrix = report.value("matrix", ordered_json::object());
  return {says(matrix, "centred"), says(matrix, "scaled")};
}

// The approximation from a saved result: nothing is decomposed again.
template <Scalar T>
int multiply_saved(const DenseMatrix<T>& U,
                   const AnyMatrix& saved_s,
                   const AnyMatrix& saved_Vt,
                   const SavedSource& source,
                   const LowrankOptions& o,
                   Session& session) {
  const std::string folder = o.run.input;
  const auto* s = std::get_if<DenseMatrix<real_t<T>>>(&saved_s);
  const auto* Vt = std::get_if<DenseMatrix<T>>(&saved_Vt);
  const index_t saved = s ? s->rows() * s->cols() : -1;
  if (!s || !Vt || U.cols() < saved || Vt->rows() < saved) {
    throw IoError(folder,
                  "U.npy, s.npy and Vt.npy do not belong together; expected a folder "
                  "that eckart svd -o wrote");
  }
  const index_t k = *o.rank.rank;
  if (k > saved) {
    throw UsageError(fmt::format("-k {}: {} holds {}", k, folder, counted(saved, "triplet")));
  }
  check_output_fits<T>(U.rows(), Vt->cols(), session);
  std::vector<real_t<T>> sigma(static_cast<std::size_t>(k));
  for (index_t i = 0; i < k; ++i) {
    sigma[static_cast<std::size_t>(i)] = s->cols() == 1 ? (*s)(i, 0) : (*s)(0, i);
  }
  Matrix<T> leading(U.rows(), k);
  for (index_t j = 0; j < k; ++j) {
    for (index_t i = 0; i < U.rows(); ++i) leading(i, j) = U(i, j);
  }
  const Matrix<T> product = multiply(std::as_const(leading).view(), sigma, *Vt, session.context);
  save(o, product);
  const Sizes sizes{U.rows(), Vt->cols(), k};
  if (session.json) {
    ordered_json object = {{"schema", 1}, {"source", folder}, {"rank", k}};
    object["centred"] = source.centred;
    object["scaled"] = source.scaled;
    object["sizes"] = sizes.json();
    object["file"] = o.file;
    write_json(object);
  } else {
    write_stdout(session.terminal.text(fmt::format(
        "from     {}: the {} leading of {}\n{}size     {}\n"
        "file     {} ({} × {}, {})\n",
        session.terminal.bold(printable(folder)), k, counted(saved, "triplet"), source.text(),
        sizes.text(), printable(o.file), U.rows(), Vt->cols(), scalar_name<T>())));
  }
  return exit_met;
}

int run_on_folder(const LowrankOptions& o, Session& session) {
  if (!o.rank.rank) {
    throw UsageError(
        "a saved result does not hold the norm of its matrix: give -k N, or the "
        "matrix itself");
  }
  const SavedSource source = saved_source(o.run.input);
  const AnyMatrix U = load_matrix(o.run, o.run.input + "/U.npy");
  const AnyMatrix s = load_matrix(o.run, o.run.input + "/s.npy");
  const AnyMatrix Vt = load_matrix(o.run, o.run.input + "/Vt.npy");
  return std::visit(
      [&]<class Stored>(const Stored& stored) -> int {
        if constexpr (requires { stored.row_major; }) {
          return multiply_saved(stored, s, Vt, source, o, session);
        } else {
          throw IoError(o.run.input, "U.npy is not a dense array");
        }
      },
      U);
}

}  // namespace

int run_lowrank(const LowrankOptions& options) {
  check_request(options);
  check_target(options.file, options.force, false);
  const std::string& input = options.run.input;
  check_not_input(options.file, {input, input + "/U.npy", input + "/s.npy", input + "/Vt.npy"});
  Session session(options.run);
  std::error_code ignored;
  if (std::filesystem::is_directory(options.run.input, ignored)) {
    return run_on_folder(options, session);
  }
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, options.run.input);
  return with_operator(matrix, facts.source, session,
                       [&](const auto& A) { return approximate(A, facts, options, session); });
}

}  // namespace eckart::cli
