// eckart rank, cond, norm, pinv, null, range: what depends on which singular values count as zeros.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "eckart/apps/factors.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/null_space.hpp"
#include "eckart/svd.hpp"
#include "exit_code.hpp"
#include "matrix_text.hpp"
#include "options.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

ZeroTolerance tolerance_of(const ZeroOptions& o) {
  return {.relative = o.relative, .absolute = o.absolute};
}

std::string gap_text(const RankFinding& found) {
  std::string text = fmt::format("zeros    σ up to {:.3g}\n", found.threshold);
  if (found.largest_dropped > 0 && found.rank > 0) {
    text += fmt::format(
        "gap      σ_{} = {:.6g} counts, σ_{} = {:.6g} does not: a factor of {:.3g}{}\n", found.rank,
        found.smallest_kept, found.rank + 1, found.largest_dropped,
        found.smallest_kept / found.largest_dropped,
        found.smallest_kept < 100 * found.largest_dropped ? "; that is not clear-cut" : "");
  } else if (found.rank > 0) {
    text += fmt::format("smallest σ_{} = {:.6g}\n", found.rank, found.smallest_kept);
  }
  return text;
}

ordered_json gap_json(const RankFinding& found) {
  return {{"rank", found.rank},
          {"threshold", found.threshold},
          {"smallest_kept", found.smallest_kept},
          {"largest_dropped", found.largest_dropped}};
}

std::string heading(const MatrixFacts& facts, const Session& session) {
  return fmt::format("matrix   {}: {}\n", session.terminal.bold(printable(facts.source)),
                     describe(facts));
}

// Calls answer(A, all singular values with report) for the matrix that the options name, and
// returns the exit code of the decomposition.
template <class Answer>
int with_values(const ZeroOptions& o, const Answer& answer) {
  Session session(o.run);
  const AnyMatrix matrix = load_matrix(o.run);
  const MatrixFacts facts = facts_of(matrix, o.run.input);
  return with_operator(matrix, facts.source, session, [&](const auto& A) {
    SvdRequest request;
    request.vectors = Vectors::none;
    auto result = svd(A, request, session.context);
    session.progress.clear();
    print_warnings(result.report, session);
    answer(A, result, facts, session);
    return exit_code_of(result.report);
  });
}

// The largest column sum and row sum of moduli, and the largest modulus, by blocks of columns.
struct EntryNorms {
  double one = 0, infinity = 0, largest = 0;
};

template <Scalar T>
EntryNorms entry_norms(const LinearOperator<T>& A, Context& context) {
  EntryNorms norms;
  constexpr index_t block = 256;
  const index_t m = A.rows(), n = A.cols();
  if (m == 0 || n == 0) return norms;
  std::vector<double> row_sums(static_cast<std::size_t>(m));
  Matrix<T> columns(m, std::min(block, n));
  for (index_t first = 0; first < n; first += block) {
    const index_t count = std::min(block, n - first);
    Matrix<T> unit(n, count);
    for (index_t j = 0; j < count; ++j) unit(first + j, j) = 1;
    A.apply(std::as_const(unit).view(), columns.view().columns(0, count), context);
    for (index_t j = 0; j < count; ++j) {
      double sum = 0;
      for (index_t i = 0; i < m; ++i) {
        const auto size = static_cast<double>(std::abs(columns(i, j)));
        sum += size;
        row_sums[static_cast<std::size_t>(i)] += size;
        norms.largest = std::max(norms.largest, size);
      }
      norms.one = std::max(norms.one, sum);
    }
  }
  norms.infinity = *std::max_element(row_sums.begin(), row_sums.end());
  return norms;
}

void check_target_of(const ZeroOptions& o) {
  if (o.file.empty()) return;
  if (!o.file.ends_with(".npy")) {
    throw UsageError("--output: '" + o.file +
                     "' will not do; the matrix is written as NumPy's format, expected a name that "
                     "ends in .npy");
  }
  check_target(o.file, o.force, false);
  check_not_input(o.file, {o.run.input});
}

// What one of the commands that write a matrix made.
template <Scalar T>
struct Construction {
  Matrix<T> matrix;
  RankFinding rank;
  std::string note;  // one more line, or nothing
  bool met = true;
  ordered_json facts = ordered_json::object();
};

