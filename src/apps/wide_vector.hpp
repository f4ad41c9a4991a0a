// Vectors of about twice the digits, and products of matrices with them.
#pragma once

#include <vector>

#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart::apps {

// n numbers, each part of each a sum of two words.
template <Scalar T>
class WideVector {
 public:
  using Real = real_t<T>;

  explicit WideVector(index_t n);

  index_t size() const { return static_cast<index_t>(re_.hi.size()); }
  T rounded(index_t i) const;
  void set(index_t i, T x);
  void add(index_t i, T x);
  void scale(index_t i, Real factor);
  void subtract(const WideVector& x);

  // this <- this - (A + A_low) z, where A_low may be empty. Same bits for any thread count.
  void subtract_product(MatrixView<const T> A,
                        MatrixView<const T> A_low,
                        const WideVector& z,
                        Context& context);

 private:
  struct Words {
    std::vector<Real> hi, lo;
  };

  template <Scalar U>
  friend std::vector<U> adjoint_product(MatrixView<const U> A,
                                        MatrixView<const U> A_low,
                                        const WideVector<U>& w,
                                        const Shard& rows,
                                        Context& context);

  Words re_, im_;  // im_ is empty for real T
};

// Returns (A + A_low)^H w of all rows, of which these are here, rounded. Likewise.
template <Scalar T>
std::vector<T> adjoint_product(MatrixView<const T> A,
                               MatrixView<const T> A_low,
                               const WideVector<T>& w,
                               const Shard& rows,
                               Context& context);

}  // namespace eckart::apps
