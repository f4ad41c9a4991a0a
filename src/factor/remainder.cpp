#include "factor/remainder.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "blas/blas.hpp"
#include "core/parallel.hpp"
#include "core/philox.hpp"
#include "factor/golub_kahan.hpp"
#include "factor/over_ranks.hpp"
#include "factor/spread_svd.hpp"

namespace eckart::factor {
namespace {

using blas::Op;

constexpr std::uint32_t probe_stream = 7;

// Y <- Y - U diag(sigma) C, with C given.
template <Scalar T>
void subtract_product(MatrixView<const T> U,
                      std::span<const real_t<T>> sigma,
                      Matrix<T> C,
                      MatrixView<T> Y,
                      const Context& context) {
  for (index_t j = 0; j < C.cols(); ++j) {
    for (index_t i = 0; i < C.rows(); ++i) C(i, j) *= sigma[static_cast<std::size_t>(i)];
  }
  blas::multiply<T>(Op::none, Op::none, T{-1}, U, std::as_const(C).view(), T{1}, Y, context);
}

// A - U diag(sigma) V^H.
template <Scalar T>
class RemainderOperator final : public LinearOperator<T> {
 public:
  RemainderOperator(const LinearOperator<T>& A,
                    MatrixView<const T> U,
                    std::span<const real_t<T>> sigma,
                    MatrixView<const T> V)
      : A_(A), U_(U), sigma_(sigma), V_(V) {}

  index_t rows() const override { return A_.rows(); }
  index_t cols() const override { return A_.cols(); }
  Shard row_shard() const override { return A_.row_shard(); }
  Shard col_shard() const override { return A_.col_shard(); }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    A_.apply(X, Y, context);
    if (V_.cols == 0) return;
    Matrix<T> C(V_.cols, X.cols);
    inner_products<T>(V_, X, C.view(), A_.col_shard(), context);
    subtract_product(U_, sigma_, std::move(C), Y, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    A_.apply_adjoint(Y, X, context);
    if (U_.cols == 0) return;
    Matrix<T> C(U_.cols, Y.cols);
    inner_products<T>(U_, Y, C.view(), A_.row_shard(), context);
    subtract_product(V_, sigma_, std::move(C), X, context);
  }
  // U diag(sigma) V^H X is taken off the rows of A X between the two products.
  int apply_gram(Gram side,
                 MatrixView<const T> X,
                 MatrixView<T> Y,
                 MatrixView<T> Z,
                 const RowsStep<T>& step,
                 Context& context) const override {
    if (!A_.reads_once(side) || side == Gram::rows || U_.cols == 0) {
      return LinearOperator<T>::apply_gram(side, X, Y, Z, step, context);
    }
    Matrix<T> C(V_.cols, X.cols);
    blas::multiply<T>(Op::adjoint, Op::none, T{1}, V_, X, T{0}, C.view(), context);
    for (index_t j = 0; j < C.cols(); ++j) {
      for (index_t i = 0; i < C.rows(); ++i) C(i, j) *= sigma_[static_cast<std::size_t>(i)];
    }
    const auto subtract = [&](index_t first, MatrixView<T> rows) {
      const blas::BlasThreads guard;
      blas::gemm<T>(Op::none, Op::none, T{-1}, U_.block(first, 0, rows.rows, U_.cols),
                    std::as_const(C).view(), T{1}, rows);
      if (step) step(first, rows);
    };
    const int reads = A_.apply_gram(side, X, Y, Z, subtract, context);
    Matrix<T> D(U_.cols, X.cols);
    blas::multiply<T>(Op::adjoint, Op::none, T{1}, U_, Y, T{0}, D.view(), context);
    subtract_product(V_, sigma_, std::move(D), Z, context);
    return reads;
  }
  std::uint64_t bytes_per_read() const override { return A_.bytes_per_read(); }

