// What k triplets leave of a matrix, seen by random probes.
#pragma once

#include <span>

#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"

namespace eckart::factor {

// What random probes of the remainder A - U diag(sigma) V^H showed.
template <Scalar T>
struct Remainder {
  double upper = 0;      // exceeds its 2-norm except with probability 10^-probes
  double seen = 0;       // a value that it does reach
  double frobenius = 0;  // estimate of its Frobenius norm
  Matrix<T> directions;  // n x a few: where it is large
};

// Looks for the largest singular value of A - U diag(sigma) V^H.
// Cost: probes + 9 b products with A and A^H, b = 4 vectors at a time. Where A is not in memory,
// two steps with as many vectors as probes, three reads if A^H A takes one.
template <Scalar T>
Remainder<T> probe_remainder(const LinearOperator<T>& A,
                             MatrixView<const T> U,
                             std::span<const real_t<T>> sigma,
                             MatrixView<const T> V,
                             index_t probes,
                             std::uint64_t seed,
                             Context& context,
                             SvdReport& report);

// Returns true if the probe shows a singular value of A above the last of sigma that is not
// among them, allowing for the accuracy of sigma and the rounding of the operator.
template <Scalar T>
bool missed_triplet(const Remainder<T>& remainder,
                    std::span<const real_t<T>> sigma,
                    double accuracy,
                    double rounding_level);

}  // namespace eckart::factor
