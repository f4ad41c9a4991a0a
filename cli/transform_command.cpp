// eckart transform, eckart inverse: coordinates in a saved SVD, and back.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "eckart/apps/factors.hpp"
#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "request.hpp"
#include "saved.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

void check_options(const TransformOptions& o) {
  if (!o.file.ends_with(".npy")) {
    throw UsageError("--output: '" + o.file +
                     "' will not do; the matrix is written as NumPy's format, expected a name that "
                     "ends in .npy");
  }
  check_target(o.file, o.force, false);
  check_not_input(o.file, {o.run.input, o.folder + "/U.npy", o.folder + "/s.npy",
                           o.folder + "/Vt.npy", o.folder + "/mean.npy", o.folder + "/scale.npy"});
}

index_t rank_of(const TransformOptions& o, const SavedFiles& saved) {
  const index_t k = o.rank.value_or(saved.rank);
  if (k > saved.rank) {
    throw UsageError(
        fmt::format("-k {}: {} holds {}", k, saved.folder, counted(saved.rank, "triplet")));
  }
  return k;
}

template <Scalar T>
int save(const Matrix<T>& result,
         const SavedFiles& saved,
         const std::string& what,
         const TransformOptions& o,
         Session& session) {
  check_free(o.file, o.force);
  io::write_npy(o.file, result.view());
  session.progress.clear();
  if (session.json) {
    write_json({{"schema", 1},
                {"folder", saved.folder},
                {"input", o.run.input.empty() ? ordered_json() : ordered_json(o.run.input)},
                {"triplets", rank_of(o, saved)},
                {"centred", saved.says("centred")},
                {"scaled", saved.says("scaled")},
                {"rows", result.rows()},
                {"cols", result.cols()},
                {"scalar", scalar_name<T>()},
                {"file", o.file}});
  } else {
    write_stdout(session.terminal.text(fmt::format("{}\nfile     {} ({} × {}, {})\n", what,
                                                   printable(o.file), grouped(result.rows()),
                                                   grouped(result.cols()), scalar_name<T>())));
  }
  return exit_met;
}

// "the columns centred and scaled as in the decomposition", or nothing.
std::string transformation_text(const SavedFiles& saved, const char* how) {
  const std::string words = saved.transformation();
  return words.empty() ? "" : fmt::format("\nnote     its columns were {}: {}", words, how);
}

// Divides the coordinates of a whitened model by their deviations, or multiplies. A direction
// without any has coordinates 0.
template <Scalar T>
void whiten(Matrix<T>& Z, const SavedFiles& saved, bool divide) {
  const std::vector<double> deviations = saved.whitening();
  for (index_t j = 0; j < Z.cols() && !deviations.empty(); ++j) {
    const double deviation = deviations[static_cast<std::size_t>(j)];
    const double factor = !divide ? deviation : deviation > 0 ? 1 / deviation : 0;
    for (index_t i = 0; i < Z.rows(); ++i) Z(i, j) *= static_cast<real_t<T>>(factor);
  }
}

template <Scalar T>
int coordinates_of(const AnyMatrix& input,
                   const SavedFiles& saved,
                   const TransformOptions& o,
                   Session& session) {
  const SvdResult<T> result = result_of<T>(saved, rank_of(o, saved));
  const AffineMap<T> map = map_of<T>(saved);
  const AnyMatrix X = with_scalar<T>(input);
  return with_operator(X, o.run.input, session, [&](const auto& rows) {
    if constexpr (std::same_as<scalar_of<decltype(rows)>, T>) {
      if (rows.cols() != result.V.rows()) {
        throw IoError(o.run.input, fmt::format("has {}; the decomposed matrix had {}",
                                               counted(rows.cols(), "column"), result.V.rows()));
      }
      const EntryScan scan = rows.scan(session.context);
      if (!scan.finite()) {
        throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
      }
      const Factors<T> factors(result);
      Matrix<T> Z = map.identity() ? factors.transform(rows, session.context)
                                   : factors.transform(*make_affine(rows, map), session.context);
      whiten(Z, saved, true);
      return save(Z, saved,
                  fmt::format("rows     {}, by the {} leading right vectors of {}{}",
                              printable(o.run.input), Z.cols(), printable(saved.folder),
                              transformation_text(saved, "so are these")),
                  o, session);
    } else {
      return static_cast<int>(exit_internal);  // with_scalar left one scalar
    }
  });
}

template <Scalar T>
int back_from(const AnyMatrix& input,
              const SavedFiles& saved,
              const TransformOptions& o,
              Session& session) {
  const SvdResult<T> result = result_of<T>(saved);
  const AffineMap<T> map = map_of<T>(saved);
  Matrix<T> Z = to_dense<T>(input);
  if (Z.cols() > saved.rank) {
    throw IoError(o.run.input, fmt::format("has {}; {} holds {}", counted(Z.cols(), "column"),
                                           saved.folder, counted(saved.rank, "triplet")));
  }
  whiten(Z, saved, false);
  Matrix<T> X = Factors<T>(result).inverse_transform(Z.view(), session.context);
  for (index_t j = 0; j < X.cols(); ++j) {
    const auto c = static_cast<std::size_t>(j);
    for (index_t i = 0; i < X.rows(); ++i) {
      if (!map.column_scale.empty()) X(i, j) /= map.column_scale[c];
      if (!map.column_shift.empty()) X(i, j) += map.column_shift[c];
    }
  }
  return save(X, saved,
              fmt::format("rows     {}, {} each, through {}{}", printable(o.run.input),
                          counted(Z.cols(), "coordinate"), printable(saved.folder),
                          transformation_text(saved, "this is undone here")),
              o, session);
}

}  // namespace

int run_transform(const TransformOptions& options) {
  check_options(options);
  Session session(options.run);
  const SavedFiles saved = load_saved(options.run, options.folder);
  if (options.run.input.empty()) {
    if (saved.model_is("weighted")) {
      throw UsageError(saved.folder +
                       " holds rows times the roots of their weights; their scores are in "
                       "scores.npy, or name the table");
    }
    return with_scalar_of(saved, saved.s, [&]<Scalar T>() {
      const SvdResult<T> result = result_of<T>(saved, rank_of(options, saved));
      Matrix<T> Z = Factors<T>(result).coordinates();
      whiten(Z, saved, true);
      return save(
          Z, saved,
          fmt::format("rows     those of the decomposed matrix: UΣ of {}", printable(saved.folder)),
          options, session);
    });
  }
  const AnyMatrix input = load_matrix(options.run);
  return with_scalar_of(
      saved, input, [&]<Scalar T>() { return coordinates_of<T>(input, saved, options, session); });
}

int run_inverse(const TransformOptions& options) {
  check_options(options);
  Session session(options.run);
  const SavedFiles saved = load_saved(options.run, options.folder);
  const AnyMatrix input = load_matrix(options.run);
  return with_scalar_of(saved, input,
                        [&]<Scalar T>() { return back_from<T>(input, saved, options, session); });
}

}  // namespace eckart::cli
