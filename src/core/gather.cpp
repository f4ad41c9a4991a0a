#include "eckart/gather.hpp"

#include <algorithm>
#include <complex>
#include <vector>

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Returns the first row of each rank, and the number of all.
std::vector<index_t> first_rows(const Shard& shard) {
  const int size = shard.ranks->size();
  std::vector<double> firsts(at(size));
  firsts[at(shard.ranks->rank())] = static_cast<double>(shard.first);
  shard.ranks->sum(firsts);
  std::vector<index_t> bounds;
  for (const double first : firsts) bounds.push_back(static_cast<index_t>(first));
  bounds.push_back(shard.total);
  return bounds;
}

}  // namespace

template <Scalar T>
Matrix<T> gather_rows(MatrixView<const T> X, const Shard& shard) {
  Matrix<T> all = Matrix<T>::uninitialized(shard.total, X.cols);
  if (shard.alone()) {
    for (index_t j = 0; j < X.cols; ++j) std::copy_n(X.column(j), X.rows, all.view().column(j));
    return all;
  }
  // The rows of a rank lie one after the other in messages.
  std::vector<index_t> bounds = first_rows(shard);
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  std::vector<T> packed(at(shard.total * X.cols));
  for (index_t i = 0; i < X.rows; ++i) {
    for (index_t j = 0; j < X.cols; ++j) packed[at((shard.first + i) * X.cols + j)] = X(i, j);
  }
  for (index_t& bound : bounds) bound *= X.cols * parts;
  shard.ranks->gather_pieces(
      std::span(reinterpret_cast<real_t<T>*>(packed.data()), packed.size() * at(parts)), bounds);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < shard.total; ++i) all(i, j) = packed[at(i * X.cols + j)];
  }
  return all;
}

template Matrix<float> gather_rows(MatrixView<const float>, const Shard&);
template Matrix<double> gather_rows(MatrixView<const double>, const Shard&);
template Matrix<std::complex<float>> gather_rows(MatrixView<const std::complex<float>>,
                                                 const Shard&);
template Matrix<std::complex<double>> gather_rows(MatrixView<const std::complex<double>>,
                                                  const Shard&);

}  // namespace eckart
