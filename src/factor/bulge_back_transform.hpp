// Applies the orthogonal factors of the bulge chasing to blocks of vectors.
#pragma once

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "factor/bulge_chasing.hpp"

namespace eckart::factor {

// X <- Q X for n x k X. Cost: 2 n^2 k (1 + 7 / width) flops (complex: 3 / width); memory
// bulge_back_transform_bytes.
// Throws Cancelled if context.must_stop().
// Source: the diamond order of Haidar, Kurzak, Luszczek, SC13; strips of few reflectors keep the
// part of a diamond that is zero small.
// REQUIRES: the reflectors were kept.
template <Scalar T>
void apply_bulge_left(const BulgeChasing<T>& bulge, MatrixView<T> X, const Context& context);

// Y <- P Y.
template <Scalar T>
void apply_bulge_right(const BulgeChasing<T>& bulge, MatrixView<T> Y, const Context& context);

// Returns the bytes that either of them allocates for k columns.
template <Scalar T>
index_t bulge_back_transform_bytes(index_t n, index_t width, index_t k);

}  // namespace eckart::factor
