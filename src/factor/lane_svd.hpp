// SVD of as many small matrices at once as a vector register has lanes.
#pragma once

#include <vector>

#include "eckart/dense_svd.hpp"
#include "kernels/batch.hpp"

namespace eckart::factor {

// What became of one matrix.
enum class LaneStatus {
  done,
  not_finite,     // the matrix has a NaN or an infinity
  not_converged,  // too many sweeps: no finite matrix is known
};

// Decomposes packs of rows x cols matrices. Holds the workspace, so that a pack allocates nothing.
// Householder bidiagonalization, implicit QR iteration, back-transformation: the classical chain,
// one matrix a lane. What a matrix gets does not depend on its lane, nor on the other matrices.
// REQUIRES: min(rows, cols) >= 1
template <Scalar T>
class LaneSvd {
 public:
  using Real = real_t<T>;

  LaneSvd(index_t rows, index_t cols, Vectors vectors);

  // U, sigma, V <- the factors of up to kernels::lanes<T> matrices, A.count of them, with the
  // sign rule applied. sigma has min(rows, cols) values a matrix, falling.
  // U and V as Vectors says; ignored for values only.
  // status[l] <- what became of matrix l; unless done, what was written for it is of no use.
  // A singular value beyond the range of T is infinite.
  void run(const kernels::Scattered<const T>& A,
           const kernels::Scattered<T>& U,
           Real* sigma,
           const kernels::Scattered<T>& V,
           LaneStatus* status);

 private:
  // Writes the singular values, and their order to order_.
  void sort(index_t count, Real* sigma, const int* exponents);

  bool wide_;
  bool vectors_;
  index_t n_;
  kernels::Pack<T> A_;     // max(rows, cols) x n
  kernels::Pack<Real> X_;  // n x n
  kernels::Pack<Real> Y_;
  kernels::Pack<T> left_;   // max(rows, cols) x n or square
  kernels::Pack<T> right_;  // n x n
  Real* d_ = nullptr;
  Real* e_ = nullptr;
  Real* tau_q_ = nullptr;
  Real* tau_p_ = nullptr;
  Real* scratch_ = nullptr;
  Matrix<Real> storage_;
  std::vector<index_t> order_;
};

// Returns the bytes of a LaneSvd.
template <Scalar T>
double lane_svd_bytes(index_t rows, index_t cols, Vectors vectors);

}  // namespace eckart::factor
