// eckart update: rows or columns for a saved SVD.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "convert.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/streaming.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "request.hpp"
#include "saved.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

void check_options(const UpdateOptions& o) {
  const int given = !o.rows.empty() + !o.cols.empty() + !o.merge.empty() + o.remove.has_value();
  if (given != 1) {
    throw UsageError("update takes one of --rows, --cols, --merge and --remove-rows");
  }
  if (o.forgetting && o.rows.empty()) throw UsageError("--forget is for --rows");
  check_target(o.folder, o.force, true);
  if (!o.rows.empty() || !o.cols.empty()) {
    check_not_input(o.folder, {o.rows.empty() ? o.cols : o.rows});
  }
}

// Returns the block of rows as a dense one, less the means and divided by the divisors of the saved
// result's columns.
template <Scalar T>
Matrix<T> block_of(const AnyMatrix& matrix, index_t first, index_t count, const AffineMap<T>& map) {
  return std::visit(
      [&](const auto& stored) {
        Matrix<T> block(count, facts_of(matrix, "").cols);
        const auto put = [&](auto value, index_t i, index_t j) {
          block(i - first, j) = convert<T>(value);
        };
        if constexpr (requires { stored.offsets; }) {
          for (index_t i = first; i < first + count; ++i) {
            for (index_t p = stored.offsets[std::size_t(i)]; p < stored.offsets[std::size_t(i) + 1];
                 ++p) {
              put(stored.values[std::size_t(p)], i, stored.columns[std::size_t(p)]);
            }
          }
        } else {
          for (index_t i = first; i < first + count; ++i) {
            for (index_t j = 0; j < block.cols(); ++j) put(stored(i, j), i, j);
          }
        }
        for (index_t j = 0; j < block.cols() && !map.column_shift.empty(); ++j) {
          for (index_t i = 0; i < count; ++i) block(i, j) -= map.column_shift[std::size_t(j)];
        }
        for (index_t j = 0; j < block.cols() && !map.column_scale.empty(); ++j) {
          for (index_t i = 0; i < count; ++i) block(i, j) *= map.column_scale[std::size_t(j)];
        }
        return block;
      },
      matrix);
}

// Returns the mean of each column.
template <Scalar T>
std::vector<T> means_of(MatrixView<const T> X) {
  std::vector<T> means;
  for (index_t j = 0; j < X.cols; ++j) {
    std::complex<double> sum = 0;
    for (index_t i = 0; i < X.rows; ++i) sum += std::complex<double>(X(i, j));
    means.push_back(convert<T>(sum / static_cast<double>(std::max<index_t>(1, X.rows))));
  }
  return means;
}

// The mean of the rows moves by so much: they are about the new one then, and so is the map.
template <Scalar T>
void move_mean(IncrementalSvd<T>& running,
               AffineMap<T>& map,
               const std::vector<T>& by,
               Context& context) {
  running.subtract_row(by, context);
  for (std::size_t j = 0; j < by.size(); ++j) {
    map.column_shift[j] += map.column_scale.empty() ? by[j] : by[j] / map.column_scale[j];
  }
}

// Appends the rows, less the means of the saved columns, and returns their mean.
template <Scalar T>
std::vector<T> append_rows(IncrementalSvd<T>& running,
                           const AnyMatrix& rows,
                           const AffineMap<T>& map,
                           const UpdateOptions& o,
                           Context& context) {
  std::vector<std::complex<double>> sums(std::size_t(running.cols()));
  const index_t count = facts_of(rows, "").rows;
  // One call of the library, and one step of forgetting, where rows are forgotten.
  const index_t at_once =
      o.forgetting ? std::max<index_t>(1, count) : std::max<index_t>(64, 2 * running.size());
  for (index_t first = 0; first < count; first += at_once) {
    const Matrix<T> block = block_of<T>(rows, first, std::min(at_once, count - first), map);
    running.append_rows(block.view(), context);
    for (index_t j = 0; j < block.cols(); ++j) {
      for (index_t i = 0; i < block.rows(); ++i) {
        sums[std::size_t(j)] += std::complex<double>(block(i, j));
      }
    }
  }
  std::vector<T> means;
  for (const std::complex<double>& sum : sums) {
    means.push_back(convert<T>(sum / static_cast<double>(std::max<index_t>(1, count))));
  }
  return means;
}

