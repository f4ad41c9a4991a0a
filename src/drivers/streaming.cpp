// Brand's update of an SVD (2006) with the mean of Ross, Lim, Lin and Yang (2008), and Frequent
// Directions (Ghashami, Liberty, Phillips, Woodruff 2016).
#include "eckart/streaming.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <utility>

#include "blas/blas.hpp"
#include "eckart/error.hpp"
#include "factor/dense_chain.hpp"
#include "factor/orthonormalize.hpp"
#include "factor/sign_rule.hpp"
#include "factor/tall_qr.hpp"

namespace eckart {
namespace {

using blas::Op;

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

constexpr index_t calls_between_looks = 16;

template <Scalar T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  if (from.rows == 0) return;
  for (index_t j = 0; j < from.cols; ++j) std::copy_n(from.column(j), from.rows, to.column(j));
}

template <Scalar T>
Matrix<T> adjoint(MatrixView<const T> X) {
  Matrix<T> result = Matrix<T>::uninitialized(X.cols, X.rows);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) result(j, i) = conjugate(X(i, j));
  }
  return result;
}

template <Scalar T>
Matrix<T> product(
    Op op_a, MatrixView<const T> A, Op op_b, MatrixView<const T> B, const Context& context) {
  Matrix<T> C(op_a == Op::none ? A.rows : A.cols, op_b == Op::none ? B.cols : B.rows);
  if (C.rows() * C.cols() > 0) {
    blas::multiply<T>(op_a, op_b, T{1}, A, B, T{0}, C.view(), context);
  }
  return C;
}

template <Scalar T>
void require_finite(MatrixView<const T> X) {
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      const double re = static_cast<double>(std::real(X(i, j)));
      const double im = static_cast<double>(std::imag(X(i, j)));
      if (!std::isfinite(re) || !std::isfinite(im)) {
        throw NonFiniteInput(i, j, std::isfinite(re) ? im : re);
      }
    }
  }
}

template <Scalar T>
double norm(MatrixView<const T> X) {
  double sum = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) sum += std::norm(std::complex<double>(X(i, j)));
  }
  return std::sqrt(sum);
}

// Returns the SVD of a matrix of any shape.
template <Scalar T>
factor::DenseFactors<T> small_svd(MatrixView<const T> A, const Context& context) {
  std::vector<std::string> fallbacks;
  if (A.rows >= A.cols) return factor::factor_small<T>(A, fallbacks, context);
  const Matrix<T> turned = adjoint(A);
  factor::DenseFactors<T> factors = factor::factor_small<T>(turned.view(), fallbacks, context);
  std::swap(factors.U, factors.V);
  return factors;
}

void require_options(const IncrementalSvdOptions& o) {
  require(o.rank >= 1, fmt::format("rank must be >= 1, got {}", o.rank));
  require(o.forgetting > 0 && o.forgetting <= 1,
          fmt::format("forgetting must be in (0, 1], got {}", o.forgetting));
  require(o.drift_limit >= 0 && std::isfinite(o.drift_limit),
          fmt::format("drift_limit must be >= 0 and finite, got {}", o.drift_limit));
  require(!(o.center && o.left_vectors),
          "left_vectors cannot be kept with center: the mean moves under the rows that came");
}

}  // namespace

template <Scalar T>
IncrementalSvd<T>::IncrementalSvd(index_t cols, const IncrementalSvdOptions& options)
    : options_(options), V_(cols, 0), W_(0, 0), mean_(options.center ? at(cols) : 0, T{}) {
  require_options(options);
}

template <Scalar T>
IncrementalSvd<T>::IncrementalSvd(Matrix<T> U,
                                  std::vector<real_t<T>> sigma,
                                  Matrix<T> V,
                                  const IncrementalSvdOptions& options,
                                  std::vector<T> mean,
                                  double weight)
    : options_(options),
      rows_(options.left_vectors ? U.rows() : static_cast<index_t>(weight)),
      sigma_(std::move(sigma)),
      V_(std::move(V)),
      U0_(std::move(U)),
      mean_(std::move(mean)),
      weight_(options.left_vectors && weight == 0 ? static_cast<double>(rows_) : weight) {
  require_options(options);
  require(V_.cols() == size() && (!options.left_vectors || U0_.cols() == size()),
          fmt::format("U has {} columns, sigma {} values and V {} columns; they must agree",
                      U0_.cols(), sigma_.size(), V_.cols()));
  require(options.center ? static_cast<index_t>(mean_.size()) == cols() : mean_.empty(),
          "mean goes with center and has an entry for every column");
  if (options_.left_vectors) {
    reset_rotation();
  }
}

