// The view of principal components.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numbers>

#include "eckart/apps/pca.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "explore/views.hpp"

namespace eckart::explore {
namespace {

using nlohmann::ordered_json;

// More points than a screen has room for.
constexpr index_t most_points = 20000;

template <Scalar T>
ordered_json columns_json(const Matrix<T>& M, index_t rows) {
  ordered_json columns = ordered_json::array();
  for (index_t j = 0; j < M.cols(); ++j) {
    ordered_json column = ordered_json::array();
    for (index_t i = 0; i < rows; ++i) column.push_back(M(i, j));
    columns.push_back(std::move(column));
  }
  return columns;
}

// Degrees between the lines of two unit vectors.
template <Scalar T>
double angle_between(const T* a, const T* b, index_t n) {
  double product = 0;
  for (index_t i = 0; i < n; ++i) product += double(a[i]) * double(b[i]);
  return std::acos(std::min(1.0, std::abs(product))) * 180 / std::numbers::pi;
}

template <Scalar T>
Matrix<T> converted(const Matrix<double>& points) {
  Matrix<T> result(points.rows(), points.cols());
  for (index_t i = 0; i < points.rows() * points.cols(); ++i) {
    result.data()[i] = static_cast<T>(points.data()[i]);
  }
  return result;
}

template <Scalar T>
Response answer(const LinearOperator<T>& A, const Question& question, Context& context) {
  const index_t most = std::min({A.rows(), A.cols(), index_t{50}});
  require(most >= 1 && A.rows() >= 2, "principal components need two rows or more");
  PcaOptions options;
  options.rank.rank = std::min(most, question.integer("components", 1, 50));
  options.center = question.flag("center");
  options.scale = question.flag("scale");
  const Pca<T> model = fit_pca(A, options, context);
  // The other way to centre, for the angle between the two first directions.
  options.rank.rank = 1;
  options.center = !options.center;
  const Pca<T> other = fit_pca(A, options, context);
  const Matrix<T> scores = pca_scores(model, A, false, context);
  const Certificate& certificate = model.svd.report.certificate;
  ordered_json object = {{"rows", A.rows()},
                         {"cols", A.cols()},
                         {"shown", std::min(A.rows(), most_points)},
                         {"scores", columns_json(scores, std::min(A.rows(), most_points))},
                         {"components", columns_json(model.svd.V, A.cols())},
                         {"explained_variance", model.explained_variance},
                         {"explained_variance_ratio", model.explained_variance_ratio},
                         {"total_variance", model.total_variance},
                         {"mean", model.map.column_shift},
                         {"angle", angle_between(model.svd.V.view().column(0),
                                                 other.svd.V.view().column(0), A.cols())},
                         {"certificate",
                          {{"residual", certificate.residual.value},
                           {"accuracy", certificate.accuracy},
                           {"met", certificate.met}}}};
  if (question.flag("with_points")) {
    const Matrix<T> points = converted<T>(question.matrix("points", 1000, A.cols()));
    require(points.cols() == A.cols(),
            "a new point has " + std::to_string(A.cols()) + " numbers, as the rows of the table");
    const auto op = make_operator<T>(points.view());
    object["projected"] = columns_json(pca_scores(model, *op, false, context), points.rows());
  }
  return answer_with(object);
}

}  // namespace

Response answer_pca(const Question& question, const Shelf& shelf, Context& context) {
  const auto set = question.data(shelf);
  const auto answer_for = [&]<Scalar T>(const LinearOperator<T>& A) -> Response {
    if constexpr (is_complex<T>) {
      throw InvalidArgument("this view is for real matrices");
    } else {
      return answer(A, question, context);
    }
  };
  return std::visit([&](const auto& stored) { return answer_for(*make_operator(stored)); },
                    matrix_of(*set));
}

}  // namespace eckart::explore