// Triplets that an update returns.
index_t wanted_rank(const SavedFiles& saved, const UpdateOptions& o) {
  return o.rank.value_or(std::max<index_t>(1, saved.rank));
}

// With room for the direction in which the mean moves.
template <Scalar T>
IncrementalSvd<T> running_of(const SavedFiles& saved, const UpdateOptions& o) {
  SvdResult<T> result = result_of<T>(saved);
  const index_t rank = wanted_rank(saved, o);
  IncrementalSvdOptions options{
      .rank = saved.says("centred") ? rank + std::min<index_t>(1, result.V.rows() - rank) : rank};
  if (o.forgetting) options.forgetting = *o.forgetting;
  return {std::move(result.U), std::move(result.sigma), std::move(result.V), options};
}

// What is known of the result: the vectors were looked at, the matrix is not here.
Certificate certificate_of(double drift, double left_out, double norm, double accuracy) {
  Certificate certificate;
  certificate.accuracy = accuracy;
  certificate.orthogonality_U = {drift, BoundKind::exact, 0};
  certificate.orthogonality_V = {drift, BoundKind::exact, 0};
  if (norm > 0) certificate.frobenius_error = {left_out / norm, BoundKind::estimated, 0};
  if (!(drift <= accuracy)) {
    certificate.findings.push_back(
        fmt::format("singular vectors are not orthonormal: off by {:.1e}", drift));
  }
  certificate.met = certificate.findings.empty();
  return certificate;
}

template <Scalar T>
double loss(MatrixView<const T> X) {
  double sum = 0;
  for (index_t a = 0; a < X.cols; ++a) {
    for (index_t b = 0; b <= a; ++b) {
      std::complex<double> dot = a == b ? -1 : 0;
      for (index_t i = 0; i < X.rows; ++i) {
        dot += std::conj(std::complex<double>(X(i, a))) * std::complex<double>(X(i, b));
      }
      sum += (a == b ? 1 : 2) * std::norm(dot);
    }
  }
  return std::sqrt(sum / static_cast<double>(std::max<index_t>(1, X.cols)));
}

// Throws UsageError naming the file unless its rows, or columns, are as long as those of the SVD.
void require_fitting(const AnyMatrix& more, const UpdateOptions& o, index_t rows, index_t cols) {
  if (o.rows.empty() && o.cols.empty()) return;
  const MatrixFacts facts = facts_of(more, "");
  const bool across = !o.rows.empty();
  const index_t given = across ? facts.cols : facts.rows, wanted = across ? cols : rows;
  if (given == wanted) return;
  throw UsageError(
      fmt::format("{}: its {} have {} entries; those of the saved SVD's matrix have {}",
                  printable(across ? o.rows : o.cols), across ? "rows" : "columns", given, wanted));
}

// Returns the mean of the rows of U diag(sigma) V^H.
template <Scalar T>
std::vector<T> mean_row(IncrementalSvd<T>& running, Context& context) {
  const MatrixView<const T> V = running.V();
  const std::vector<T> of_U = means_of(running.U(context));
  std::vector<T> mean(std::size_t(V.rows));
  for (index_t t = 0; t < V.cols; ++t) {
    const T weight = of_U[std::size_t(t)] * running.sigma()[std::size_t(t)];
    for (index_t j = 0; j < V.rows; ++j) mean[std::size_t(j)] += weight * conjugate(V(j, t));
  }
  return mean;
}