template <Scalar T>
void IncrementalSvd<T>::append_rows(MatrixView<const T> B, Context& context) {
  require(B.cols == cols(),
          fmt::format("the rows have {} entries; the matrix has {} columns", B.cols, cols()));
  require_finite(B);
  if (B.rows == 0) return;
  if (options_.forgetting < 1) {
    const auto f = static_cast<real_t<T>>(std::sqrt(options_.forgetting));
    for (real_t<T>& s : sigma_) s *= f;
    weight_ *= options_.forgetting;
    left_out_ *= static_cast<double>(f);
  }
  const auto p = static_cast<double>(B.rows);
  if (!options_.center) {
    weight_ += p;
    return append(B, {nullptr, 0, 0, 1}, context);
  }
  // The rows less their own mean, and one that says how far the two means are apart [2].
  Matrix<T> centred(B.rows + 1, B.cols);
  const double apart = std::sqrt(weight_ * p / (weight_ + p));
  for (index_t j = 0; j < B.cols; ++j) {
    std::complex<double> sum = 0;
    for (index_t i = 0; i < B.rows; ++i) sum += std::complex<double>(B(i, j));
    const std::complex<double> batch = sum / p, before(mean_[at(j)]);
    const std::complex<double> after = before + (batch - before) * (p / (weight_ + p));
    const auto number = [](std::complex<double> z) {
      if constexpr (is_complex<T>) {
        return T(z);
      } else {
        return static_cast<T>(z.real());
      }
    };
    for (index_t i = 0; i < B.rows; ++i) {
      centred(i, j) = number(std::complex<double>(B(i, j)) - batch);
    }
    centred(B.rows, j) = number(apart * (before - batch));
    mean_[at(j)] = number(after);
  }
  weight_ += p;
  append(std::as_const(centred).view(), {nullptr, 0, 0, 1}, context);
  rows_ -= 1;  // the one of the means is no row of A
}

template <Scalar T>
void IncrementalSvd<T>::append_cols(MatrixView<const T> C, Context& context) {
  require(options_.left_vectors, "columns can be appended where left_vectors are kept");
  require(C.rows == rows_,
          fmt::format("the columns have {} entries; the matrix has {} rows", C.rows, rows_));
  require_finite(C);
  if (C.cols == 0) return;
  flush(context);
  swap_sides();
  const Matrix<T> turned = adjoint(C);
  append(turned.view(), {nullptr, 0, 0, 1}, context);
  flush(context);
  swap_sides();
  factor::apply_sign_rule(U0_.view(), V_.view(), size(), context);
}

// A <- A^H. REQUIRES: nothing is put off
template <Scalar T>
void IncrementalSvd<T>::swap_sides() {
  std::swap(U0_, V_);
  rows_ = U0_.rows();
}

// [A; B] with B = left^H-free rows: [A; B] = [U 0; 0 I] [S 0; B V, R^H] [V Q]^H, where the part of
// B^H that V does not span is Q R. left is U2 where B stands for U2 B, as in a merge.
template <Scalar T>
void IncrementalSvd<T>::append(MatrixView<const T> B, MatrixView<const T> left, Context& context) {
  const index_t k = size(), p = B.rows, n = cols();
  Matrix<T> BH = adjoint(B);
  if (k + p >= n) {  // no room for another basis: all of [S V^H; B] at once
    Matrix<T> core(k + p, n);
    const Matrix<T> VH = adjoint(V());
    for (index_t j = 0; j < n; ++j) {
      for (index_t i = 0; i < k; ++i) core(i, j) = sigma_[at(i)] * VH(i, j);
      for (index_t i = 0; i < p; ++i) core(k + i, j) = B(i, j);
    }
    Matrix<T> identity(n, n);
    for (index_t i = 0; i < n; ++i) identity(i, i) = T{1};
    return decompose(std::move(core), std::move(identity), left, context);
  }
  Matrix<T> basis = Matrix<T>::uninitialized(n, k + p);
  copy<T>(V(), basis.view().columns(0, k));
  copy<T>(std::as_const(BH).view(), basis.view().columns(k, p));
  Matrix<T> H(k, p), R(p, p);
  double largest = k > 0 ? static_cast<double>(sigma_[0]) : 0;
  largest = std::max(largest, norm(B));
  factor::RandomSource random{7, static_cast<std::uint32_t>(calls_) * 8};
  factor::orthonormalize_against<T>(std::as_const(basis).view().columns(0, k),
                                    basis.view().columns(k, p), H.view(), R.view(), largest, random,
                                    context);
  Matrix<T> core(k + p, k + p);
  for (index_t i = 0; i < k; ++i) core(i, i) = sigma_[at(i)];
  for (index_t i = 0; i < p; ++i) {
    for (index_t j = 0; j < k; ++j) core(k + i, j) = conjugate(H(j, i));
    for (index_t j = 0; j < p; ++j) core(k + i, k + j) = conjugate(R(j, i));
  }
  decompose(std::move(core), std::move(basis), left, context);
}

