// Block Golub-Kahan-Lanczos: Golub, Luk and Overton, ACM TOMS 7(2), 1981; thick restart:
// Baglama and Reichel, SIAM J. Sci. Comput. 27(1), 2005.
#include "factor/golub_kahan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "blas/blas.hpp"
#include "core/philox.hpp"
#include "eckart/error.hpp"
#include "factor/dense_chain.hpp"
#include "factor/over_ranks.hpp"
#include "factor/product_checks.hpp"
#include "factor/tall_qr.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

template <Scalar T>
void copy(MatrixView<const T> from, MatrixView<T> to) {
  for (index_t j = 0; j < from.cols; ++j) std::copy_n(from.column(j), from.rows, to.column(j));
}

template <Scalar T>
Matrix<T> resized(const Matrix<T>& A, index_t rows, index_t cols) {
  Matrix<T> larger(rows, cols);
  copy<T>(A.view(), larger.view().block(0, 0, A.rows(), A.cols()));
  return larger;
}

constexpr std::uint32_t start_stream = 1;
constexpr std::uint32_t refill_stream = 1000;

}  // namespace

template <Scalar T>
GolubKahanBasis<T>::GolubKahanBasis(const LinearOperator<T>& A,
                                    index_t capacity,
                                    index_t block,
                                    Recurrence recurrence,
                                    std::uint64_t seed,
                                    Context& context,
                                    SvdReport& report)
    : A_(A),
      context_(context),
      report_(report),
      capacity_(capacity),
      block_(block),
      recurrence_(recurrence),
      left_(A.row_shard()),
      right_(A.col_shard()),
      random_{seed, refill_stream},
      U_(Matrix<T>::uninitialized(left_.count, recurrence == Recurrence::gram ? block : capacity)),
      V_(right_.count, capacity + block),
      B_(capacity, capacity),
      K_(block, capacity) {}

template <Scalar T>
void GolubKahanBasis<T>::start() {
  auto timer = report_.stage("start block");
  Matrix<T> Y(left_.count, block_);
  Matrix<T> X(right_.count, block_);
  core::fill_gaussian(Y.view(), random_.seed, start_stream, 0, context_, left_.first);
  apply_adjoint(std::as_const(Y).view(), X.view());
  start_from(std::as_const(X).view());
}

template <Scalar T>
void GolubKahanBasis<T>::start_from(MatrixView<const T> X) {
  const index_t given = std::min(X.cols, block_);
  copy<T>(X.columns(0, given), next_block());
  if (given < block_) {
    core::fill_gaussian(next_block().columns(given, block_ - given), random_.seed, random_.stream++,
                        0, context_, right_.first);
  }
  orthonormalize_next(0);
}

