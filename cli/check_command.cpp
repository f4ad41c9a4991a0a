// eckart check: certify a factorisation, whoever made it.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "certificate_text.hpp"
#include "convert.hpp"
#include "eckart/certify.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

struct Files {
  std::string u, s, vt;
};

Files files_of(const CheckOptions& o) {
  const bool any = !o.u.empty() || !o.s.empty() || !o.vt.empty();
  const bool all = !o.u.empty() && !o.s.empty() && !o.vt.empty();
  if (o.folder.empty() ? !all : any) {
    throw UsageError(
        "name the factorisation: either a folder with U.npy, s.npy and Vt.npy, "
        "or all of --u, --s and --vt");
  }
  if (all) return {o.u, o.s, o.vt};
  std::error_code ignored;
  if (!std::filesystem::is_directory(o.folder, ignored)) {
    const bool exists = std::filesystem::exists(o.folder, ignored);
    throw IoError(o.folder, std::string(exists ? "is not a folder" : "no such folder") +
                                "; expected one with U.npy, s.npy and Vt.npy, or --u, --s and "
                                "--vt with a file each");
  }
  return {o.folder + "/U.npy", o.folder + "/s.npy", o.folder + "/Vt.npy"};
}

// A factorisation as it came from the files.
struct Factors {
  AnyMatrix U, s, Vt;
};

// U may have more columns and Vt more rows than there are singular values, as with numpy's
// full_matrices: the leading ones belong to the values.
void check_shapes(const MatrixFacts& A, const Factors& factors, const Files& files) {
  const MatrixFacts U = facts_of(factors.U, files.u), s = facts_of(factors.s, files.s),
                    Vt = facts_of(factors.Vt, files.vt);
  if (s.rows != 1 && s.cols != 1) {
    throw IoError(files.s, fmt::format("holds {} x {} numbers; expected the singular values as a "
                                       "vector",
                                       s.rows, s.cols));
  }
  const index_t k = std::max(s.rows, s.cols) * std::min<index_t>(1, std::min(s.rows, s.cols));
  if (U.rows != A.rows || U.cols < k) {
    throw IoError(files.u, fmt::format("is {} x {}; with a matrix of {} and {} expected {} x {}",
                                       U.rows, U.cols, counted(A.rows, "row"),
                                       counted(k, "singular value"), A.rows, k));
  }
  if (Vt.rows < k || Vt.cols != A.cols) {
    const bool transposed = Vt.rows == A.cols && Vt.cols == k;
    throw IoError(files.vt,
                  fmt::format("is {} x {}; with a matrix of {} and {} expected {} x {}{}", Vt.rows,
                              Vt.cols, counted(A.cols, "column"), counted(k, "singular value"), k,
                              A.cols, transposed ? ": this looks like V, transpose it" : ""));
  }
}

// Returns the real singular values; throws IoError on complex, NaN or infinite ones.
template <Scalar T>
std::vector<real_t<T>> sigma_of(const AnyMatrix& s, const std::string& path) {
  if (complex_valued(s)) throw IoError(path, "holds complex numbers; singular values are real");
  const Matrix<T> dense = to_dense<T>(s);
  std::vector<real_t<T>> sigma(static_cast<std::size_t>(dense.rows() * dense.cols()));
  for (std::size_t i = 0; i < sigma.size(); ++i) sigma[i] = std::real(dense.data()[i]);
  return sigma;
}

std::string triplets_text(const Certificate& c) {
  std::string text;
  std::size_t failing = 0;
  for (std::size_t i = 0; i < c.residuals.size(); ++i) {
    if (c.residuals[i] <= c.accuracy) continue;
    if (++failing <= 10) text += fmt::format("  {:>9}  {:>10.1e}\n", i + 1, c.residuals[i]);
  }
  if (failing == 0) return {};
  if (failing > 10) text += fmt::format("  {:>9}  ({} more)\n", "...", failing - 10);
  return fmt::format("\ntriplets that fail: {} of {}\n  {:>9}  {:>10}\n", failing,
                     c.residuals.size(), "component", "residual") +
         text;
}

ordered_json bound_json(const Bound& bound) {
  if (!bound.known()) return {{"kind", to_string(bound.kind)}, {"value", nullptr}};
  ordered_json object = {{"value", bound.value}, {"kind", to_string(bound.kind)}};
  if (bound.kind == BoundKind::probabilistic) {
    object["failure_probability"] = bound.failure_probability;
  }
  return object;
}