// The state <- the leading triplets of [U 0; 0 left] core basis^H.
template <Scalar T>
void IncrementalSvd<T>::decompose(Matrix<T> core,
                                  Matrix<T> basis,
                                  MatrixView<const T> left,
                                  Context& context) {
  factor::DenseFactors<T> small = small_svd<T>(std::as_const(core).view(), context);
  const index_t found = static_cast<index_t>(small.sigma.size());
  const index_t kept = std::min(found, options_.rank);
  double dropped = 0;
  for (index_t i = kept; i < found; ++i) {
    dropped += static_cast<double>(small.sigma[at(i)]) * static_cast<double>(small.sigma[at(i)]);
  }
  left_out_ += std::sqrt(dropped);
  small.U.keep_columns(kept);
  small.V.keep_columns(kept);
  const index_t old = size();
  small.sigma.resize(at(kept));
  Matrix<T> V =
      product<T>(Op::none, basis.view(), Op::none, std::as_const(small.V).view(), context);
  factor::apply_sign_rule(small.U.view(), V.view(), kept, context);
  V_ = std::move(V);
  sigma_ = std::move(small.sigma);
  const index_t added = core.rows() - old;
  rows_ += left.cols > 0 ? left.rows : added;
  if (options_.left_vectors) rotate_left(small.U, left, context);
  if (++calls_ % calls_between_looks == 0) look_at_drift(context);
}

// U <- [U 0; 0 I] X, or [U 0; 0 left] X.
template <Scalar T>
void IncrementalSvd<T>::rotate_left(const Matrix<T>& X,
                                    MatrixView<const T> left,
                                    Context& context) {
  const index_t old = W_.cols(), k = X.cols(), p = X.rows() - old;
  const MatrixView<const T> upper = X.view().block(0, 0, old, k);
  const MatrixView<const T> lower = X.view().block(old, 0, p, k);
  Matrix<T> W = product<T>(Op::none, std::as_const(W_).view(), Op::none, upper, context);
  Matrix<T> rotated = product<T>(Op::none, std::as_const(P_).view(), Op::none, upper, context);
  const index_t more = left.cols > 0 ? left.rows : p;
  Matrix<T> P = Matrix<T>::uninitialized(rotated.rows() + more, k);
  copy<T>(std::as_const(rotated).view(), P.view().block(0, 0, rotated.rows(), k));
  const MatrixView<T> last = P.view().block(rotated.rows(), 0, more, k);
  if (left.cols > 0) {
    blas::multiply<T>(Op::none, Op::none, T{1}, left, lower, T{0}, last, context);
  } else {
    copy<T>(lower, last);
  }
  W_ = std::move(W);
  P_ = std::move(P);
  const double wait = std::max(64.0, std::sqrt(2 * static_cast<double>(U0_.rows())));
  if (static_cast<double>(P_.rows()) > wait) flush(context);
}

// U0 <- [U0 W; P].
template <Scalar T>
void IncrementalSvd<T>::flush(Context& context) {
  const index_t k = W_.cols();
  if (P_.rows() == 0 && W_.rows() == k && U0_.rows() > 0) {
    bool same = true;
    for (index_t j = 0; j < k && same; ++j) {
      for (index_t i = 0; i < k && same; ++i) same = W_(i, j) == (i == j ? T{1} : T{0});
    }
    if (same) return;
  }
  const index_t m = U0_.rows();
  Matrix<T> U = Matrix<T>::uninitialized(m + P_.rows(), k);
  if (m > 0 && k > 0) {
    blas::multiply<T>(Op::none, Op::none, T{1}, std::as_const(U0_).view(), std::as_const(W_).view(),
                      T{0}, U.view().block(0, 0, m, k), context);
  }
  copy<T>(std::as_const(P_).view(), U.view().block(m, 0, P_.rows(), k));
  U0_ = std::move(U);
  reset_rotation();
}