template <Scalar T>
void GolubKahanBasis<T>::start_warm(MatrixView<const T> X, double accuracy) {
  // Rayleigh-Ritz on the range of X, as far as the basis has room for it.
  const index_t given = std::min(X.cols, capacity_ - 2 * block_);
  const MatrixView<T> Q = V_.view().columns(0, given);
  copy<T>(X.columns(0, given), Q);
  Matrix<T> S(given, given);
  orthonormalize_against<T>(std::as_const(V_).view().columns(0, 0), Q, Matrix<T>(0, given).view(),
                            S.view(), longest_column<T>(Q, right_), random_, context_, right_);
  Matrix<T> W = Matrix<T>::uninitialized(V_.rows(), given);
  for (index_t first = 0; first < given; first += block_) {
    const index_t count = std::min(block_, given - first);
    const MatrixView<T> Y = U_.view().columns(0, count);
    apply_gram(Q.columns(first, count), Y, W.view().columns(first, count));
  }
  const MatrixView<T> B = B_.view().block(0, 0, given, given);
  inner_products<T>(Q, W.view(), B, right_, context_);
  size_ = given;
  coupled_from_ = given;
  solve();
  blas::multiply_in_place<T>(Q, std::as_const(Y_).view(), context_);
  blas::multiply_in_place<T>(W.view(), std::as_const(Y_).view(), context_);
  // The accurate ones come first, then the others.
  index_t kept = 0;
  for (index_t i = 0; i < given; ++i) {
    const Real theta = theta_[static_cast<std::size_t>(i)];
    for (index_t r = 0; r < Q.rows; ++r) W(r, i) -= theta * theta * Q(r, i);
    const double off = longest_column<T>(std::as_const(W).view().columns(i, 1), right_);
    if (!(off <= accuracy * norm_ * static_cast<double>(theta))) continue;
    for (index_t r = 0; r < Q.rows; ++r) std::swap(Q(r, kept), Q(r, i));
    theta_[static_cast<std::size_t>(kept)] = theta;
    ++kept;
  }
  for (index_t i = 0; i < kept; ++i) {
    for (index_t r = 0; r < given; ++r) B(r, i) = 0;
    B(i, i) = theta_[static_cast<std::size_t>(i)] * theta_[static_cast<std::size_t>(i)];
  }
  size_ = kept;
  coupled_from_ = kept;
  const index_t left = given - kept;
  if (left > block_) {  // random combinations of all of them
    Matrix<T> mix(left, block_);
    core::fill_gaussian(mix.view(), random_.seed, random_.stream++, 0, context_);
    blas::multiply_in_place<T>(Q.columns(kept, left), std::as_const(mix).view(), context_);
  } else if (left < block_) {
    core::fill_gaussian(next_block().columns(left, block_ - left), random_.seed, random_.stream++,
                        0, context_, right_.first);
  }
  orthonormalize_next(0);
}

template <Scalar T>
LanczosState<T> GolubKahanBasis<T>::state() const {
  return {.basis = V_.view().columns(0, size_ + block_),
          .B = B_.view().block(0, 0, size_, size_),
          .K = K_.view().columns(0, size_),
          .norm = norm_,
          .stream = random_.stream};
}

template <Scalar T>
void GolubKahanBasis<T>::resume(const LanczosState<T>& state) {
  size_ = state.B.cols;
  coupled_from_ = 0;
  norm_ = state.norm;
  random_.stream = state.stream;
  const MatrixView<T> basis = V_.view().columns(0, size_ + block_);
  copy<T>(state.basis, basis);
  copy<T>(state.B, B_.view().block(0, 0, size_, size_));
  copy<T>(state.K, K_.view().columns(0, size_));

  // A^H A (V g) against [V V_next] [B; K] g.
  Matrix<T> g(size_, 1), h(size_ + block_, 1);
  core::fill_gaussian(g.view(), random_.seed, random_.stream++, 0, context_);
  blas::gemm<T>(Op::none, Op::none, T{1}, state.B, std::as_const(g).view(), T{0},
                h.view().block(0, 0, size_, 1));
  blas::gemm<T>(Op::none, Op::none, T{1}, state.K, std::as_const(g).view(), T{0},
                h.view().block(size_, 0, block_, 1));
  Matrix<T> x(V_.rows(), 1), z(V_.rows(), 1);
  blas::multiply<T>(Op::none, Op::none, T{1}, std::as_const(V_).view().columns(0, size_),
                    std::as_const(g).view(), T{0}, x.view(), context_);
  apply_gram(std::as_const(x).view(), U_.view().columns(0, 1), z.view());
  const double expected = longest_column<T>(z.view(), right_);
  blas::multiply<T>(Op::none, Op::none, T{-1}, basis, std::as_const(h).view(), T{1}, z.view(),
                    context_);
  const double off = longest_column<T>(z.view(), right_);
  const double eps = std::numeric_limits<Real>::epsilon();
  const double slack = 1000 * eps * std::sqrt(static_cast<double>(A_.rows() + A_.cols())) +
                       1000 * A_.rounding_level() / (norm_ > 0 ? norm_ : 1);
  require(off <= slack * (expected + norm_ * norm_),
          "the state to resume is not one of this matrix: it belongs to another, or is damaged");
}

