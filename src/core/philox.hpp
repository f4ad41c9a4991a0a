// Counter-based random numbers: the value at a place depends on seed and place alone, so any
// number of threads, in any order, fills the same matrix.
// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstdint>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::core {

// Returns the four 32-bit words of Philox4x32-10 for the given counter and key.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter,
                                    std::array<std::uint32_t, 2> key);

// Fills A with independent standard normal numbers; a complex entry has two, of variance 1/2
// each, so that its modulus has variance 1 as well. Entry (i, j) depends on seed, stream,
// i + first_row and j + first_col alone: a block can be filled piece by piece.
// Different streams of one seed are independent.
template <Scalar T>
void fill_gaussian(MatrixView<T> A,
                   std::uint64_t seed,
                   std::uint32_t stream,
                   index_t first_col,
                   const Context& context,
                   index_t first_row = 0);

}  // namespace eckart::core
