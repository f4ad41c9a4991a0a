// What a driver asks of the products that an operator returns.
#pragma once

#include <span>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// Which product X is: A times a block (its rows are those of A), or A^H times a block.
enum class Side { rows, columns };

// Returns if every entry of the product X is finite. Else reads the line of A that the first bad
// row comes from, by one more product, and throws NonFiniteInput naming the entry, or
// InvalidArgument if A's own entries look finite: then the operator is at fault.
template <Scalar T>
void require_finite_product(const LinearOperator<T>& A,
                            MatrixView<const T> X,
                            Side side,
                            Context& context);

// Returns if V^H A^H U is the conjugate transpose of U^H A V up to rounding. Given are V (n x l),
// Z = A^H U (n x l), and sigma with U^H A V = diag(sigma).
// Throws InvalidArgument if apply_adjoint is not the adjoint of apply.
template <Scalar T>
void require_adjoint(const LinearOperator<T>& A,
                     MatrixView<const T> V,
                     MatrixView<const T> Z,
                     std::span<const real_t<T>> sigma,
                     const Context& context);

}  // namespace eckart::factor
