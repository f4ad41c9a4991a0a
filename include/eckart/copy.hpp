// eckart/copy.hpp - copies of dense matrices.
#pragma once

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// to <- from, of the same shape.
template <Scalar T>
void copy(MatrixView<const T> from, MatrixView<T> to, const Context& context = default_context());

// to <- from^H, by squares that fit the cache.
template <Scalar T>
void copy_adjoint(MatrixView<const T> from,
                  MatrixView<T> to,
                  const Context& context = default_context());

}  // namespace eckart