template <Scalar T>
MatrixView<const T> IncrementalSvd<T>::U(Context& context) {
  require(options_.left_vectors, "left_vectors were not kept");
  flush(context);
  return std::as_const(U0_).view();
}

// Where V lost its orthonormality: V = Q R, and the small SVD of S R^H gives the same product anew.
template <Scalar T>
void IncrementalSvd<T>::look_at_drift(Context& context) {
  const index_t k = size();
  const double limit = options_.drift_limit > 0
                           ? options_.drift_limit
                           : 64 * static_cast<double>(std::numeric_limits<real_t<T>>::epsilon());
  const auto loss = [&](MatrixView<const T> X) {
    Matrix<T> G = product<T>(Op::adjoint, X, Op::none, X, context);
    for (index_t i = 0; i < k; ++i) G(i, i) -= T{1};
    return norm(std::as_const(G).view()) / std::sqrt(static_cast<double>(std::max<index_t>(1, k)));
  };
  if (k == 0) return;
  drift_ = loss(V());
  if (options_.left_vectors) {
    flush(context);
    drift_ = std::max(drift_, loss(std::as_const(U0_).view()));
  }
  largest_drift_ = std::max(largest_drift_, drift_);
  if (drift_ <= limit) return;
  Matrix<T> R(k, k), L(k, k);
  factor::tall_qr(V_.view(), R.view(), context);
  for (index_t i = 0; i < k; ++i) L(i, i) = T{1};
  if (options_.left_vectors) factor::tall_qr(U0_.view(), L.view(), context);
  for (index_t j = 0; j < k; ++j) {
    for (index_t i = 0; i < k; ++i) L(i, j) *= sigma_[at(j)];
  }
  const Matrix<T> core =
      product<T>(Op::none, std::as_const(L).view(), Op::adjoint, std::as_const(R).view(), context);
  factor::DenseFactors<T> small = small_svd<T>(core.view(), context);
  Matrix<T> right = product<T>(Op::none, std::as_const(V_).view(), Op::none,
                               std::as_const(small.V).view(), context);
  factor::apply_sign_rule(small.U.view(), right.view(), k, context);
  V_ = std::move(right);
  sigma_ = std::move(small.sigma);
  if (options_.left_vectors) {
    U0_ = product<T>(Op::none, std::as_const(U0_).view(), Op::none, std::as_const(small.U).view(),
                     context);
  }
  drift_ = loss(V());
  ++reorthonormalizations_;
}

template <Scalar T>
void IncrementalSvd<T>::remove_rows(index_t first, index_t count, Context& context) {
  require(options_.left_vectors, "rows can be removed where left_vectors are kept");
  require(first >= 0 && count >= 0 && first <= rows_ && count <= rows_ - first,
          fmt::format("rows {} to {} of {} cannot be removed", first, first + count, rows_));
  if (count == 0) return;
  flush(context);
  const index_t k = size(), rest = rows_ - count, after = rows_ - first - count;
  Matrix<T> U = Matrix<T>::uninitialized(rest, k);
  copy<T>(std::as_const(U0_).view().block(0, 0, first, k), U.view().block(0, 0, first, k));
  copy<T>(std::as_const(U0_).view().block(first + count, 0, after, k),
          U.view().block(first, 0, after, k));
  for (index_t j = 0; j < k; ++j) {
    for (index_t i = 0; i < rest; ++i) U(i, j) *= sigma_[at(j)];
  }
  // What is left of U S is Q L.
  const bool tall = rest >= k;
  Matrix<T> L(tall ? k : 0, k);
  if (tall) factor::tall_qr(U.view(), L.view(), context);
  factor::DenseFactors<T> small =
      small_svd<T>(tall ? std::as_const(L).view() : std::as_const(U).view(), context);
  U0_ = tall ? product<T>(Op::none, std::as_const(U).view(), Op::none,
                          std::as_const(small.U).view(), context)
             : std::move(small.U);
  V_ = product<T>(Op::none, std::as_const(V_).view(), Op::none, std::as_const(small.V).view(),
                  context);
  sigma_ = std::move(small.sigma);
  factor::apply_sign_rule(U0_.view(), V_.view(), size(), context);
  rows_ = rest;
  weight_ = std::max(0.0, weight_ - static_cast<double>(count));
  reset_rotation();
}

