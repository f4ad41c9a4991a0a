// The SVD of B A^H from the QR factorizations of B and A and the SVD of a small core.
#include "eckart/product_svd.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>

#include "blas/blas.hpp"
#include "drivers/driver.hpp"
#include "eckart/copy.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "factor/certificate.hpp"
#include "factor/sign_rule.hpp"
#include "factor/tall_qr.hpp"

namespace eckart {
namespace {

// B A^H, known by its action.
template <Scalar T>
class ProductOperator final : public LinearOperator<T> {
 public:
  ProductOperator(MatrixView<const T> B, MatrixView<const T> A)
      : B_(make_operator<T>(B)), A_(make_operator<T>(A)) {}
  index_t rows() const override { return B_->rows(); }
  index_t cols() const override { return A_->rows(); }
  index_t entries_per_product() const override { return (rows() + cols()) * B_->cols(); }
  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    Matrix<T> middle(A_->cols(), X.cols);
    A_->apply_adjoint(X, middle.view(), context);
    B_->apply(std::as_const(middle).view(), Y, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    Matrix<T> middle(B_->cols(), Y.cols);
    B_->apply_adjoint(Y, middle.view(), context);
    A_->apply(std::as_const(middle).view(), X, context);
  }

 private:
  std::unique_ptr<LinearOperator<T>> B_, A_;
};

// A factor X = scale Q R: Q with orthonormal columns, or the identity where X is wider than tall.
template <Scalar T>
struct Side {
  double scale = 1;  // a power of two that brings the entries near 1
  Matrix<T> scaled;  // X / scale
  Matrix<T> Q;       // m x r; empty: the identity
  Matrix<T> R;       // r x r, or X / scale

  // Q Y.
  Matrix<T> turn(const Matrix<T>& Y, index_t k, const Context& context) const {
    if (Q.cols() == 0) {
      Matrix<T> copy(Y.rows(), k);
      eckart::copy<T>(Y.view().columns(0, k), copy.view(), context);
      return copy;
    }
    Matrix<T> U(Q.rows(), k);
    factor::tall_product<T>(Q.view(), Y.view().columns(0, k), U.view(), context);
    return U;
  }
};

template <Scalar T>
double largest_entry(MatrixView<const T> X) {
  double largest = 0;
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) {
      const double re = std::abs(static_cast<double>(std::real(X(i, j))));
      const double im = std::abs(static_cast<double>(std::imag(X(i, j))));
      const double modulus = std::max(re, im);
      if (!std::isfinite(re) || !std::isfinite(im)) {
        throw NonFiniteInput(i, j, std::isfinite(re) ? im : re);
      }
      largest = std::max(largest, modulus);
    }
  }
  return largest;
}

template <Scalar T>
Side<T> factorize(MatrixView<const T> X, const Context& context) {
  Side<T> side;
  const double largest = largest_entry(X);
  if (largest > 0) side.scale = std::exp2(std::ilogb(largest));
  const auto factor = static_cast<real_t<T>>(1 / side.scale);
  side.scaled = Matrix<T>::uninitialized(X.rows, X.cols);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) side.scaled(i, j) = X(i, j) * factor;
  }
  if (X.rows < X.cols) {
    side.R = side.scaled.clone();
    return side;
  }
  side.Q = side.scaled.clone();
  side.R = Matrix<T>(X.cols, X.cols);
  factor::tall_qr<T>(side.Q.view(), side.R.view(), context);
  return side;
}

template <Scalar T>
double bytes_needed(index_t m, index_t n, index_t r) {
  const index_t k = std::min({m, n, r});
  return sizeof(T) * (static_cast<double>(m + n) * static_cast<double>(2 * r + k) +
                      factor::certificate_elements(m, n, k)) +
         dense_svd_bytes<T>(std::min(m, r), std::min(n, r), Vectors::thin, k);
}

}  // namespace

template <Scalar T>
SvdResult<T> product_svd(MatrixView<const T> B,
                         MatrixView<const T> A,
                         const ProductSvdOptions& options,
                         Context& context) {
  const auto start = std::chrono::steady_clock::now();
  require(A.cols == B.cols, "B has " + std::to_string(B.cols) + " columns and A has " +
                                std::to_string(A.cols) + "; expected equally many");
  drivers::require_accuracy(options.accuracy);
  const index_t m = B.rows, n = A.rows, r = B.cols;
  const index_t k = std::min({m, n, r});
  const double bytes = bytes_needed<T>(m, n, r);
  drivers::require_memory("product", bytes, context);

  const Side<T> left = factorize(B, context);
  const Side<T> right = factorize(A, context);
  const ProductOperator<T> product(left.scaled.view(), right.scaled.view());
  SvdResult<T> result;
  result.report = drivers::start_report<T>("product", product, 0, bytes, context);
  if (k == 0) {
    result.U = Matrix<T>(m, 0);
    result.V = Matrix<T>(n, 0);
  } else {
    Matrix<T> core(left.R.rows(), right.R.rows());
    blas::gemm<T>(blas::Op::none, blas::Op::adjoint, T(1), left.R.view(), right.R.view(), T(0),
                  core.view());
    const SvdResult<T> small =
        dense_svd(*make_operator<T>(core.view()), {.certify = false}, context);
    result.U = left.turn(small.U, k, context);
    result.V = right.turn(small.V, k, context);
    result.sigma.assign(small.sigma.begin(), small.sigma.begin() + k);
    factor::apply_sign_rule(result.U.view(), result.V.view(), k, context);
  }
  if (options.certify) {
    double energy = 0;  // all others are zero
    for (const auto s : result.sigma) energy += static_cast<double>(s) * static_cast<double>(s);
    factor::fill_certificate<T>(product, result.U.view(), result.sigma, result.V.view(),
                                {.accuracy = options.accuracy}, {}, std::sqrt(energy), context,
                                result.report);
  }
  drivers::finish(result, left.scale * right.scale, start);
  return result;
}

template SvdResult<float> product_svd(MatrixView<const float>,
                                      MatrixView<const float>,
                                      const ProductSvdOptions&,
                                      Context&);
template SvdResult<double> product_svd(MatrixView<const double>,
                                       MatrixView<const double>,
                                       const ProductSvdOptions&,
                                       Context&);
template SvdResult<std::complex<float>> product_svd(MatrixView<const std::complex<float>>,
                                                    MatrixView<const std::complex<float>>,
                                                    const ProductSvdOptions&,
                                                    Context&);
template SvdResult<std::complex<double>> product_svd(MatrixView<const std::complex<double>>,
                                                     MatrixView<const std::complex<double>>,
                                                     const ProductSvdOptions&,
                                                     Context&);

}  // namespace eckart