template <Scalar T>
void GolubKahanBasis<T>::widen(MatrixView<const T> X) {
  capacity_ -= X.cols;
  block_ += X.cols;
  K_ = resized(K_, block_, K_.cols());  // nothing couples to the new directions
  if (recurrence_ == Recurrence::gram) U_ = Matrix<T>::uninitialized(U_.rows(), block_);
  copy<T>(X, next_block().columns(block_ - X.cols, X.cols));
  orthonormalize_next(block_ - X.cols);
}

template <Scalar T>
void GolubKahanBasis<T>::orthonormalize_next(index_t first) {
  const MatrixView<T> X = next_block().columns(first, block_ - first);
  Matrix<T> H(size_ + first, X.cols);
  Matrix<T> S(X.cols, X.cols);
  // No norm to compare with: a column counts as dependent when it is tiny beside the longest.
  orthonormalize_against<T>(V_.view().columns(0, size_ + first), X, H.view(), S.view(),
                            longest_column<T>(X, right_), random_, context_, right_);
}

template <Scalar T>
void GolubKahanBasis<T>::apply(MatrixView<const T> X, MatrixView<T> Y) {
  auto timer = report_.stage("product with A");
  A_.apply(X, Y, context_);
  report_.products += X.cols;
  ++report_.passes_over_A;
  require_finite_product<T>(A_, Y, Side::rows, context_);
}

template <Scalar T>
void GolubKahanBasis<T>::apply_adjoint(MatrixView<const T> Y, MatrixView<T> X) {
  auto timer = report_.stage("product with A^H");
  A_.apply_adjoint(Y, X, context_);
  report_.products += Y.cols;
  ++report_.passes_over_A;
  require_finite_product<T>(A_, X, Side::columns, context_);
}

template <Scalar T>
void GolubKahanBasis<T>::apply_gram(MatrixView<const T> X, MatrixView<T> Y, MatrixView<T> Z) {
  auto timer = report_.stage("products with A and A^H");
  report_.passes_over_A += A_.apply_gram(Gram::columns, X, Y, Z, {}, context_);
  report_.products += 2 * X.cols;
  require_finite_product<T>(A_, Y, Side::rows, context_);
  require_finite_product<T>(A_, Z, Side::columns, context_);
}

template <Scalar T>
void GolubKahanBasis<T>::expand() {
  const index_t c = size_;
  const index_t w = block_;
  const MatrixView<T> V_new = V_.view().columns(c + w, w);
  for (index_t j = 0; j < c; ++j) std::fill_n(B_.view().column(j) + c, w, T{});
  if (recurrence_ == Recurrence::gram) {
    expand_gram(V_new);
  } else {
    expand_bidiagonal(V_new);
  }
  for (index_t j = coupled_from_; j < c; ++j) std::fill_n(K_.view().column(j), w, T{});
  coupled_from_ = c;
  size_ = c + w;
  ++report_.iterations;
}

// The part of A^H A V_next along the basis is known but for rounding: its own block D, and K^H.
// Taking that off first leaves the reorthogonalisation so little that one round of it is enough.
template <Scalar T>
void GolubKahanBasis<T>::expand_gram(MatrixView<T> V_new) {
  const index_t c = size_;
  const index_t w = block_;
  const MatrixView<const T> V_next = std::as_const(V_).view().columns(c, w);
  const MatrixView<T> Y = U_.view().columns(0, w);
  apply_gram(V_next, Y, V_new);
  if (norm_ == 0) norm_ = longest_column<T>(Y, left_);

  auto timer = report_.stage("orthogonalise");
  const index_t coupled = c - coupled_from_;
  Matrix<T> known(coupled + w, w);  // [K^H; D]
  const MatrixView<T> D = known.view().block(coupled, 0, w, w);
  inner_products<T>(V_next, V_new, D, right_, context_);
  if (c == 0) {
    Matrix<T> YHY(w, w);
    inner_products<T>(Y, Y, YHY.view(), left_, context_);
    compare_products(D, YHY.view(), norm_ * norm_);
  }
  for (index_t j = 0; j < w; ++j) {
    for (index_t i = 0; i < coupled; ++i) known(i, j) = conjugate(K_(j, coupled_from_ + i));
  }
  blas::multiply<T>(Op::none, Op::none, T{-1},
                    std::as_const(V_).view().columns(coupled_from_, coupled + w),
                    std::as_const(known).view(), T{1}, V_new, context_);
  Matrix<T> H(c + w, w);
  orthonormalize_against<T>(std::as_const(V_).view().columns(0, c + w), V_new, H.view(),
                            K_.view().columns(c, w), norm_ * norm_, random_, context_, right_);
  for (index_t j = 0; j < w; ++j) {
    T* column = B_.view().column(c + j);
    std::fill_n(column, coupled_from_, T{});
    std::copy_n(known.view().column(j), coupled + w, column + coupled_from_);
    for (index_t i = 0; i < w; ++i) column[c + i] += H(c + i, j);
    for (index_t i = coupled_from_; i < c; ++i) B_(c + j, i) = conjugate(column[i]);
  }
}