// Nothing is put off.
template <Scalar T>
void IncrementalSvd<T>::reset_rotation() {
  P_ = Matrix<T>(0, size());
  W_ = Matrix<T>(size(), size());
  for (index_t i = 0; i < size(); ++i) W_(i, i) = T{1};
}

// With 1 = U h + q r and conj(d) = V g + w s: A - 1 d^T = [U q] (diag(S, 0) - [h; r] [g; s]^H) [V
// w]^H [1, Section 3].
template <Scalar T>
void IncrementalSvd<T>::subtract_row(std::span<const T> d, Context& context) {
  require(options_.left_vectors, "a row can be subtracted where left_vectors are kept");
  require(static_cast<index_t>(d.size()) == cols(),
          fmt::format("the row has {} entries; the matrix has {} columns", d.size(), cols()));
  require_finite(MatrixView<const T>{d.data(), 1, cols(), 1});
  if (rows_ == 0 || cols() == 0) return;
  flush(context);
  const index_t k = size();
  // Returns the basis with a column more if there is room, and x in terms of it.
  const auto widened = [&](MatrixView<const T> basis, const auto& x, std::uint32_t stream) {
    const index_t width = k + (basis.rows > k ? 1 : 0);
    Matrix<T> wide = Matrix<T>::uninitialized(basis.rows, k + 1);
    copy<T>(basis, wide.view().columns(0, k));
    for (index_t i = 0; i < basis.rows; ++i) wide(i, k) = x(i);
    Matrix<T> inside(k, 1), beyond(1, 1), terms(width, 1);
    if (width == k) {
      inside = product<T>(Op::adjoint, basis, Op::none, std::as_const(wide).view().columns(k, 1),
                          context);
    } else {
      factor::RandomSource random{7, stream};
      factor::orthonormalize_against<T>(
          std::as_const(wide).view().columns(0, k), wide.view().columns(k, 1), inside.view(),
          beyond.view(), norm(std::as_const(wide).view().columns(k, 1)), random, context);
      terms(k, 0) = beyond(0, 0);
    }
    for (index_t i = 0; i < k; ++i) terms(i, 0) = inside(i, 0);
    wide.keep_columns(width);
    return std::pair{std::move(wide), std::move(terms)};
  };
  const auto stream = static_cast<std::uint32_t>(calls_) * 8;
  const auto [left, of_ones] = widened(
      std::as_const(U0_).view(), [](index_t) { return T{1}; }, stream);
  const auto [right, of_row] = widened(
      V(), [&](index_t j) { return conjugate(d[at(j)]); }, stream + 4);
  Matrix<T> core = product<T>(Op::none, of_ones.view(), Op::adjoint, of_row.view(), context);
  for (index_t j = 0; j < core.cols(); ++j) {
    for (index_t i = 0; i < core.rows(); ++i)
      core(i, j) = (i == j && i < k ? sigma_[at(i)] : 0) - core(i, j);
  }
  factor::DenseFactors<T> small = small_svd<T>(std::as_const(core).view(), context);
  const auto found = static_cast<index_t>(small.sigma.size());
  const index_t kept = std::min(found, options_.rank);
  double dropped = 0;
  for (index_t i = kept; i < found; ++i) dropped = std::hypot(dropped, double(small.sigma[at(i)]));
  left_out_ += dropped;
  small.U.keep_columns(kept);
  small.V.keep_columns(kept);
  small.sigma.resize(at(kept));
  U0_ = product<T>(Op::none, left.view(), Op::none, std::as_const(small.U).view(), context);
  V_ = product<T>(Op::none, right.view(), Op::none, std::as_const(small.V).view(), context);
  sigma_ = std::move(small.sigma);
  factor::apply_sign_rule(U0_.view(), V_.view(), kept, context);
  reset_rotation();
  if (++calls_ % calls_between_looks == 0) look_at_drift(context);
}