// Calls make(A, context), and writes what it returns to the file named or else to the terminal.
template <class Make>
int construct(const ZeroOptions& o, const char* name, const Make& make) {
  check_target_of(o);
  Session session(o.run);
  const AnyMatrix matrix = load_matrix(o.run);
  const MatrixFacts facts = facts_of(matrix, o.run.input);
  return with_operator(matrix, facts.source, session, [&](const auto& A) {
    using T = scalar_of<decltype(A)>;
    const auto adjoint = o.left ? make_adjoint(A) : nullptr;
    const Construction<T> made = make(o.left ? *adjoint : A, facts.sparse, session.context);
    session.progress.clear();
    if (interrupted()) throw Cancelled();
    if (!o.file.empty()) {
      check_free(o.file, o.force);
      io::write_npy(o.file, made.matrix.view());
    }
    if (session.json) {
      ordered_json object = {{"schema", 1}, {"matrix", to_json(facts)}};
      object.update(gap_json(made.rank));
      object.update(made.facts);
      object["rows"] = made.matrix.rows();
      object["cols"] = made.matrix.cols();
      if (o.file.empty()) {
        object["matrix_entries"] = matrix_json<T>(made.matrix.view());
      } else {
        object["file"] = o.file;
      }
      write_json(object);
    } else {
      const std::string shape =
          fmt::format("{} × {}", grouped(made.matrix.rows()), grouped(made.matrix.cols()));
      write_stdout(session.terminal.text(
          heading(facts, session) + fmt::format("rank     {}\n", made.rank.rank) +
          gap_text(made.rank) + made.note +
          (o.file.empty()
               ? fmt::format("{}, {}:\n{}", name, shape, matrix_text<T>(made.matrix.view()))
               : fmt::format("file     {}: {}, {}\n", printable(o.file), name, shape))));
    }
    return static_cast<int>(made.met ? exit_met : exit_not_met);
  });
}

// Returns the largest ||A x|| over the columns x of X.
template <Scalar T>
double largest_image(const LinearOperator<T>& A, const Matrix<T>& X, Context& context) {
  Matrix<T> image(A.rows(), X.cols());
  if (!image.view().empty()) A.apply(X.view(), image.view(), context);
  double worst = 0;
  for (index_t j = 0; j < image.cols(); ++j) {
    double norm = 0;
    for (index_t i = 0; i < image.rows(); ++i) {
      norm = std::hypot(norm, static_cast<double>(std::abs(image(i, j))));
    }
    worst = std::max(worst, norm);
  }
  return worst;
}

// Returns columns [first, first + count) of X.
template <Scalar T>
Matrix<T> columns_of(const Matrix<T>& X, index_t first, index_t count) {
  Matrix<T> some(X.rows(), count);
  std::copy_n(X.data() + first * X.ld(), X.rows() * count, some.data());
  return some;
}

}  // namespace

int run_rank(const ZeroOptions& o) {
  return with_values(
      o, [&](const auto& A, const auto& result, const MatrixFacts& facts, Session& session) {
        using T = scalar_of<decltype(A)>;
        const RankFinding found = Factors<T>(result).rank(tolerance_of(o));
        if (session.json) {
          ordered_json object = {{"schema", 1}, {"matrix", to_json(facts)}};
          object.update(gap_json(found));
          write_json(object);
          return;
        }
        write_stdout(session.terminal.text(
            heading(facts, session) +
            fmt::format("rank     {} of {}\n", found.rank, std::min(A.rows(), A.cols())) +
            gap_text(found)));
      });
}

int run_cond(const ZeroOptions& o) {
  return with_values(o, [&](const auto& A, const auto& result, const MatrixFacts& facts,
                            Session& session) {
    using T = scalar_of<decltype(A)>;
    const Factors<T> factors(result);
    const RankFinding found = factors.rank(tolerance_of(o));
    // Without a tolerance only an exact zero makes it infinite.
    const bool named = o.relative || o.absolute > 0;
    const double condition =
        named ? factors.condition_number(tolerance_of(o)) : factors.condition_number();
    const bool singular = found.rank < factors.count();
    const double unit = std::numeric_limits<real_t<T>>::epsilon() / 2.0;
    const int digits =
        std::isinf(condition)
            ? 0
            : std::max(0, static_cast<int>(std::floor(-std::log10(unit * condition))));
    if (session.json) {
      ordered_json object = {{"schema", 1}, {"matrix", to_json(facts)}};
      object["condition_number"] = std::isinf(condition) ? ordered_json() : ordered_json(condition);
      object["singular"] = singular;
      object["digits"] = digits;
      object.update(gap_json(found));
      write_json(object);
      return;
    }
    const std::string value = std::isinf(condition) ? "infinite" : fmt::format("{:.6g}", condition);
    const std::string verdict =
        singular
            ? "to working precision A is singular, and a solution of A x = b has no digit to trust"
            : fmt::format("of {} digits in A and b, a solution of A x = b keeps about {}",
                          std::numeric_limits<real_t<T>>::digits10 + 1, digits);
    write_stdout(session.terminal.text(heading(facts, session) +
                                       fmt::format("cond     {}: {}\n", value, verdict) +
                                       gap_text(found)));
  });
}