template <Scalar T>
void GolubKahanBasis<T>::expand_bidiagonal(MatrixView<T> V_new) {
  const index_t c = size_;
  const index_t w = block_;
  const MatrixView<T> U_new = U_.view().columns(c, w);
  apply(std::as_const(V_).view().columns(c, w), U_new);
  if (norm_ == 0) norm_ = longest_column<T>(U_new, left_);
  {
    auto timer = report_.stage("orthogonalise");
    orthonormalize_against<T>(std::as_const(U_).view().columns(0, c), U_new,
                              B_.view().block(0, c, c, w), B_.view().block(c, c, w, w), norm_,
                              random_, context_, left_);
  }
  apply_adjoint(U_new, V_new);
  auto timer = report_.stage("orthogonalise");
  Matrix<T> H(c + w, w);
  orthonormalize_against<T>(std::as_const(V_).view().columns(0, c + w), V_new, H.view(),
                            K_.view().columns(c, w), norm_, random_, context_, right_);
  // U_1^H (A V_1) and (A^H U_1)^H V_1 are there anyway after the first step: they must agree.
  if (c == 0) compare_products(H.view(), std::as_const(B_).view().block(0, 0, w, w), norm_);
}

template <Scalar T>
void GolubKahanBasis<T>::compare_products(MatrixView<const T> P,
                                          MatrixView<const T> Q_adjoint,
                                          double size) {
  double largest = 0;
  for (index_t j = 0; j < P.cols; ++j) {
    for (index_t i = 0; i < P.rows; ++i) {
      largest =
          std::max(largest, static_cast<double>(std::abs(P(i, j) - conjugate(Q_adjoint(j, i)))));
    }
  }
  const double eps = std::numeric_limits<Real>::epsilon();
  const double slack = 1000 * eps * std::sqrt(static_cast<double>(A_.rows() + A_.cols())) +
                       1000 * A_.rounding_level() / (norm_ > 0 ? norm_ : 1);
  adjoint_defect_ = largest > 0 ? largest / (slack * size) : 0;
}

template <Scalar T>
void GolubKahanBasis<T>::solve() {
  auto timer = report_.stage("small SVD");
  const index_t c = size_;
  DenseFactors<T> small =
      factor_small<T>(std::as_const(B_).view().block(0, 0, c, c), report_.fallbacks, context_);
  theta_ = std::move(small.sigma);
  Y_ = std::move(small.V);
  if (recurrence_ == Recurrence::bidiagonal) X_ = std::move(small.U);
  const Matrix<T>& X = recurrence_ == Recurrence::gram ? Y_ : X_;

  Matrix<T> KX(block_, c);
  const index_t coupled = c - coupled_from_;
  blas::gemm<T>(Op::none, Op::none, T{1}, K_.view().columns(coupled_from_, coupled),
                X.view().block(coupled_from_, 0, coupled, c), T{0}, KX.view());
  residuals_.resize(static_cast<std::size_t>(c));
  for (index_t i = 0; i < c; ++i) {
    double& residual = residuals_[static_cast<std::size_t>(i)];
    Real& theta = theta_[static_cast<std::size_t>(i)];
    residual =
        std::sqrt(kernels::kernels<T>().shifted_energy(block_, KX.view().column(i), T{0}, 1));
    if (recurrence_ == Recurrence::bidiagonal) continue;
    theta = std::sqrt(theta);
    // ||A^H A v - theta^2 v|| bounds both theta ||A^H u - theta v|| and ||A v||^2.
    residual = std::min(residual / static_cast<double>(theta), std::sqrt(residual));
    if (theta == 0) residual = 0;
  }
  if (!theta_.empty()) norm_ = std::max(norm_, static_cast<double>(theta_.front()));
}

