// What is asked of tall blocks as a whole, whose rows may be spread over ranks.
#pragma once

#include <vector>

#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// C <- the sums of C over the ranks.
template <Scalar T>
void sum_over_ranks(const Shard& shard, MatrixView<T> C);

// values <- their sums over the ranks.
void sum_over_ranks(const Shard& shard, std::vector<double>& values);

// G <- X^H Y for tall X and Y.
template <Scalar T>
void inner_products(MatrixView<const T> X,
                    MatrixView<const T> Y,
                    MatrixView<T> G,
                    const Shard& shard,
                    const Context& context);

// Returns the length of each column.
template <Scalar T>
std::vector<double> column_lengths(MatrixView<const T> X, const Shard& shard);

// Returns the largest of them; 0 if there is none.
template <Scalar T>
double longest_column(MatrixView<const T> X, const Shard& shard);

}  // namespace eckart::factor
