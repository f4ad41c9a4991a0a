#include "factor/spread_svd.hpp"

#include <algorithm>
#include <utility>

#include "blas/blas.hpp"
#include "factor/copies.hpp"
#include "factor/tall_qr.hpp"

namespace eckart::factor {

template <Scalar T>
DenseFactors<T> spread_svd(Matrix<T> A,
                           const Shard& rows,
                           const Shard& cols,
                           std::vector<std::string>& fallbacks,
                           const Context& context) {
  if (rows.alone()) return factor_small<T>(std::as_const(A).view(), fallbacks, context);
  const index_t n = A.cols();
  Matrix<T> R(n, n);
  tall_qr(A.view(), R.view(), context, rows);
  DenseFactors<T> factors = factor_small<T>(std::as_const(R).view(), fallbacks, context);
  blas::multiply_in_place<T>(A.view(), std::as_const(factors.U).view(), context);
  factors.U = std::move(A);
  Matrix<T> here(cols.count, n);
  copy<T>(std::as_const(factors.V).view().block(cols.first, 0, cols.count, n), here.view());
  factors.V = std::move(here);
  return factors;
}

template DenseFactors<float> spread_svd(
    Matrix<float>, const Shard&, const Shard&, std::vector<std::string>&, const Context&);
template DenseFactors<double> spread_svd(
    Matrix<double>, const Shard&, const Shard&, std::vector<std::string>&, const Context&);
template DenseFactors<std::complex<float>> spread_svd(Matrix<std::complex<float>>,
                                                      const Shard&,
                                                      const Shard&,
                                                      std::vector<std::string>&,
                                                      const Context&);
template DenseFactors<std::complex<double>> spread_svd(Matrix<std::complex<double>>,
                                                       const Shard&,
                                                       const Shard&,
                                                       std::vector<std::string>&,
                                                       const Context&);

}  // namespace eckart::factor
