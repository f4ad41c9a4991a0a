// A times a power of two, so that squares of entries neither overflow nor vanish.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "eckart/linear_operator.hpp"

namespace eckart::operators {

// A matrix that has been looked at: finite, and of a size whose squares are representable.
template <Scalar T>
class Prepared {
 public:
  // Looks at every entry of A; at one product with a random vector where it is matrix-free, whose
  // largest element then stands for the largest entry.
  // Throws NonFiniteInput naming the first NaN or infinity.
  Prepared(const LinearOperator<T>& A, Context& context);

  // A itself, or A / scale().
  const LinearOperator<T>& matrix() const { return scaled_ ? *scaled_ : A_; }

  // A power of two; 1 unless the largest entry is beyond [2^-200, 2^200] (float: [2^-30, 2^30]).
  double scale() const { return scale_; }

  // Returns singular values of A as those of matrix().
  std::vector<real_t<T>> to_scale(std::vector<real_t<T>> sigma) const;

  // Largest modulus of an entry of A; unknown (0) for a matrix-free operator.
  double max_abs() const { return max_abs_; }

  // Products with A that the look took.
  index_t products() const { return A_.storage() == Storage::matrix_free ? 1 : 0; }

  // Smallest modulus of a nonzero entry; infinity when there is none, or it is unknown.
  double min_abs() const { return min_abs_; }

 private:
  const LinearOperator<T>& A_;
  std::unique_ptr<LinearOperator<T>> scaled_;
  double scale_ = 1;
  double max_abs_ = 0;
  double min_abs_ = std::numeric_limits<double>::infinity();
};

// Returns the exponent e with 2^(e-1) <= x < 2^e, or 0 for x = 0.
int exponent_of(double x);

}  // namespace eckart::operators
