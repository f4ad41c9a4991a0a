// The entries of operators that are sparse matrices, for factorizations.
#pragma once

#include <optional>

#include "eckart/linear_operator.hpp"
#include "eckart/sparse_matrix.hpp"

namespace eckart::operators {

// What an operator that can tell its entries implements beside LinearOperator.
template <Scalar T>
class SparseSource {
 public:
  virtual ~SparseSource() = default;
  // Returns a copy of the entries that are not zero; nothing if, after all, they are not sparse.
  virtual std::optional<SparseMatrix<T>> sparse_entries() const = 0;
};

// Returns a copy of the entries, less stored zeros, of A where it is a sparse matrix, its adjoint,
// or one with scaled rows and columns; nothing for other operators, a shifted sparse matrix among
// them.
template <Scalar T>
std::optional<SparseMatrix<T>> sparse_entries(const LinearOperator<T>& A) {
  const auto* source = dynamic_cast<const SparseSource<T>*>(&A);
  return source != nullptr ? source->sparse_entries() : std::nullopt;
}

}  // namespace eckart::operators
