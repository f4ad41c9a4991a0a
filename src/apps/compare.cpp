// Two decompositions side by side: clusters of values, then angles between the spaces of each.
#include "eckart/apps/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "eckart/certify.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

template <Scalar T>
index_t count_of(const Triplets<T>& x) {
  return static_cast<index_t>(x.sigma.size());
}

template <Scalar T>
void validate(const Triplets<T>& x, const char* name) {
  const index_t k = count_of(x);
  require(
      x.U.cols == k && x.V.cols == k && x.U.rows >= k && x.V.rows >= k,
      fmt::format("{}: U is {} x {} and V is {} x {}; with {} singular values each needs as many "
                  "columns, and no fewer rows",
                  name, x.U.rows, x.U.cols, x.V.rows, x.V.cols, k));
  require(x.residuals.empty() || x.residuals.size() == x.sigma.size(),
          fmt::format("{}: there are {} residuals for {} triplets", name, x.residuals.size(), k));
  for (std::size_t i = 0; i < x.sigma.size(); ++i) {
    require(std::isfinite(x.sigma[i]) && x.sigma[i] >= 0,
            fmt::format("{}: singular value {} is {}; expected a number that is not negative", name,
                        i + 1, x.sigma[i]));
    require(i == 0 || x.sigma[i] <= x.sigma[i - 1],
            fmt::format("{}: singular value {} is {}, and the next is larger, {}; expected them to "
                        "fall",
                        name, i, x.sigma[i == 0 ? 0 : i - 1], x.sigma[i]));
  }
}

// Returns XᴴY.
template <Scalar T>
Matrix<T> inner_products(MatrixView<const T> X, MatrixView<const T> Y, Context& context) {
  Matrix<T> products(X.cols, Y.cols);
  if (!products.view().empty()) make_operator(X)->apply_adjoint(Y, products.view(), context);
  return products;
}

// Returns ‖Y - X (XᴴY)‖₂: the sine of the largest angle between the columns of Y and the space of
// those of X. Y has no more columns than X.
template <Scalar T>
double largest_sine(MatrixView<const T> X, MatrixView<const T> Y, Context& context) {
  const Matrix<T> inside = inner_products(X, Y, context);
  Matrix<T> outside(Y.rows, Y.cols);
  make_operator(X)->apply(inside.view(), outside.view(), context);
  for (index_t j = 0; j < Y.cols; ++j) {
    for (index_t i = 0; i < Y.rows; ++i) outside(i, j) = Y(i, j) - outside(i, j);
  }
  const auto result = dense_svd(*make_operator(std::as_const(outside).view()),
                                {.vectors = Vectors::none, .certify = false}, context);
  return static_cast<double>(result.sigma.front());
}

// The two factorisations with what is known of both; all values relative to the largest.
template <Scalar T>
class Pair {
 public:
  Pair(const Triplets<T>& one, const Triplets<T>& other, const CompareOptions& options)
      : longer_(count_of(one) >= count_of(other) ? one : other),
        shorter_(count_of(one) >= count_of(other) ? other : one),
        accuracy_(options.accuracy > 0 ? options.accuracy : default_accuracy<T>()) {
    for (const Triplets<T>* x : {&one, &other}) {
      if (!x->sigma.empty()) scale_ = std::max(scale_, static_cast<double>(x->sigma.front()));
    }
    for (index_t i = 0; i < count_of(longer_); ++i) {
      values_.push_back(relative(longer_.sigma[at(i)]));
      known_to_.push_back(uncertainty(longer_, i) + uncertainty(shorter_, i));
    }
    if (options.next && scale_ > 0) next_ = *options.next / scale_;
  }

  double accuracy() const { return accuracy_; }
  index_t compared() const { return count_of(shorter_); }

  // Returns the end of the cluster that begins at first, in the longer factorisation.
  index_t cluster_end(index_t first) const {
    index_t end = first + 1;
    while (end < count_of(longer_) && together(end - 1, end)) ++end;
    return end;
  }

