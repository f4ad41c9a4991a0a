// eckart update: rows or columns for a saved SVD.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <nlohmann/json.hpp>
#include <utility>

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

// Returns the block of rows as a dense one, divided as the saved result's columns were.
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
        for (index_t j = 0; j < block.cols() && !map.column_scale.empty(); ++j) {
          for (index_t i = 0; i < count; ++i) block(i, j) *= map.column_scale[std::size_t(j)];
        }
        return block;
      },
      matrix);
}

template <Scalar T>
void append_rows(IncrementalSvd<T>& running,
                 const AnyMatrix& rows,
                 const AffineMap<T>& map,
                 const UpdateOptions& o,
                 Context& context) {
  const index_t count = facts_of(rows, "").rows;
  // One call of the library, and one step of forgetting, where rows are forgotten.
  const index_t at_once =
      o.forgetting ? std::max<index_t>(1, count) : std::max<index_t>(64, 2 * running.size());
  for (index_t first = 0; first < count; first += at_once) {
    const Matrix<T> block = block_of<T>(rows, first, std::min(at_once, count - first), map);
    running.append_rows(block.view(), context);
  }
}

template <Scalar T>
IncrementalSvd<T> running_of(const SavedFiles& saved, const UpdateOptions& o) {
  SvdResult<T> result = result_of<T>(saved);
  IncrementalSvdOptions options{.rank = o.rank.value_or(std::max<index_t>(1, saved.rank))};
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

template <Scalar T>
int update(const SavedFiles& saved,
           const AnyMatrix& more,
           const UpdateOptions& o,
           Session& session) {
  const AffineMap<T> map = map_of<T>(saved);
  IncrementalSvd<T> running = running_of<T>(saved, o);
  const index_t rows_before = running.rows(), cols_before = running.cols();
  require_fitting(more, o, rows_before, cols_before);
  if (!o.rows.empty()) {
    append_rows<T>(running, more, map, o, session.context);
  } else if (!o.cols.empty()) {
    const Matrix<T> columns = block_of<T>(more, 0, facts_of(more, "").rows, {});
    running.append_cols(columns.view(), session.context);
  } else if (!o.merge.empty()) {
    running.merge(running_of<T>(load_saved(o.run, o.merge), o), session.context);
  } else {
    const auto [first, count] = *o.remove;
    if (first + count > rows_before) {
      throw UsageError(fmt::format(
          "--remove-rows: row {} is none of the {} rows of {}; expected "
          "rows from 1 to {}",
          grouped(first + count), grouped(rows_before), printable(o.model), grouped(rows_before)));
    }
    running.remove_rows(o.remove->first, o.remove->second, session.context);
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
  SvdReport& report = result.report;
  report.method = "update";
  report.why = o.rows.empty() ? o.cols.empty() ? "another SVD or removed rows" : "more columns"
                              : "more rows";
  report.scalar = scalar_name<T>();
  report.rows = running.rows();
  report.cols = running.cols();
  report.rank = running.size();
  report.threads = session.context.threads();
  double norm = 0;
  for (const auto s : result.sigma) norm = std::hypot(norm, static_cast<double>(s));
  const double drift = std::max(loss<T>(result.U.view()), loss<T>(result.V.view()));
  report.certificate = certificate_of(drift, running.left_out(), norm, default_accuracy<T>());

  ordered_json object = ordered_json::parse(io::to_json(report));
  object["smallest"] = false;
  object["matrix"] = saved.report.contains("matrix") ? saved.report["matrix"] : ordered_json();
  object["matrix"]["rows"] = running.rows();
  object["matrix"]["cols"] = running.cols();
  object["left_out"] = running.left_out();
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
                    norm > 0 ? running.left_out() / norm : 0, drift, printable(o.folder))));
  }
  return report.certificate.met ? exit_met : exit_not_met;
}

}  // namespace

int run_update(const UpdateOptions& options) {
  check_options(options);
  Session session(options.run);
  const SavedFiles saved = load_saved(options.run, options.model);
  if (saved.says("centred")) {
    throw UsageError(
        options.model +
        " is of a centred matrix: its rows are others when the mean moves; take the SVD without "
        "--center, or IncrementalPCA of the Python package, which keeps no left vectors");
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
