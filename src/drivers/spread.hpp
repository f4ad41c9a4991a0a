// What drivers need for a matrix that may be spread over ranks.
#pragma once

#include <algorithm>

#include "eckart/context.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/svd_result.hpp"

namespace eckart::drivers {

// Returns the bytes that products take for the rows of other ranks; 0 if A is all here.
template <Scalar T>
double exchange_bytes(const LinearOperator<T>& A);

// Returns for the shard of a side how many rows the memory of a method for k triplets is counted
// by: those of the rank with most, but no fewer than its small matrices have.
inline index_t rows_counted(const Shard& shard, index_t k) {
  return std::max(shard.largest, std::min(shard.total, k));
}

// Returns the bytes of all min(m, n) triplets by the dense method, on the rank with most rows.
template <Scalar T>
double thin_dense_bytes(const LinearOperator<T>& A);

// dense_svd of a matrix that is spread over ranks: A = Q R, by rows that stay where they are, and
// the factors of R, of the shorter side's size, made on every rank.
// Throws InvalidArgument if full vectors or one algorithm are asked for.
template <Scalar T>
SvdResult<T> spread_dense_svd(const LinearOperator<T>& A,
                              const DenseSvdOptions& options,
                              Context& context);

}  // namespace eckart::drivers
