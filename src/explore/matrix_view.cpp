// The view of any matrix: its picture, its spectrum, its factors.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/operators.hpp"
#include "eckart/svd.hpp"
#include "explore/archive.hpp"
#include "explore/views.hpp"

namespace eckart::explore {
namespace {

using nlohmann::ordered_json;

// Above this many multiplications all triplets take longer than a page should.
constexpr double thin_flops_limit = 4e10;
constexpr index_t leading_triplets = 50;

// Calls f(value, i, j) for each stored entry.
template <Scalar T, class F>
void for_each_entry(const DenseMatrix<T>& matrix, F&& f) {
  for (index_t j = 0; j < matrix.cols(); ++j) {
    for (index_t i = 0; i < matrix.rows(); ++i) f(matrix(i, j), i, j);
  }
}
template <Scalar T, class F>
void for_each_entry(const SparseMatrix<T>& matrix, F&& f) {
  for (index_t i = 0; i < matrix.rows; ++i) {
    for (index_t p = matrix.offsets[std::size_t(i)]; p < matrix.offsets[std::size_t(i) + 1]; ++p) {
      f(matrix.values[std::size_t(p)], i, matrix.columns[std::size_t(p)]);
    }
  }
}

// Returns f(A) for the matrix as an operator, in its own scalar.
template <class F>
auto with_operator(const AnyMatrix& matrix, F&& f) {
  return std::visit([&](const auto& stored) { return f(*make_operator(stored)); }, matrix);
}

template <Scalar T>
SvdRequest request_for(const LinearOperator<T>& A) {
  const auto m = static_cast<double>(A.rows()), n = static_cast<double>(A.cols());
  SvdRequest request;
  if (4 * m * n * std::min(m, n) > thin_flops_limit) {
    request.rank.rank = std::min({leading_triplets, A.rows(), A.cols()});
  }
  return request;
}

// Values as decimal text has them: a float32 0.1 is 0.1.
template <class Real>
ordered_json values_json(const std::vector<Real>& sigma) {
  ordered_json values = ordered_json::array();
  for (const Real value : sigma) values.push_back(value);
  return values;
}

// The number of leading values whose squares make up the share of ||A||_F^2; null if they do not.
template <class Real>
ordered_json reaching(double share, const std::vector<Real>& sigma, double norm) {
  double held = 0;
  for (std::size_t i = 0; i < sigma.size(); ++i) {
    held += std::pow(double(sigma[i]) / norm, 2);
    if (held >= share) return i + 1;
  }
  return nullptr;
}

template <Scalar T>
double norm_of(const SvdResult<T>& result, bool complete) {
  double norm = 0;
  for (const auto value : result.sigma) norm = std::hypot(norm, double(value));
  // A full sum must reach every level, whatever rounding says of ||A||_F.
  return complete ? norm : std::max(norm, result.report.certificate.frobenius_norm.value);
}

// "+" for what is beyond 0, of a complex entry its modulus.
template <Scalar T>
float shown(T value) {
  if constexpr (is_complex<T>) {
    return static_cast<float>(std::abs(value));
  } else {
    return static_cast<float>(value);
  }
}

}  // namespace

Response answer_spectrum(const Question& question, const Shelf& shelf, Context& context) {
  const auto set = question.data(shelf);
  return with_operator(matrix_of(*set), [&]<Scalar T>(const LinearOperator<T>& A) {
    const SvdRequest request = request_for(A);
    const SvdResult<T> result = svd(A, request, context);
    const bool complete = !request.rank.rank;
    const double norm = norm_of(result, complete);
    ordered_json reach = ordered_json::object();
    for (const int percent : {50, 80, 90, 95, 99}) {
      reach[std::to_string(percent)] =
          norm > 0 ? reaching(percent / 100.0, result.sigma, norm) : ordered_json(nullptr);
    }
    return answer_with({{"rows", A.rows()},
                        {"cols", A.cols()},
                        {"complete", complete},
                        {"sigma", values_json(result.sigma)},
                        {"frobenius_norm", norm},
                        {"reach", std::move(reach)},
                        {"report", ordered_json::parse(io::to_json(result.report, -1))}});
  });
}

Response answer_heat(const Question& question, const Shelf& shelf) {
  const auto set = question.data(shelf);
  constexpr index_t most = 1024;
  const index_t rows_wanted = question.integer("rows", 1, most);
  const index_t cols_wanted = question.integer("cols", 1, most);
  return std::visit(
      [&](const auto& stored) {
        index_t m = 0, n = 0;
        if constexpr (requires { stored.offsets; }) {
          m = stored.rows, n = stored.cols;
        } else {
          m = stored.rows(), n = stored.cols();
        }
        const index_t rows = std::min(m, rows_wanted), cols = std::min(n, cols_wanted);
        std::vector<float> cells(std::size_t(rows * cols));
        // Cells are equally many rows high, but for one; in products that stay below 2^63.
        const index_t height = rows > 0 ? (m + rows - 1) / rows : 1;
        const index_t width = cols > 0 ? (n + cols - 1) / cols : 1;
        for_each_entry(stored, [&](auto value, index_t i, index_t j) {
          float& cell = cells[std::size_t(i / height * cols + j / width)];
          const float entry = shown(value);
          if (std::abs(entry) > std::abs(cell) || std::isnan(entry)) cell = entry;
        });
        const index_t used_rows = rows > 0 ? (m + height - 1) / height : 0;
        // Rows of cells keep their stride; the columns that are left over are cut.
        const index_t used_cols = cols > 0 ? (n + width - 1) / width : 0;
        std::string bytes;
        for (index_t i = 0; i < used_rows; ++i) {
          bytes.append(reinterpret_cast<const char*>(&cells[std::size_t(i * cols)]),
                       sizeof(float) * std::size_t(used_cols));
        }
        return Response{.type = "application/octet-stream",
                        .body = std::move(bytes),
                        .headers = {{"X-Rows", std::to_string(used_rows)},
                                    {"X-Cols", std::to_string(used_cols)}}};
      },
      matrix_of(*set));
}

Response answer_factors(const Question& question, const Shelf& shelf, Context& context) {
  const auto set = question.data(shelf);
  return with_operator(matrix_of(*set), [&]<Scalar T>(const LinearOperator<T>& A) {
    const index_t most = std::min(A.rows(), A.cols());
    require(most >= 1, "an empty matrix has no factors");
    SvdRequest request;
    request.rank.rank = question.integer("rank", 1, most);
    const SvdResult<T> result = svd(A, request, context);
    const index_t k = index_t(result.sigma.size());
    Matrix<T> Vt(k, A.cols());
    for (index_t i = 0; i < k; ++i) {
      for (index_t j = 0; j < A.cols(); ++j) Vt(i, j) = conjugate(result.V(j, i));
    }
    Archive archive;
    archive.add<T>("U", result.U.view());
    archive.add<real_t<T>>("s", {result.sigma.data(), k, 1, std::max(index_t{1}, k)}, true);
    archive.add<T>("Vt", std::as_const(Vt).view());
    return Response{.type = "application/octet-stream", .body = std::move(archive).finish()};
  });
}

}  // namespace eckart::explore