// Appends columns, less their means where those of the saved ones were subtracted.
template <Scalar T>
void append_cols(IncrementalSvd<T>& running,
                 AffineMap<T>& map,
                 const AnyMatrix& more,
                 Context& context) {
  Matrix<T> columns = block_of<T>(more, 0, facts_of(more, "").rows, {});
  if (!map.column_shift.empty()) {
    const std::vector<T> means = means_of(std::as_const(columns).view());
    for (index_t j = 0; j < columns.cols(); ++j) {
      for (index_t i = 0; i < columns.rows(); ++i) columns(i, j) -= means[std::size_t(j)];
    }
    map.column_shift.insert(map.column_shift.end(), means.begin(), means.end());
  }
  running.append_cols(std::as_const(columns).view(), context);
}

// Appends the rows of another SVD, of which as much must be known.
template <Scalar T>
void merge(IncrementalSvd<T>& running,
           AffineMap<T>& map,
           const SavedFiles& other,
           const UpdateOptions& o,
           Context& context) {
  AffineMap<T> others = map_of<T>(other);
  if (map.column_scale != others.column_scale ||
      map.column_shift.empty() != others.column_shift.empty()) {
    throw UsageError(fmt::format(
        "{}: its columns were {} before the decomposition, and those of {} were {}{}", o.merge,
        other.transformation().empty() ? "left as they are" : other.transformation(), o.model,
        map.identity()             ? "left as they are"
        : map.column_shift.empty() ? "scaled"
        : map.column_scale.empty() ? "centred"
                                   : "centred and scaled",
        map.column_scale.empty() || others.column_scale.empty() ? "" : ", by other divisors"));
  }
  IncrementalSvd<T> more = running_of<T>(other, o);
  if (map.column_shift.empty() || more.cols() != running.cols())
    return running.merge(more, context);
  // Its rows about our mean, and all about the common one.
  std::vector<T> apart, by;
  const double share = static_cast<double>(more.rows()) /
                       static_cast<double>(std::max<index_t>(1, running.rows() + more.rows()));
  for (std::size_t j = 0; j < map.column_shift.size(); ++j) {
    const T scale = map.column_scale.empty() ? T{1} : T{map.column_scale[j]};
    apart.push_back((map.column_shift[j] - others.column_shift[j]) * scale);
    by.push_back(-apart.back() * static_cast<real_t<T>>(share));
  }
  move_mean(more, others, apart, context);
  running.merge(more, context);
  move_mean(running, map, by, context);
}

