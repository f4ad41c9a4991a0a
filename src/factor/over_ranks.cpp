#include "factor/over_ranks.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

#include "blas/blas.hpp"
#include "kernels/kernels.hpp"

namespace eckart::factor {

template <Scalar T>
void sum_over_ranks(const Shard& shard, MatrixView<T> C) {
  if (shard.alone() || C.empty()) return;
  using Real = real_t<T>;
  constexpr std::size_t parts = is_complex<T> ? 2 : 1;
  std::vector<T> packed;
  for (index_t j = 0; j < C.cols; ++j) {
    packed.insert(packed.end(), C.column(j), C.column(j) + C.rows);
  }
  shard.ranks->sum(std::span(reinterpret_cast<Real*>(packed.data()), parts * packed.size()));
  for (index_t j = 0; j < C.cols; ++j) {
    std::copy_n(packed.begin() + j * C.rows, C.rows, C.column(j));
  }
}

void sum_over_ranks(const Shard& shard, std::vector<double>& values) {
  if (!shard.alone()) shard.ranks->sum(values);
}

template <Scalar T>
void inner_products(MatrixView<const T> X,
                    MatrixView<const T> Y,
                    MatrixView<T> G,
                    const Shard& shard,
                    const Context& context) {
  if (X.rows == 0) {
    for (index_t j = 0; j < G.cols; ++j) std::fill_n(G.column(j), G.rows, T{});
  } else {
    blas::multiply<T>(blas::Op::adjoint, blas::Op::none, T{1}, X, Y, T{0}, G, context);
  }
  sum_over_ranks(shard, G);
}

template <Scalar T>
std::vector<double> column_lengths(MatrixView<const T> X, const Shard& shard) {
  std::vector<double> lengths;
  for (index_t j = 0; j < X.cols; ++j) {
    lengths.push_back(kernels::kernels<T>().shifted_energy(X.rows, X.column(j), T{0}, 1));
  }
  sum_over_ranks(shard, lengths);
  for (double& length : lengths) length = std::sqrt(length);
  return lengths;
}

template <Scalar T>
double longest_column(MatrixView<const T> X, const Shard& shard) {
  const std::vector<double> lengths = column_lengths(X, shard);
  double longest = 0;
  for (const double length : lengths) longest = std::max(longest, length);
  return longest;
}

template void sum_over_ranks(const Shard&, MatrixView<float>);
template void sum_over_ranks(const Shard&, MatrixView<double>);
template void sum_over_ranks(const Shard&, MatrixView<std::complex<float>>);
template void sum_over_ranks(const Shard&, MatrixView<std::complex<double>>);
template void inner_products(MatrixView<const float>,
                             MatrixView<const float>,
                             MatrixView<float>,
                             const Shard&,
                             const Context&);
template void inner_products(MatrixView<const double>,
                             MatrixView<const double>,
                             MatrixView<double>,
                             const Shard&,
                             const Context&);
template void inner_products(MatrixView<const std::complex<float>>,
                             MatrixView<const std::complex<float>>,
                             MatrixView<std::complex<float>>,
                             const Shard&,
                             const Context&);
template void inner_products(MatrixView<const std::complex<double>>,
                             MatrixView<const std::complex<double>>,
                             MatrixView<std::complex<double>>,
                             const Shard&,
                             const Context&);
template std::vector<double> column_lengths(MatrixView<const float>, const Shard&);
template std::vector<double> column_lengths(MatrixView<const double>, const Shard&);
template std::vector<double> column_lengths(MatrixView<const std::complex<float>>, const Shard&);
template std::vector<double> column_lengths(MatrixView<const std::complex<double>>, const Shard&);
template double longest_column(MatrixView<const float>, const Shard&);
template double longest_column(MatrixView<const double>, const Shard&);
template double longest_column(MatrixView<const std::complex<float>>, const Shard&);
template double longest_column(MatrixView<const std::complex<double>>, const Shard&);

}  // namespace eckart::factor
