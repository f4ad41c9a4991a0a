// The documented sign and phase of singular vectors.
#pragma once

#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// Multiplies each pair of columns (u_i, v_i), i < k, by one phase so that the entry of v_i of
// largest modulus is real and positive. Entries within sqrt(eps) of the largest count as ties,
// and the first of them decides, so that rounding cannot flip a sign. Of a V that is spread over
// ranks the shard says which rows are here.
template <Scalar T>
void apply_sign_rule(MatrixView<T> U,
                     MatrixView<T> V,
                     index_t k,
                     const Context& context,
                     const Shard& rows_of_V = {});

}  // namespace eckart::factor
