// How right the factors of many small matrices are, from their definitions.
#pragma once

#include <cmath>

#include "eckart/dense_svd.hpp"
#include "kernels/batch.hpp"

namespace eckart::factor {

// What one matrix's factors are worth.
struct LaneCertificate {
  double residual = 0;         // max(||A v - sigma u||, ||A^H u - sigma v||) / sigma_1
  double orthogonality_U = 0;  // ||U^H U - I||_F / sqrt(k)
  double orthogonality_V = 0;
  double energy_defect = 0;  // | ||A||_F^2 - sum sigma^2 | / ||A||_F^2
};

// to <- max(to, x), where a NaN on either side stays.
inline void raise(double& to, double x) {
  if (!(x <= to || std::isnan(to))) to = x;
}

// Judges packs of matrices. Holds the workspace.
template <Scalar T>
class LaneJudge {
 public:
  using Real = real_t<T>;

  LaneJudge(index_t rows, index_t cols, Vectors vectors);

  // certificate[l] <- the verdict on matrix l of the A.count given; without vectors only its
  // energy. Values that are not finite give a verdict that is not.
  void run(const kernels::Scattered<const T>& A,
           const kernels::Scattered<const T>& U,
           const Real* sigma,
           const kernels::Scattered<const T>& V,
           LaneCertificate* certificate);

 private:
  void judge_vectors(LaneCertificate* certificate, index_t count);

  bool vectors_;
  index_t k_;
  kernels::Pack<T> A_;
  kernels::Pack<T> U_;
  kernels::Pack<T> V_;
  Matrix<Real> A_storage_;
  Matrix<Real> U_storage_;
  Matrix<Real> V_storage_;
  Matrix<Real> sigma_;    // lanes x k, in the scale of A_
  Matrix<Real> squares_;  // lanes x k
};

// Returns the bytes of a LaneJudge.
template <Scalar T>
double lane_judge_bytes(index_t rows, index_t cols, Vectors vectors);

}  // namespace eckart::factor
