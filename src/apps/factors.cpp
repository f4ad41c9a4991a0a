#include "eckart/apps/factors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>

#include "eckart/copy.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Returns the root of the sum of squares; scaled, so that no square overflows or vanishes.
template <class Real>
double root_of_squares(std::span<const Real> values) {
  double largest = 0;
  for (const Real s : values) largest = std::max(largest, static_cast<double>(s));
  if (!(largest > 0)) return 0;
  double sum = 0;
  for (std::size_t i = values.size(); i-- > 0;) {  // small terms first
    sum += std::pow(static_cast<double>(values[i]) / largest, 2);
  }
  return largest * std::sqrt(sum);
}

// Returns L R^H for L (q x k) and R (n x k), by blocks of columns.
template <Scalar T>
Matrix<T> times_adjoint(MatrixView<const T> L, MatrixView<const T> R, Context& context) {
  Matrix<T> product(L.rows, R.rows);
  if (L.cols == 0 || product.view().empty()) return product;
  const auto left = make_operator(L);
  constexpr index_t block = 256;
  Matrix<T> right(R.cols, std::min(block, R.rows));
  for (index_t first = 0; first < R.rows; first += block) {
    const index_t count = std::min(block, R.rows - first);
    const MatrixView<T> columns = right.view().columns(0, count);
    copy_adjoint<T>(R.block(first, 0, count, R.cols), columns, context);
    left->apply(columns, product.view().columns(first, count), context);
  }
  return product;
}

// Returns the first count columns of X, column j times factor(j).
template <Scalar T, class Factor>
Matrix<T> scaled_columns(MatrixView<const T> X, index_t count, const Factor& factor) {
  Matrix<T> scaled = Matrix<T>::uninitialized(X.rows, count);
  for (index_t j = 0; j < count; ++j) {
    const real_t<T> f = factor(j);
    for (index_t i = 0; i < X.rows; ++i) scaled(i, j) = f * X(i, j);
  }
  return scaled;
}

}  // namespace

template <Scalar T>
RankFinding numerical_rank(const std::vector<real_t<T>>& sigma,
                           index_t rows,
                           index_t cols,
                           const ZeroTolerance& tolerance) {
  require(tolerance.absolute >= 0 && std::isfinite(tolerance.absolute),
          fmt::format("absolute must be >= 0 and finite, got {}", tolerance.absolute));
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  // Sizes beyond 1 / eps would count every value as a zero.
  const double usual = std::min(0.5, static_cast<double>(std::max(rows, cols)) * eps);
  const double relative = tolerance.relative.value_or(tolerance.absolute > 0 ? 0.0 : usual);
  require(relative >= 0 && relative < 1,
          fmt::format("relative must be at least 0 and below 1, got {}", relative));
  RankFinding found;
  if (sigma.empty()) return found;
  found.threshold = std::max(tolerance.absolute, relative * static_cast<double>(sigma[0]));
  const auto cut = std::find_if(sigma.begin(), sigma.end(), [&](real_t<T> s) {
    return !(static_cast<double>(s) > found.threshold);
  });
  found.rank = cut - sigma.begin();
  if (cut != sigma.begin()) found.smallest_kept = static_cast<double>(*std::prev(cut));
  if (cut != sigma.end()) found.largest_dropped = static_cast<double>(*cut);
  found.exact = cut != sigma.end() || static_cast<index_t>(sigma.size()) == std::min(rows, cols);
  return found;
}

template <Scalar T>
Factors<T>::Factors(const SvdResult<T>& result) : result_(result) {
  if (result.U.rows() == 0 && result.V.rows() == 0) return;
  require(result.U.rows() == rows() && result.V.rows() == cols() && result.U.cols() >= count() &&
              result.V.cols() >= count(),
          fmt::format("U is {} x {}, V is {} x {}; with {} singular values of a {} x {} matrix "
                      "expected {} x {} and {} x {}",
                      result.U.rows(), result.U.cols(), result.V.rows(), result.V.cols(), count(),
                      rows(), cols(), rows(), count(), cols(), count()));
}

template <Scalar T>
void Factors<T>::require_vectors() const {
  require(count() == 0 || (result_.U.cols() > 0 && result_.V.cols() > 0),
          "the result holds singular values only; this needs U and V");
}

template <Scalar T>
bool Factors<T>::complete() const {
  return count() == std::min(rows(), cols());
}

template <Scalar T>
RankFinding Factors<T>::rank(const ZeroTolerance& tolerance) const {
  return numerical_rank<T>(result_.sigma, rows(), cols(), tolerance);
}

template <Scalar T>
double Factors<T>::norm2() const {
  return result_.sigma.empty() ? 0 : static_cast<double>(result_.sigma.front());
}

template <Scalar T>
double Factors<T>::norm_fro() const {
  const std::span<const real_t<T>> sigma = result_.sigma;
  if (complete()) return root_of_squares(sigma);
  const Bound& known = result_.report.certificate.frobenius_norm;
  require(known.known(), "||A||_F is not known: the result is truncated and has no certificate");
  return std::max(known.value, root_of_squares(sigma));
}

template <Scalar T>
double Factors<T>::condition_number(const ZeroTolerance& tolerance) const {
  require(complete(), "the condition number needs all singular values; the result is truncated");
  if (count() == 0) return 1;  // as the one of the empty product
  const RankFinding found = rank(tolerance);
  if (found.rank < count()) return std::numeric_limits<double>::infinity();
  return norm2() / static_cast<double>(result_.sigma.back());
}

