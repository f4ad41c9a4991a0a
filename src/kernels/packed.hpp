// Numbers as files of weights pack them, to numbers to compute with.
#pragma once

#include "eckart/types.hpp"

namespace eckart::kernels {

// IEEE 754 of 64, 32 and 16 bits, and the upper half of one of 32 bits; little-endian.
enum class Packed { float64, float32, float16, bfloat16 };

// to_i <- x_i for n packed numbers, which need no alignment.
template <class Real>
void unpack(Packed type, const char* packed, index_t n, Real* to);

// x_i <- x_i - y_i. Returns the sum of the squares of the differences, in double.
template <class Real>
double subtract(index_t n, const Real* y, Real* x);

// What rounding to `digits` significant bits may have done to a row of n numbers: column_i <-
// column_i + v_i, where v_i = ulp(x_i)^2 / 12 is the variance of an error uniform within half a
// unit in the last place. Returns the sum of v_i.
template <class Real>
double add_rounding_variances(int digits, index_t n, const Real* x, double* column);

}  // namespace eckart::kernels