template <Scalar T>
void IncrementalSvd<T>::merge(const IncrementalSvd& other, Context& context) {
  require(other.cols() == cols(),
          fmt::format("{} columns cannot be merged with {}", other.cols(), cols()));
  require(options_.center == other.options_.center &&
              options_.left_vectors == other.options_.left_vectors && options_.forgetting == 1 &&
              other.options_.forgetting == 1,
          "two SVDs merge if both are centred or neither, both keep left vectors or neither, and "
          "nothing is forgotten");
  const index_t k = other.size();
  const index_t extra = options_.center ? 1 : 0;
  Matrix<T> B = Matrix<T>::uninitialized(k + extra, cols());
  for (index_t j = 0; j < cols(); ++j) {
    for (index_t i = 0; i < k; ++i) B(i, j) = other.sigma_[at(i)] * conjugate(other.V_(j, i));
  }
  const double total = weight_ + other.weight_;
  if (options_.center && total > 0) {
    const auto apart = static_cast<real_t<T>>(std::sqrt(weight_ * other.weight_ / total));
    const auto share = static_cast<real_t<T>>(other.weight_ / total);
    for (index_t j = 0; j < cols(); ++j) {
      const T difference = mean_[at(j)] - other.mean_[at(j)];
      B(k, j) = apart * difference;
      mean_[at(j)] -= share * difference;
    }
  }
  const index_t rows = rows_ + other.rows_;
  left_out_ += other.left_out_;
  weight_ = total;
  Matrix<T> left(0, 0);
  if (options_.left_vectors) {  // U of the other, its own rotations done
    left = Matrix<T>::uninitialized(other.rows_, k);
    const index_t old = other.U0_.rows();
    if (old > 0 && k > 0) {
      blas::multiply<T>(Op::none, Op::none, T{1}, other.U0_.view(), other.W_.view(), T{0},
                        left.view().block(0, 0, old, k), context);
    }
    copy<T>(other.P_.view(), left.view().block(old, 0, other.P_.rows(), k));
  }
  if (B.rows() > 0) append(std::as_const(B).view(), std::as_const(left).view(), context);
  rows_ = rows;
}

template <Scalar T>
FrequentDirections<T>::FrequentDirections(index_t cols, index_t l) : l_(l) {
  require(cols >= 1 && l >= 1, fmt::format("columns and l must be >= 1, got {} and {}", cols, l));
  buffer_ = Matrix<T>(cols, 2 * l);
}

template <Scalar T>
void FrequentDirections<T>::append_rows(MatrixView<const T> B, Context& context) {
  require(
      B.cols == buffer_.rows(),
      fmt::format("the rows have {} entries; the sketch has {} columns", B.cols, buffer_.rows()));
  require_finite(B);
  for (index_t i = 0; i < B.rows; ++i) {
    if (filled_ == buffer_.cols()) shrink(context);
    for (index_t j = 0; j < B.cols; ++j) buffer_(j, filled_) = conjugate(B(i, j));
    ++filled_;
  }
  rows_ += B.rows;
}

template <Scalar T>
void FrequentDirections<T>::merge(const FrequentDirections& other, Context& context) {
  require(other.buffer_.rows() == buffer_.rows() && other.l_ == l_,
          "sketches merge if they have the same columns and the same l");
  const index_t rows = rows_ + other.rows_;
  const Matrix<T> rows_of_other = adjoint(other.buffer_.view().columns(0, other.filled_));
  append_rows(rows_of_other.view(), context);
  shrunk_ += other.shrunk_;
  rows_ = rows;
}

// The squares of all values less that of the l-th: at least half of the rows become free, and no
// direction loses more than that square.
template <Scalar T>
void FrequentDirections<T>::shrink(Context& context) {
  const factor::DenseFactors<T> small =
      small_svd<T>(std::as_const(buffer_).view().columns(0, filled_), context);
  const index_t found = static_cast<index_t>(small.sigma.size());
  const double taken = found >= l_ ? static_cast<double>(small.sigma[at(l_ - 1)]) *
                                         static_cast<double>(small.sigma[at(l_ - 1)])
                                   : 0;
  index_t kept = 0;
  for (index_t i = 0; i < std::min(found, l_); ++i) {
    const double s = static_cast<double>(small.sigma[at(i)]);
    const double left = s * s - taken;
    if (!(left > 0)) break;
    for (index_t j = 0; j < buffer_.rows(); ++j) {
      buffer_(j, kept) = static_cast<real_t<T>>(std::sqrt(left)) * small.U(j, i);
    }
    ++kept;
  }
  filled_ = kept;
  shrunk_ += taken;
}

template <Scalar T>
MatrixView<const T> FrequentDirections<T>::sketch(Context& context) {
  if (filled_ > l_) shrink(context);
  sketch_ = adjoint(std::as_const(buffer_).view().columns(0, filled_));
  return std::as_const(sketch_).view();
}

template class IncrementalSvd<float>;
template class IncrementalSvd<double>;
template class IncrementalSvd<std::complex<float>>;
template class IncrementalSvd<std::complex<double>>;
template class FrequentDirections<float>;
template class FrequentDirections<double>;

}  // namespace eckart