template <Scalar T>
std::vector<double> Factors<T>::explained_variance_ratio() const {
  const double norm = norm_fro();
  std::vector<double> shares;
  for (const real_t<T> s : result_.sigma) {
    shares.push_back(norm > 0 ? std::pow(static_cast<double>(s) / norm, 2) : 0);
  }
  return shares;
}

template <Scalar T>
std::vector<double> Factors<T>::energy() const {
  std::vector<double> held = explained_variance_ratio();
  double sum = 0;
  for (double& share : held) {
    sum += share;
    share = norm2() > 0 ? std::min(sum, 1.0) : 1;
  }
  return held;
}

template <Scalar T>
LowRankError Factors<T>::low_rank_error(index_t k) const {
  require(k >= 0 && k <= count(),
          fmt::format("k must be at least 0 and at most {}, got {}", count(), k));
  const std::span<const real_t<T>> left_out = std::span(result_.sigma).subspan(at(k));
  const Certificate& c = result_.report.certificate;
  LowRankError error{{root_of_squares(left_out), BoundKind::exact}, {0, BoundKind::exact}};
  if (!left_out.empty()) error.spectral.value = static_cast<double>(left_out.front());
  if (complete()) return error;

  // What lies beyond the last triplet is known from the certificate alone.
  if (left_out.empty()) {
    error.spectral = c.spectral_error;
    error.spectral.value *= norm2();
    // A bound, not the value, even where it holds without exception.
    if (error.spectral.kind == BoundKind::exact) error.spectral.kind = BoundKind::estimated;
  }
  const Bound beyond = c.frobenius_error;
  error.frobenius.kind = beyond.kind;
  error.frobenius.value = std::hypot(error.frobenius.value, beyond.value * c.frobenius_norm.value);
  return error;
}

template <Scalar T>
Matrix<T> Factors<T>::low_rank(index_t k, Context& context) const {
  require(k >= 0 && k <= count(),
          fmt::format("k must be at least 0 and at most {}, got {}", count(), k));
  require_vectors();
  const Matrix<T> left =
      scaled_columns<T>(result_.U.view(), k, [&](index_t j) { return result_.sigma[at(j)]; });
  return times_adjoint<T>(left.view(), result_.V.view().columns(0, k), context);
}

template <Scalar T>
Matrix<T> Factors<T>::transform(const LinearOperator<T>& X, Context& context) const {
  require_vectors();
  require(X.cols() == cols(), fmt::format("the rows have {} entries; the decomposed matrix has {} "
                                          "columns",
                                          X.cols(), cols()));
  Matrix<T> Z(X.rows(), count());
  if (!Z.view().empty()) X.apply(result_.V.view().columns(0, count()), Z.view(), context);
  return Z;
}

template <Scalar T>
Matrix<T> Factors<T>::coordinates() const {
  require_vectors();
  return scaled_columns<T>(result_.U.view(), count(),
                           [&](index_t j) { return result_.sigma[at(j)]; });
}

template <Scalar T>
Matrix<T> Factors<T>::inverse_transform(MatrixView<const T> Z, Context& context) const {
  require_vectors();
  require(Z.cols <= count(),
          fmt::format("{} coordinates, but {} singular triplets", Z.cols, count()));
  return times_adjoint<T>(Z, result_.V.view().columns(0, Z.cols), context);
}

template <Scalar T>
Matrix<T> Factors<T>::pseudoinverse(const ZeroTolerance& tolerance, Context& context) const {
  require_vectors();
  const index_t r = rank(tolerance).rank;
  const Matrix<T> left =
      scaled_columns<T>(result_.V.view(), r, [&](index_t j) { return 1 / result_.sigma[at(j)]; });
  return times_adjoint<T>(left.view(), result_.U.view().columns(0, r), context);
}

template <Scalar T>
Matrix<T> Factors<T>::solve(MatrixView<const T> B,
                            const ZeroTolerance& tolerance,
                            Context& context) const {
  require_vectors();
  require(B.rows == rows(), fmt::format("the right-hand sides have {} entries; the matrix has {} "
                                        "rows",
                                        B.rows, rows()));
  const index_t r = rank(tolerance).rank;
  Matrix<T> X(cols(), B.cols);
  if (r == 0 || B.empty()) return X;
  Matrix<T> C(r, B.cols);  // diag(1 / sigma) U^H B
  make_operator<T>(result_.U.view().columns(0, r))->apply_adjoint(B, C.view(), context);
  for (index_t j = 0; j < C.cols(); ++j) {
    for (index_t i = 0; i < r; ++i) C(i, j) /= result_.sigma[at(i)];
  }
  make_operator<T>(result_.V.view().columns(0, r))
      ->apply(std::as_const(C).view(), X.view(), context);
  return X;
}

template RankFinding numerical_rank<float>(const std::vector<float>&,
                                           index_t,
                                           index_t,
                                           const ZeroTolerance&);
template RankFinding numerical_rank<double>(const std::vector<double>&,
                                            index_t,
                                            index_t,
                                            const ZeroTolerance&);
template RankFinding numerical_rank<std::complex<float>>(const std::vector<float>&,
                                                         index_t,
                                                         index_t,
                                                         const ZeroTolerance&);
template RankFinding numerical_rank<std::complex<double>>(const std::vector<double>&,
                                                          index_t,
                                                          index_t,
                                                          const ZeroTolerance&);
template class Factors<float>;
template class Factors<double>;
template class Factors<std::complex<float>>;
template class Factors<std::complex<double>>;

}  // namespace eckart
