// All triplets of a tall matrix whose rows may be spread over ranks.
#pragma once

#include <string>
#include <vector>

#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "factor/dense_chain.hpp"

namespace eckart::factor {

// Returns the thin factors of A (m x n, m >= n), of which rows.count rows are here: U with the same
// rows, V with those that cols names. Alone that is factor_small; over ranks, A = Q R by tall_qr,
// then the factors of R, which every rank makes.
template <Scalar T>
DenseFactors<T> spread_svd(Matrix<T> A,
                           const Shard& rows,
                           const Shard& cols,
                           std::vector<std::string>& fallbacks,
                           const Context& context);

}  // namespace eckart::factor
