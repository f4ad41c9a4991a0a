// Applies the orthogonal factors of the band reduction to blocks of vectors.
#pragma once

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "factor/band_reduction.hpp"

namespace eckart::factor {

// X <- Q X for n x k X and A as left by reduce_to_band. Cost: 2 n^2 k flops in products whose inner
// dimension is that of several panels; memory band_back_transform_bytes.
// Throws Cancelled if context.must_stop().
template <Scalar T>
void apply_band_left(const BandReduction<T>& band,
                     MatrixView<const T> A,
                     MatrixView<T> X,
                     const Context& context);

// Y <- P Y.
template <Scalar T>
void apply_band_right(const BandReduction<T>& band,
                      MatrixView<const T> A,
                      MatrixView<T> Y,
                      const Context& context);

// Returns the bytes that either of them allocates for k columns.
template <Scalar T>
index_t band_back_transform_bytes(index_t n, index_t width, index_t k);

}  // namespace eckart::factor