  ClusterComparison compare_cluster(index_t first, index_t end, Context& context) const {
    ClusterComparison c;
    c.first = first;
    c.count = std::min(end, compared()) - first;
    double known_to = 0;
    for (index_t i = first; i < first + c.count; ++i) {
      const double difference = std::abs(values_[at(i)] - relative(shorter_.sigma[at(i)]));
      c.value_difference = std::max(c.value_difference, difference);
      known_to = std::max(known_to, known_to_[at(i)]);
    }
    const double several = std::sqrt(static_cast<double>(c.count));
    c.value_bound = several * known_to;
    c.gap = gap(first, end);
    c.sine_bound = std::min(1.0, c.gap > 0 ? several * known_to / c.gap : 1.0);
    const bool zeros = values_[at(first)] <= c.value_bound;
    // Where the matrix is not square, the vectors of zeros of the longer side mix with those of
    // its null space.
    const index_t rows = longer_.U.rows, cols = longer_.V.rows, size = end - first;
    const auto columns = [&](const MatrixView<const T>& X, index_t count) {
      return X.columns(first, count);
    };
    const MatrixView<const T> U1 = columns(longer_.U, size), U2 = columns(shorter_.U, c.count),
                              V1 = columns(longer_.V, size), V2 = columns(shorter_.V, c.count);
    if (!zeros || rows <= cols) c.sine_U = largest_sine(U1, U2, context);
    if (!zeros || cols <= rows) c.sine_V = largest_sine(V1, V2, context);
    if (!zeros) c.turn_difference = turn_difference(U1, U2, V1, V2, context);
    // U and V of one triplet are turned alike, to what their own angles leave.
    c.same = c.value_difference <= c.value_bound && std::max(c.sine_U, c.sine_V) <= c.sine_bound &&
             c.turn_difference <= 4 * several * c.sine_bound + known_to / values_[at(first)];
    return c;
  }

 private:
  double relative(real_t<T> sigma) const {
    return scale_ > 0 ? static_cast<double>(sigma) / scale_ : 0;
  }

  // How well triplet i of x is known: its residual, but for the sake of the comparison no worse
  // than the accuracy asked for; never better than rounding.
  double uncertainty(const Triplets<T>& x, index_t i) const {
    const double rounding = 8 * std::sqrt(static_cast<double>(std::max(x.U.rows, x.V.rows))) *
                            static_cast<double>(std::numeric_limits<real_t<T>>::epsilon());
    if (i >= count_of(x)) return rounding;
    if (x.residuals.empty()) return accuracy_;
    return std::min(std::max(x.residuals[at(i)], rounding), std::max(accuracy_, rounding));
  }

  bool together(index_t i, index_t j) const {
    constexpr double reach = 20;
    return values_[at(i)] - values_[at(j)] <= reach * std::max(known_to_[at(i)], known_to_[at(j)]);
  }

  // To the nearest value outside of [first, end).
  double gap(index_t first, index_t end) const {
    double nearest = std::numeric_limits<double>::infinity();
    if (first > 0) nearest = values_[at(first - 1)] - values_[at(first)];
    const double last = values_[at(end - 1)];
    if (end < count_of(longer_)) {
      nearest = std::min(nearest, last - values_[at(end)]);
    } else if (next_) {
      nearest = std::min(nearest, std::max(0.0, last - *next_));
    } else if (longer_.U.rows != longer_.V.rows || end < longer_.U.rows) {
      // Behind all there are the zeros of the longer side.
      if (last > 0) nearest = std::min(nearest, last);
    }
    return std::isinf(nearest) ? 1 : nearest;
  }