int run_norm(const ZeroOptions& o) {
  return with_values(
      o, [&](const auto& A, const auto& result, const MatrixFacts& facts, Session& session) {
        using T = scalar_of<decltype(A)>;
        const Factors<T> factors(result);
        double nuclear = 0;
        for (std::size_t i = result.sigma.size(); i-- > 0;) nuclear += double(result.sigma[i]);
        const EntryNorms entries = entry_norms(A, session.context);
        if (session.json) {
          write_json({{"schema", 1},
                      {"matrix", to_json(facts)},
                      {"two", factors.norm2()},
                      {"frobenius", factors.norm_fro()},
                      {"nuclear", nuclear},
                      {"one", entries.one},
                      {"infinity", entries.infinity},
                      {"largest_entry", entries.largest}});
          return;
        }
        std::string text = heading(facts, session);
        const auto row = [&](const char* name, double value, const char* meaning) {
          text += fmt::format("  {:<14}  {:>22.16g}  {}\n", name, value, meaning);
        };
        row("2", factors.norm2(), "largest singular value");
        row("Frobenius", factors.norm_fro(), "root of the sum of squares");
        row("nuclear", nuclear, "sum of the singular values");
        row("1", entries.one, "largest column sum of moduli");
        row("infinity", entries.infinity, "largest row sum of moduli");
        row("largest entry", entries.largest, "largest modulus");
        write_stdout(session.terminal.text(text));
      });
}

int run_pinv(const ZeroOptions& o) {
  return construct(
      o, "pseudoinverse", [&]<Scalar T>(const LinearOperator<T>& A, bool, Context& context) {
        const SvdResult<T> result = dense_svd(A, {.certify = false}, context);
        const Factors<T> factors(result);
        return Construction<T>{
            factors.pseudoinverse(tolerance_of(o), context), factors.rank(tolerance_of(o)), {}};
      });
}

int run_null(const ZeroOptions& o) {
  return construct(
      o, "null space", [&]<Scalar T>(const LinearOperator<T>& A, bool sparse, Context& context) {
        Construction<T> made;
        double residual = 0;
        // An absolute tolerance needs the singular values first.
        if (sparse && o.absolute == 0) {
          NullSpace<T> found = null_space(A, {.tolerance = o.relative.value_or(0)}, context);
          made.rank = {.rank = A.cols() - found.basis.cols(),
                       .threshold = found.threshold,
                       .smallest_kept = found.smallest_nonzero,
                       .largest_dropped = found.largest_zero};
          made.matrix = std::move(found.basis);
          made.met = found.report.certificate.met;
          residual = found.residual;
        } else {
          const Vectors vectors = A.rows() < A.cols() ? Vectors::full : Vectors::thin;
          const SvdResult<T> result = dense_svd(A, {.vectors = vectors, .certify = false}, context);
          made.rank = numerical_rank<T>(result.sigma, A.rows(), A.cols(), tolerance_of(o));
          made.matrix = columns_of(result.V, made.rank.rank, A.cols() - made.rank.rank);
          residual = largest_image(A, made.matrix, context);
        }
        made.facts = {{"nullity", made.matrix.cols()}, {"residual", residual}};
        if (made.matrix.cols() > 0) {
          made.note =
              fmt::format("residual ‖A v‖ ≤ {:.3g} for every vector of the basis\n", residual);
        }
        return made;
      });
}

int run_range(const ZeroOptions& o) {
  return construct(o, "range", [&]<Scalar T>(const LinearOperator<T>& A, bool, Context& context) {
    const SvdResult<T> result = dense_svd(A, {.certify = false}, context);
    const RankFinding found = Factors<T>(result).rank(tolerance_of(o));
    return Construction<T>{columns_of(result.U, 0, found.rank), found, {}};
  });
}

}  // namespace eckart::cli