ordered_json certificate_json(const Certificate& c) {
  return {{"accuracy", c.accuracy},
          {"met", c.met},
          {"findings", c.findings},
          {"residual", bound_json(c.residual)},
          {"orthogonality_U", bound_json(c.orthogonality_U)},
          {"orthogonality_V", bound_json(c.orthogonality_V)},
          {"frobenius_norm", bound_json(c.frobenius_norm)},
          {"energy", bound_json(c.energy)},
          {"frobenius_error", bound_json(c.frobenius_error)},
          {"spectral_error", bound_json(c.spectral_error)},
          {"spectral_error_seen", bound_json(c.spectral_error_seen)},
          {"residuals", c.residuals}};
}

// What the user should know about the precisions that met here; empty when they are equal.
std::string precision_note(bool factors_single,
                           const std::string& matrix_scalar,
                           const std::string& working_scalar) {
  std::string note;
  const bool working_single = working_scalar == "float32" || working_scalar == "complex64";
  if (factors_single && !working_single) {
    note = "single-precision factors were converted to " + working_scalar +
           "; unless --accuracy says otherwise they are judged as single precision";
  }
  if (matrix_scalar != working_scalar) {
    note += (note.empty() ? "the matrix was converted to " : "; the matrix likewise to ") +
            working_scalar;
  }
  return note;
}

template <Scalar T>
int certify_as(const AnyMatrix& original,
               const MatrixFacts& facts,
               const Factors& factors,
               const Files& files,
               const CheckOptions& o,
               Session& session) {
  const bool factors_single =
      single_precision(factors.U) || single_precision(factors.s) || single_precision(factors.Vt);
  const bool same_scalar = facts.scalar == scalar_name<T>();
  const AnyMatrix converted = same_scalar ? AnyMatrix() : with_scalar<T>(original);
  const Matrix<T> U = to_dense<T>(factors.U), V = adjoint_dense<T>(factors.Vt);
  const std::vector<real_t<T>> sigma = sigma_of<T>(factors.s, files.s);
  const auto k = static_cast<index_t>(sigma.size());
  std::string note = precision_note(factors_single, facts.scalar, scalar_name<T>());
  if (U.cols() > k || V.cols() > k) {
    note += fmt::format("{}U has {} and Vt {}; the leading {} of each are checked",
                        note.empty() ? "" : "; ", counted(U.cols(), "column"),
                        counted(V.cols(), "row"), k);
  }
  CertifyOptions options;
  options.accuracy = o.accuracy;
  if (options.accuracy == 0 && factors_single) options.accuracy = default_accuracy<float>();
  options.leading = !o.any_triplets;
  options.seed = o.seed;

  const Certificate c =
      with_operator(same_scalar ? original : converted, facts.source, session, [&](const auto& A) {
        // The storage is one of two; the scalar is T by now.
        if constexpr (std::same_as<scalar_of<decltype(A)>, T>) {
          const auto run = [&](const LinearOperator<T>& B) {
            return certify<T>(B, U.view().columns(0, k), sigma, V.view().columns(0, k), options,
                              session.context);
          };
          if (!o.center && !o.scale) return run(A);
          return run(*make_affine(A, standardisation(A, o.center, o.scale, session.context)));
        } else {
          return Certificate{};
        }
      });
  session.progress.clear();
  if (interrupted()) throw Cancelled();
  if (session.json) {
    const ordered_json object = {{"schema", 1},
                                 {"matrix", to_json(facts)},
                                 {"triplets", sigma.size()},
                                 {"note", note},
                                 {"certificate", certificate_json(c)}};
    write_json(object);
  } else {
    std::string text = fmt::format("matrix   {}: {}\nfactors  {} from {}, {}, {}\n",
                                   session.terminal.bold(printable(facts.source)), describe(facts),
                                   counted(k, "triplet"), printable(files.u), printable(files.s),
                                   printable(files.vt));
    if (!note.empty()) text += "note     " + note + "\n";
    text = session.terminal.text(text + "\nhow right it is\n");
    write_stdout(text + certificate_text(c, session.terminal) + triplets_text(c));
  }
  return c.met ? exit_met : exit_not_met;
}

}  // namespace

int run_check(const CheckOptions& options) {
  const Files files = files_of(options);
  Session session(options.run);
  const AnyMatrix matrix = load_matrix(options.run);
  const MatrixFacts facts = facts_of(matrix, options.run.input);
  RunOptions npy = options.run;
  npy.input_format = "auto";
  const Factors factors{load_matrix(npy, files.u), load_matrix(npy, files.s),
                        load_matrix(npy, files.vt)};
  check_shapes(facts, factors, files);

  return with_widest_scalar({&matrix, &factors.U, &factors.s, &factors.Vt}, [&]<Scalar T>() {
    return certify_as<T>(matrix, facts, factors, files, options, session);
  });
}

}  // namespace eckart::cli
