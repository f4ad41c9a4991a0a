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
#include "factor/tall_qr.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {
namespace {

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

// Returns the first row with a NaN or an infinity, -1 if all are finite.
template <Scalar T>
index_t first_nonfinite_row(MatrixView<const T> X) {
  using Real = real_t<T>;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  for (index_t j = 0; j < X.cols; ++j) {
    const auto* reals = reinterpret_cast<const Real*>(X.column(j));
    if (kernels::kernels<Real>().scan(X.rows * parts, reals).finite) continue;
    index_t r = 0;
    while (std::isfinite(reals[r])) ++r;
    return r / parts;
  }
  return -1;
}

constexpr std::uint32_t start_stream = 1;
constexpr std::uint32_t refill_stream = 1000;

}  // namespace

template <Scalar T>
GolubKahanBasis<T>::GolubKahanBasis(const LinearOperator<T>& A,
                                    index_t capacity,
                                    index_t block,
                                    Reorthogonalise reorthogonalise,
                                    std::uint64_t seed,
                                    Context& context,
                                    SvdReport& report)
    : A_(A),
      context_(context),
      report_(report),
      capacity_(capacity),
      block_(block),
      reorthogonalise_(reorthogonalise),
      random_{seed, refill_stream},
      U_(A.rows(), capacity),
      V_(A.cols(), capacity + block),
      B_(capacity, capacity),
      K_(block, capacity) {}

template <Scalar T>
void GolubKahanBasis<T>::start() {
  auto timer = report_.stage("start block");
  Matrix<T> Y(A_.rows(), block_);
  Matrix<T> X(A_.cols(), block_);
  core::fill_gaussian(Y.view(), random_.seed, start_stream, 0, context_);
  A_.apply_adjoint(std::as_const(Y).view(), X.view(), context_);
  report_.products += block_;
  report_.passes_over_A += 1;
  check_finite(X.view(), false);
  start_from(std::as_const(X).view());
}

template <Scalar T>
void GolubKahanBasis<T>::start_from(MatrixView<const T> X) {
  const index_t given = std::min(X.cols, block_);
  copy<T>(X.columns(0, given), next_block());
  if (given < block_) {
    core::fill_gaussian(next_block().columns(given, block_ - given), random_.seed, random_.stream++,
                        0, context_);
  }
  orthonormalize_next(0);
}

template <Scalar T>
void GolubKahanBasis<T>::widen(MatrixView<const T> X) {
  capacity_ -= X.cols;
  block_ += X.cols;
  K_ = resized(K_, block_, capacity_ + X.cols);  // nothing couples to the new directions
  copy<T>(X, next_block().columns(block_ - X.cols, X.cols));
  orthonormalize_next(block_ - X.cols);
}

template <Scalar T>
void GolubKahanBasis<T>::orthonormalize_next(index_t first) {
  const MatrixView<T> X = next_block().columns(first, block_ - first);
  Matrix<T> H(size_ + first, X.cols);
  Matrix<T> S(X.cols, X.cols);
  // No norm to compare with: a column counts as dependent when it is tiny beside the longest.
  double longest = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    longest = std::max(longest, kernels::kernels<T>().shifted_energy(X.rows, X.column(j), T{0}, 1));
  }
  orthonormalize_against<T>(V_.view().columns(0, size_ + first), X, H.view(), S.view(),
                            std::sqrt(longest), random_, context_);
}

template <Scalar T>
void GolubKahanBasis<T>::check_finite(MatrixView<const T> X, bool row_side) const {
  const index_t bad = first_nonfinite_row<T>(X);
  if (bad < 0) return;
  // A NaN in row i of A X comes from row i of A: read that row by one more product.
  Matrix<T> unit(X.rows, 1);
  Matrix<T> line(row_side ? A_.cols() : A_.rows(), 1);
  unit(bad, 0) = 1;
  if (row_side) {
    A_.apply_adjoint(std::as_const(unit).view(), line.view(), context_);
  } else {
    A_.apply(std::as_const(unit).view(), line.view(), context_);
  }
  const index_t other = first_nonfinite_row<T>(line.view());
  if (other >= 0) {
    const T value = line(other, 0);
    const double part = std::isfinite(std::real(value)) ? static_cast<double>(std::imag(value))
                                                        : static_cast<double>(std::real(value));
    throw row_side ? NonFiniteInput(bad, other, part) : NonFiniteInput(other, bad, part);
  }
  throw InvalidArgument(std::string("the operator's product ") + (row_side ? "A X" : "A^H Y") +
                        " is not finite (NaN or infinity) in row " + std::to_string(bad + 1) +
                        " for a finite block of vectors");
}