template <Scalar T>
int update(const SavedFiles& saved,
           const AnyMatrix& more,
           const UpdateOptions& o,
           Session& session) {
  AffineMap<T> map = map_of<T>(saved);
  const bool centred = !map.column_shift.empty();
  IncrementalSvd<T> running = running_of<T>(saved, o);
  const index_t rows_before = running.rows(), cols_before = running.cols();
  require_fitting(more, o, rows_before, cols_before);
  if (!o.rows.empty()) {
    std::vector<T> by = append_rows<T>(running, more, map, o, session.context);
    if (centred) {
      const double share = static_cast<double>(running.rows() - rows_before) /
                           static_cast<double>(std::max<index_t>(1, running.rows()));
      for (T& value : by) value *= static_cast<real_t<T>>(share);
      move_mean(running, map, by, session.context);
    }
  } else if (!o.cols.empty()) {
    append_cols(running, map, more, session.context);
  } else if (!o.merge.empty()) {
    merge<T>(running, map, load_saved(o.run, o.merge), o, session.context);
  } else {
    const auto [first, count] = *o.remove;
    if (first + count > rows_before) {
      throw UsageError(fmt::format(
          "--remove-rows: row {} is none of the {} rows of {}; expected "
          "rows from 1 to {}",
          grouped(first + count), grouped(rows_before), printable(o.model), grouped(rows_before)));
    }
    running.remove_rows(o.remove->first, o.remove->second, session.context);
    if (centred) move_mean(running, map, mean_row(running, session.context), session.context);
  }

  SvdResult<T> result;
  const auto copied = [](MatrixView<const T> X) {
    Matrix<T> copy = Matrix<T>::uninitialized(X.rows, X.cols);
    for (index_t j = 0; j < X.cols; ++j) std::copy_n(X.column(j), X.rows, copy.view().column(j));
    return copy;
  };
  result.U = copied(running.U(session.context));
  result.V = copied(running.V());
  result.sigma = running.sigma();
  double left_out = running.left_out();
  const index_t rank = std::min(running.size(), wanted_rank(saved, o));
  for (; static_cast<index_t>(result.sigma.size()) > rank; result.sigma.pop_back()) {
    left_out += static_cast<double>(result.sigma.back());
  }
  result.U.keep_columns(rank);
  result.V.keep_columns(rank);
  SvdReport& report = result.report;
  report.method = "update";
  report.why = o.rows.empty() ? o.cols.empty() ? "another SVD or removed rows" : "more columns"
                              : "more rows";
  report.scalar = scalar_name<T>();
  report.rows = running.rows();
  report.cols = running.cols();
  report.rank = rank;
  report.threads = session.context.threads();
  double norm = 0;
  for (const auto s : result.sigma) norm = std::hypot(norm, static_cast<double>(s));
  const double drift = std::max(loss<T>(result.U.view()), loss<T>(result.V.view()));
  report.certificate = certificate_of(drift, left_out, norm, default_accuracy<T>());

  ordered_json object = ordered_json::parse(io::to_json(report));
  object["smallest"] = false;
  object["matrix"] = saved.report.contains("matrix") ? saved.report["matrix"] : ordered_json();
  object["matrix"]["rows"] = running.rows();
  object["matrix"]["cols"] = running.cols();
  object["left_out"] = left_out;
  object["drift"] = drift;
  object["reorthonormalizations"] = running.reorthonormalizations();
  const CompanionVectors<T> beside(map);
  io::write_result(o.folder, result, o.force, json_text(object), beside.list());
  session.progress.clear();
  if (session.json) {
    object["folder"] = o.folder;
    write_json(object);
  } else {
    write_stdout(session.terminal.text(
        fmt::format("before   {} × {}, {}\nnow      {} × {}, {}\n"
                    "left out {:.2g} of ‖A‖ by this update at most, in the Frobenius norm\n"
                    "drift    {:.1e}  the singular vectors from orthonormal [exact]\nfiles    {}\n",
                    grouped(rows_before), grouped(cols_before), counted(saved.rank, "triplet"),
                    grouped(report.rows), grouped(report.cols), counted(report.rank, "triplet"),
                    norm > 0 ? left_out / norm : 0, drift, printable(o.folder))));
  }
  return report.certificate.met ? exit_met : exit_not_met;
}

}  // namespace

int run_update(const UpdateOptions& options) {
  check_options(options);
  Session session(options.run);
  const SavedFiles saved = load_saved(options.run, options.model);
  if (saved.says("centred") && options.forgetting) {
    throw UsageError(
        options.model +
        " is of a centred matrix, whose rows all weigh the same; leave out --forget, or "
        "take the SVD without --center");
  }
  if (saved.model_is("weighted")) {
    throw UsageError(options.model + " is of weighted rows, and new ones have no weights");
  }
  if (!options.cols.empty() && saved.says("scaled")) {
    throw UsageError(options.model + " is of a scaled matrix: there is no divisor for new columns");
  }
  const std::string& file = options.rows.empty() ? options.cols : options.rows;
  const AnyMatrix more = file.empty() ? AnyMatrix(saved.s) : load_matrix(options.run, file);
  return with_scalar_of(saved, more,
                        [&]<Scalar T>() { return update<T>(saved, more, options, session); });
}

}  // namespace eckart::cli