template <Scalar T>
void GolubKahanBasis<T>::restart(index_t q) {
  auto timer = report_.stage("restart");
  const bool gram = recurrence_ == Recurrence::gram;
  const Matrix<T>& X = gram ? Y_ : X_;
  if (!gram) {
    blas::multiply_in_place<T>(U_.view().columns(0, size_), X_.view().columns(0, q), context_);
  }
  blas::multiply_in_place<T>(V_.view().columns(0, size_), Y_.view().columns(0, q), context_);
  for (index_t j = 0; j < block_; ++j) {
    std::copy_n(V_.view().column(size_ + j), V_.rows(), V_.view().column(q + j));
  }
  for (index_t j = 0; j < q; ++j) {
    std::fill_n(B_.view().column(j), B_.rows(), T{});
    const Real theta = theta_[static_cast<std::size_t>(j)];
    B_(j, j) = gram ? theta * theta : theta;
  }
  Matrix<T> KX(block_, q);
  const index_t coupled = size_ - coupled_from_;
  blas::gemm<T>(Op::none, Op::none, T{1}, K_.view().columns(coupled_from_, coupled),
                X.view().block(coupled_from_, 0, coupled, q), T{0}, KX.view());
  copy<T>(KX.view(), K_.view().columns(0, q));
  coupled_from_ = 0;
  size_ = q;
  ++report_.restarts;
}

template <Scalar T>
void GolubKahanBasis<T>::grow(index_t capacity) {
  if (recurrence_ == Recurrence::bidiagonal) U_ = resized(U_, U_.rows(), capacity);
  PaddedMatrix<T> V(V_.rows(), capacity + block_);
  copy<T>(std::as_const(V_).view(), V.view().columns(0, V_.cols()));
  V_ = std::move(V);
  B_ = resized(B_, capacity, capacity);
  K_ = resized(K_, block_, capacity);
  capacity_ = capacity;
}

template <Scalar T>
void GolubKahanBasis<T>::lift_right(MatrixView<T> V) const {
  blas::multiply<T>(Op::none, Op::none, T{1}, V_.view().columns(0, Y_.rows()),
                    Y_.view().columns(0, V.cols), T{0}, V, context_);
}

template <Scalar T>
void GolubKahanBasis<T>::lift_left(MatrixView<T> U) const {
  blas::multiply<T>(Op::none, Op::none, T{1}, U_.view().columns(0, X_.rows()),
                    X_.view().columns(0, U.cols), T{0}, U, context_);
}

template <Scalar T>
double GolubKahanBasis<T>::bytes(
    index_t rows, index_t cols, index_t capacity, index_t block, Recurrence recurrence) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  const auto p = static_cast<double>(capacity);
  const auto b = static_cast<double>(block);
  const double left = recurrence == Recurrence::gram ? b : p;
  return sizeof(T) * (m * left + n * (p + b) + 10 * p * p + 400 * p + 2 * (m + n) * b);
}

template class GolubKahanBasis<float>;
template class GolubKahanBasis<double>;
template class GolubKahanBasis<std::complex<float>>;
template class GolubKahanBasis<std::complex<double>>;

}  // namespace eckart::factor