 private:
  const LinearOperator<T>& A_;
  MatrixView<const T> U_;
  std::span<const real_t<T>> sigma_;
  MatrixView<const T> V_;
};

// Decomposes a remainder with few rows or columns: its norm, exactly.
template <Scalar T>
void look_at_small_remainder(const LinearOperator<T>& R,
                             Context& context,
                             Remainder<T>& remainder,
                             SvdReport& report) {
  const bool wide = R.rows() < R.cols();
  const index_t n = std::min(R.rows(), R.cols());
  const Shard longer = wide ? R.col_shard() : R.row_shard();
  const Shard shorter = wide ? R.row_shard() : R.col_shard();
  Matrix<T> identity(shorter.count, n);
  for (index_t i = 0; i < shorter.count; ++i) identity(i, shorter.first + i) = 1;
  Matrix<T> tall(longer.count, n);  // R or R^H
  if (wide) {
    R.apply_adjoint(std::as_const(identity).view(), tall.view(), context);
  } else {
    R.apply(std::as_const(identity).view(), tall.view(), context);
  }
  report.products += n;
  report.passes_over_A += 1;
  DenseFactors<T> factors =
      spread_svd<T>(std::move(tall), longer, shorter, report.fallbacks, context);
  remainder.seen = static_cast<double>(factors.sigma[0]);
  remainder.directions = std::move(wide ? factors.U : factors.V);
}

}  // namespace

template <Scalar T>
Remainder<T> probe_remainder(const LinearOperator<T>& A,
                             MatrixView<const T> U,
                             std::span<const real_t<T>> sigma,
                             MatrixView<const T> V,
                             index_t probes,
                             std::uint64_t seed,
                             Context& context,
                             SvdReport& report) {
  Remainder<T> remainder;
  const index_t min_dim = std::min(A.rows(), A.cols());
  if (min_dim == 0) return remainder;
  const RemainderOperator<T> R(A, U, sigma, V);

  const bool in_memory = A.bytes_per_read() == 0;
  const Shard left = A.row_shard();
  const Shard right = A.col_shard();
  Matrix<T> Omega(right.count, probes);
  Matrix<T> Y(left.count, probes);
  Matrix<T> start(right.count, in_memory ? 0 : probes);  // R^H Y
  core::fill_gaussian(Omega.view(), seed, probe_stream, 0, context, right.first);
  if (in_memory) {
    R.apply(std::as_const(Omega).view(), Y.view(), context);
    report.products += probes;
    report.passes_over_A += 1;
  } else {
    report.passes_over_A += R.apply_gram(Gram::columns, std::as_const(Omega).view(), Y.view(),
                                         start.view(), {}, context);
    report.products += 2 * probes;
  }
  const std::vector<double> before = column_lengths<T>(Omega.view(), right);
  const std::vector<double> after = column_lengths<T>(Y.view(), left);
  double largest = 0;
  double energy = 0;
  for (std::size_t j = 0; j < after.size(); ++j) {
    energy += after[j] * after[j];
    largest = std::max(largest, after[j]);
    remainder.seen = std::max(remainder.seen, after[j] / before[j]);
  }
  remainder.frobenius = std::sqrt(energy / static_cast<double>(probes));
  remainder.upper = 10 * std::sqrt(2 / std::numbers::pi) * largest;

  constexpr index_t small = 24;
  if (min_dim <= small) {  // cheaper to look at all of it
    look_at_small_remainder(R, context, remainder, report);
    return remainder;
  }
  // A few Lanczos steps from the probes' images find what the remainder's norm really is.
  const index_t steps = in_memory ? 4 : 2;
  const index_t block = in_memory ? 4 : probes;
  if (largest == 0) return remainder;
  SvdReport own;  // the probe's steps are not the driver's iterations
  GolubKahanBasis<T> basis(R, steps * block, block,
                           in_memory ? Recurrence::bidiagonal : Recurrence::gram, seed, context,
                           own);
  if (in_memory) {
    start = Matrix<T>(right.count, std::min(block, probes));
    R.apply_adjoint(std::as_const(Y).view().columns(0, start.cols()), start.view(), context);
    report.products += start.cols();
    report.passes_over_A += 1;
  }
  basis.start_from(std::as_const(start).view());
  for (index_t step = 0; step < steps; ++step) basis.expand();
  basis.solve();
  report.products += own.products;
  report.passes_over_A += own.passes_over_A;
  remainder.seen = std::max(remainder.seen, static_cast<double>(basis.theta().front()));
  remainder.directions = Matrix<T>(right.count, block);
  basis.lift_right(remainder.directions.view());
  return remainder;
}

template <Scalar T>
bool missed_triplet(const Remainder<T>& remainder,
                    std::span<const real_t<T>> sigma,
                    double accuracy,
                    double rounding_level) {
  if (sigma.empty()) return false;
  const double last = static_cast<double>(sigma.back());
  const double slack = 2 * (accuracy * static_cast<double>(sigma.front()) + rounding_level);
  return !(remainder.seen <= last + slack);
}

template Remainder<float> probe_remainder(const LinearOperator<float>&,
                                          MatrixView<const float>,
                                          std::span<const float>,
                                          MatrixView<const float>,
                                          index_t,
                                          std::uint64_t,
                                          Context&,
                                          SvdReport&);
template bool missed_triplet(const Remainder<float>&, std::span<const float>, double, double);
template Remainder<double> probe_remainder(const LinearOperator<double>&,
                                           MatrixView<const double>,
                                           std::span<const double>,
                                           MatrixView<const double>,
                                           index_t,
                                           std::uint64_t,
                                           Context&,
                                           SvdReport&);
template bool missed_triplet(const Remainder<double>&, std::span<const double>, double, double);
template Remainder<std::complex<float>> probe_remainder(const LinearOperator<std::complex<float>>&,
                                                        MatrixView<const std::complex<float>>,
                                                        std::span<const float>,
                                                        MatrixView<const std::complex<float>>,
                                                        index_t,
                                                        std::uint64_t,
                                                        Context&,
                                                        SvdReport&);
template bool missed_triplet(const Remainder<std::complex<float>>&,
                             std::span<const float>,
                             double,
                             double);
template Remainder<std::complex<double>> probe_remainder(
    const LinearOperator<std::complex<double>>&,
    MatrixView<const std::complex<double>>,
    std::span<const double>,
    MatrixView<const std::complex<double>>,
    index_t,
    std::uint64_t,
    Context&,
    SvdReport&);
template bool missed_triplet(const Remainder<std::complex<double>>&,
                             std::span<const double>,
                             double,
                             double);

}  // namespace eckart::factor