template <Scalar T>
void GolubKahanBasis<T>::expand() {
  const index_t c = size_;
  const index_t w = block_;
  MatrixView<T> U_new = U_.view().columns(c, w);
  MatrixView<T> V_new = V_.view().columns(c + w, std::min(w, V_.cols() - c - w));
  {
    auto timer = report_.stage("product with A");
    A_.apply(std::as_const(V_).view().columns(c, w), U_new, context_);
  }
  check_finite(U_new, true);
  if (norm_ == 0) {
    for (index_t j = 0; j < w; ++j) {
      norm_ = std::max(norm_, std::sqrt(kernels::kernels<T>().shifted_energy(
                                  U_new.rows, U_new.column(j), T{0}, 1)));
    }
  }
  orthonormalize_left(U_new);
  {
    auto timer = report_.stage("product with A^H");
    A_.apply_adjoint(std::as_const(U_).view().columns(c, w), V_new, context_);
  }
  check_finite(V_new, false);
  {
    auto timer = report_.stage("orthogonalise V");
    Matrix<T> H(c + w, w);
    orthonormalize_against<T>(std::as_const(V_).view().columns(0, c + w), V_new, H.view(),
                              K_.view().columns(c, w), norm_, random_, context_);
    coupled_from_ = c;
    if (c == 0) compare_products(H.view());
  }
  size_ = c + w;
  report_.products += 2 * w;
  report_.passes_over_A += 2;
  ++report_.iterations;
}

template <Scalar T>
void GolubKahanBasis<T>::orthonormalize_left(MatrixView<T> U_new) {
  auto timer = report_.stage("orthogonalise U");
  const index_t c = size_;
  const index_t w = block_;
  MatrixView<T> H = B_.view().block(0, c, c, w);
  MatrixView<T> S = B_.view().block(c, c, w, w);
  for (index_t j = 0; j < c; ++j) std::fill_n(B_.view().column(j) + c, w, T{});
  if (reorthogonalise_ == Reorthogonalise::both) {
    orthonormalize_against<T>(std::as_const(U_).view().columns(0, c), U_new, H, S, norm_, random_,
                              context_);
    return;
  }
  // U^H A V_next = K^H is known: subtract what couples, and factor what is left.
  for (index_t j = 0; j < w; ++j) {
    std::fill_n(H.column(j), c, T{});
    for (index_t i = coupled_from_; i < c; ++i) H(i, j) = conjugate(K_(j, i));
  }
  if (c > 0) {
    const index_t coupled = c - coupled_from_;
    blas::multiply<T>(blas::Op::none, blas::Op::none, T{-1},
                      std::as_const(U_).view().columns(coupled_from_, coupled),
                      H.block(coupled_from_, 0, coupled, w), T{1}, U_new, context_);
  }
  tall_qr(U_new, S, context_);
  const double eps = std::numeric_limits<Real>::epsilon();
  bool dependent = false;
  for (index_t j = 0; j < w; ++j) dependent = dependent || !(std::abs(S(j, j)) > 5 * eps * norm_);
  if (!dependent) return;
  // A dependent column left a direction of rounding noise: make it orthogonal to all of U.
  Matrix<T> H_noise(c, w);
  Matrix<T> S_noise(w, w);
  const Matrix<T> S_before = [&] {
    Matrix<T> saved(w, w);
    copy<T>(S, saved.view());
    return saved;
  }();
  orthonormalize_against<T>(std::as_const(U_).view().columns(0, c), U_new, H_noise.view(),
                            S_noise.view(), 1, random_, context_);
  blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, H_noise.view(), S_before.view(), T{1}, H);
  blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, S_noise.view(), S_before.view(), T{0}, S);
}