  double turn_difference(MatrixView<const T> U1,
                         MatrixView<const T> U2,
                         MatrixView<const T> V1,
                         MatrixView<const T> V2,
                         Context& context) const {
    const Matrix<T> left = inner_products(U1, U2, context), right = inner_products(V1, V2, context);
    double worst = 0;
    for (index_t i = 0; i < left.rows() * left.cols(); ++i) {
      worst = std::max(worst, static_cast<double>(std::abs(left.data()[i] - right.data()[i])));
    }
    return worst;
  }

  const Triplets<T>& longer_;
  const Triplets<T>& shorter_;
  double accuracy_;
  double scale_ = 0;
  std::vector<double> values_;    // of the longer one
  std::vector<double> known_to_;  // of both together
  std::optional<double> next_;
};

std::string name_of(const ClusterComparison& c) {
  return c.count == 1 ? fmt::format("triplet {}", c.first + 1)
                      : fmt::format("triplets {} to {}", c.first + 1, c.first + c.count);
}

void add_findings(const ClusterComparison& c, std::vector<std::string>& findings) {
  if (c.same) return;
  if (!(c.value_difference <= c.value_bound)) {
    findings.push_back(fmt::format(
        "{}: the singular values differ by {:.2g} of the largest; rounding allows {:.2g}",
        name_of(c), c.value_difference, c.value_bound));
  }
  for (const auto& [side, sine] : {std::pair{"U", c.sine_U}, std::pair{"V", c.sine_V}}) {
    if (sine <= c.sine_bound) continue;
    findings.push_back(fmt::format(
        "{}: the {} of {} differ by an angle with sine {:.2g}; rounding and a gap of {:.2g} to the "
        "next value allow {:.2g}",
        name_of(c), c.count == 1 ? "vectors" : "spaces", side, sine, c.gap, c.sine_bound));
  }
  if (findings.empty() || !findings.back().starts_with(name_of(c) + ":")) {
    findings.push_back(
        fmt::format("{}: U and V are turned differently, by {:.2g}: one of the two "
                    "has a sign, phase or rotation in U or V alone",
                    name_of(c), c.turn_difference));
  }
}

}  // namespace

template <Scalar T>
Comparison compare(const Triplets<T>& one,
                   const Triplets<T>& other,
                   const CompareOptions& options,
                   Context& context) {
  require(options.accuracy >= 0 && std::isfinite(options.accuracy),
          fmt::format("accuracy must be >= 0 and finite, got {}", options.accuracy));
  validate(one, "the first factorisation");
  validate(other, "the second factorisation");
  require(one.U.rows == other.U.rows && one.V.rows == other.V.rows,
          fmt::format("the factorisations are of matrices of {} x {} and {} x {}; expected one "
                      "matrix",
                      one.U.rows, one.V.rows, other.U.rows, other.V.rows));
  const Pair<T> pair(one, other, options);
  Comparison result;
  result.accuracy = pair.accuracy();
  result.compared = pair.compared();
  for (index_t first = 0; first < pair.compared();) {
    const index_t end = pair.cluster_end(first);
    const ClusterComparison c = pair.compare_cluster(first, end, context);
    add_findings(c, result.findings);
    result.value_difference = std::max(result.value_difference, c.value_difference);
    result.sine = std::max({result.sine, c.sine_U, c.sine_V});
    result.same = result.same && c.same;
    result.clusters.push_back(c);
    first = end;
  }
  return result;
}

template Comparison compare(const Triplets<float>&,
                            const Triplets<float>&,
                            const CompareOptions&,
                            Context&);
template Comparison compare(const Triplets<double>&,
                            const Triplets<double>&,
                            const CompareOptions&,
                            Context&);
template Comparison compare(const Triplets<std::complex<float>>&,
                            const Triplets<std::complex<float>>&,
                            const CompareOptions&,
                            Context&);
template Comparison compare(const Triplets<std::complex<double>>&,
                            const Triplets<std::complex<double>>&,
                            const CompareOptions&,
                            Context&);

}  // namespace eckart
