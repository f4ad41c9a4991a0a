#include "eckart/copy.hpp"

#include <algorithm>
#include <complex>

#include "core/parallel.hpp"

namespace eckart {
namespace {

// Chunks worth handing to a thread, of columns in multiples of a square's side.
constexpr index_t square = 32;

index_t columns_per_chunk(index_t rows) {
  constexpr index_t worth_a_thread = 1 << 16;
  return square * std::max<index_t>(1, worth_a_thread / square / std::max<index_t>(1, rows));
}

}  // namespace

template <Scalar T>
void copy(MatrixView<const T> from, MatrixView<T> to, const Context& context) {
  core::for_each_chunk(to.cols, columns_per_chunk(to.rows), context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t j = first; j < last; ++j) {
                           std::copy_n(from.column(j), to.rows, to.column(j));
                         }
                       });
}

template <Scalar T>
void copy_adjoint(MatrixView<const T> from, MatrixView<T> to, const Context& context) {
  core::for_each_chunk(to.cols, columns_per_chunk(to.rows), context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t left = first; left < last; left += square) {
                           const index_t right = std::min(left + square, last);
                           for (index_t top = 0; top < to.rows; top += square) {
                             const index_t bottom = std::min(top + square, to.rows);
                             for (index_t j = left; j < right; ++j) {
                               for (index_t i = top; i < bottom; ++i) {
                                 to(i, j) = conjugate(from(j, i));
                               }
                             }
                           }
                         }
                       });
}

template void copy(MatrixView<const float>, MatrixView<float>, const Context&);
template void copy(MatrixView<const double>, MatrixView<double>, const Context&);
template void copy(MatrixView<const std::complex<float>>,
                   MatrixView<std::complex<float>>,
                   const Context&);
template void copy(MatrixView<const std::complex<double>>,
                   MatrixView<std::complex<double>>,
                   const Context&);
template void copy_adjoint(MatrixView<const float>, MatrixView<float>, const Context&);
template void copy_adjoint(MatrixView<const double>, MatrixView<double>, const Context&);
template void copy_adjoint(MatrixView<const std::complex<float>>,
                           MatrixView<std::complex<float>>,
                           const Context&);
template void copy_adjoint(MatrixView<const std::complex<double>>,
                           MatrixView<std::complex<double>>,
                           const Context&);

}  // namespace eckart