// U_1^H (A V_1) and (A^H U_1)^H V_1 are there anyway after the first step: they must agree.
template <Scalar T>
void GolubKahanBasis<T>::compare_products(MatrixView<const T> VHZ) {
  double largest = 0;
  for (index_t j = 0; j < block_; ++j) {
    for (index_t i = 0; i < block_; ++i) {
      largest = std::max(largest, static_cast<double>(std::abs(VHZ(i, j) - conjugate(B_(j, i)))));
    }
  }
  const double eps = std::numeric_limits<Real>::epsilon();
  const double slack = 1000 * eps * std::sqrt(static_cast<double>(A_.rows() + A_.cols())) * norm_ +
                       1000 * A_.rounding_level();
  adjoint_defect_ = largest > 0 ? largest / slack : 0;
}

template <Scalar T>
void GolubKahanBasis<T>::solve() {
  auto timer = report_.stage("small SVD");
  const index_t c = size_;
  DenseFactors<T> small =
      factor_small<T>(std::as_const(B_).view().block(0, 0, c, c), report_.fallbacks, context_);
  X_ = std::move(small.U);
  Y_ = std::move(small.V);
  theta_ = std::move(small.sigma);
  if (!theta_.empty()) norm_ = std::max(norm_, static_cast<double>(theta_.front()));

  Matrix<T> KX(block_, c);
  const index_t coupled = c - coupled_from_;
  blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, K_.view().columns(coupled_from_, coupled),
                X_.view().block(coupled_from_, 0, coupled, c), T{0}, KX.view());
  residuals_.resize(static_cast<std::size_t>(c));
  for (index_t i = 0; i < c; ++i) {
    residuals_[static_cast<std::size_t>(i)] =
        std::sqrt(kernels::kernels<T>().shifted_energy(block_, KX.view().column(i), T{0}, 1));
  }
}

template <Scalar T>
void GolubKahanBasis<T>::restart(index_t q) {
  auto timer = report_.stage("restart");
  blas::multiply_in_place<T>(U_.view().columns(0, size_), X_.view().columns(0, q), context_);
  blas::multiply_in_place<T>(V_.view().columns(0, size_), Y_.view().columns(0, q), context_);
  for (index_t j = 0; j < block_; ++j) {
    std::copy_n(V_.view().column(size_ + j), V_.rows(), V_.view().column(q + j));
  }
  for (index_t j = 0; j < q; ++j) {
    std::fill_n(B_.view().column(j), B_.rows(), T{});
    B_(j, j) = theta_[static_cast<std::size_t>(j)];
  }
  Matrix<T> KX(block_, q);
  const index_t coupled = size_ - coupled_from_;
  blas::gemm<T>(blas::Op::none, blas::Op::none, T{1}, K_.view().columns(coupled_from_, coupled),
                X_.view().block(coupled_from_, 0, coupled, q), T{0}, KX.view());
  copy<T>(KX.view(), K_.view().columns(0, q));
  coupled_from_ = 0;
  size_ = q;
  ++report_.restarts;
}

template <Scalar T>
void GolubKahanBasis<T>::grow(index_t capacity) {
  U_ = resized(U_, U_.rows(), capacity);
  V_ = resized(V_, V_.rows(), capacity + block_);
  B_ = resized(B_, capacity, capacity);
  K_ = resized(K_, block_, capacity);
  capacity_ = capacity;
}

template <Scalar T>
void GolubKahanBasis<T>::lift_right(MatrixView<T> V) const {
  blas::multiply<T>(blas::Op::none, blas::Op::none, T{1}, V_.view().columns(0, Y_.rows()),
                    Y_.view().columns(0, V.cols), T{0}, V, context_);
}

template <Scalar T>
void GolubKahanBasis<T>::lift_left(MatrixView<T> U) const {
  blas::multiply<T>(blas::Op::none, blas::Op::none, T{1}, U_.view().columns(0, X_.rows()),
                    X_.view().columns(0, U.cols), T{0}, U, context_);
}

template <Scalar T>
double GolubKahanBasis<T>::bytes(index_t rows, index_t cols, index_t capacity, index_t block) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  const auto p = static_cast<double>(capacity);
  const auto b = static_cast<double>(block);
  return sizeof(T) * (m * p + n * (p + b) + 10 * p * p + 400 * p + 2 * (m + n) * b);
}

template class GolubKahanBasis<float>;
template class GolubKahanBasis<double>;
template class GolubKahanBasis<std::complex<float>>;
template class GolubKahanBasis<std::complex<double>>;

}  // namespace eckart::factor
