// python/ext/arrays.hpp - arrays across the border without copies.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/complex.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "eckart/any_matrix.hpp"
#include "eckart/matrix.hpp"
#include "eckart/types.hpp"

namespace eckart::python {

namespace nb = nanobind;

// A two-dimensional array of NumPy, or of anyone who speaks DLPack; strides count elements.
template <Scalar T>
using Array2 = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;
template <class T>
using Array1 = nb::ndarray<const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

template <class Array>
index_t extent(const Array& array, std::size_t axis) {
  return static_cast<index_t>(array.shape(axis));
}

// Returns the array as a matrix: in place if one of its strides is 1, else a copy.
template <Scalar T>
DenseMatrix<T> as_matrix(const Array2<T>& array) {
  const index_t m = extent(array, 0), n = extent(array, 1);
  const index_t down = array.stride(0), across = array.stride(1);
  // The stride of a direction with at most one element means nothing.
  const bool by_columns = (m <= 1 || down == 1) && (n <= 1 || across >= std::max<index_t>(m, 1));
  const bool by_rows = (n <= 1 || across == 1) && (m <= 1 || down >= std::max<index_t>(n, 1));
  if (by_rows && m > 1) return {{array.data(), n, m, down}, true, nullptr};
  if (by_columns) {
    return {{array.data(), m, n, n > 1 ? across : std::max<index_t>(m, 1)}, false, nullptr};
  }
  if (by_rows) return {{array.data(), n, m, std::max<index_t>(n, 1)}, true, nullptr};
  Matrix<T> copy = Matrix<T>::uninitialized(m, n);
  for (index_t j = 0; j < n; ++j) {
    for (index_t i = 0; i < m; ++i) copy(i, j) = array.data()[i * down + j * across];
  }
  return own(std::move(copy));
}

// Returns an array over what value held, of the given shape and strides.
template <class T, class Owned>
nb::object adopt(Owned&& value,
                 T* data,
                 std::initializer_list<std::size_t> shape,
                 std::initializer_list<std::int64_t> strides) {
  auto owned = std::make_unique<std::remove_cvref_t<Owned>>(std::forward<Owned>(value));
  const nb::capsule owner(
      owned.get(), [](void* p) noexcept { delete static_cast<std::remove_cvref_t<Owned>*>(p); });
  owned.release();
  return nb::cast(nb::ndarray<nb::numpy, T>(data, shape, owner, strides));
}

// Returns a Fortran-ordered array.
template <Scalar T>
nb::object to_numpy(Matrix<T>&& A) {
  const auto m = static_cast<std::size_t>(A.rows()), n = static_cast<std::size_t>(A.cols());
  T* data = A.data();
  const index_t ld = A.ld();
  return adopt(std::move(A), data, {m, n}, {1, ld});
}

// Returns V^H, C-ordered.
template <Scalar T>
nb::object to_numpy_adjoint(Matrix<T>&& V) {
  if constexpr (is_complex<T>) {
    for (index_t i = 0; i < V.rows() * V.cols(); ++i) V.data()[i] = conjugate(V.data()[i]);
  }
  const auto n = static_cast<std::size_t>(V.rows()), k = static_cast<std::size_t>(V.cols());
  T* data = V.data();
  const index_t ld = V.ld();
  return adopt(std::move(V), data, {k, n}, {ld, 1});
}

template <class T>
nb::object to_numpy(std::vector<T>&& values) {
  const std::size_t count = values.size();
  T* data = values.data();
  return adopt(std::move(values), data, {count}, {1});
}

}  // namespace eckart::python
