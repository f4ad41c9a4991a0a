#include "factor/lane_certificate.hpp"

#include <algorithm>
#include <cmath>

namespace eckart::factor {
namespace {

template <class T>
kernels::Pack<T> make_pack(index_t rows, index_t cols, Matrix<real_t<T>>& storage) {
  kernels::Pack<T> pack;
  pack.rows = rows;
  pack.cols = cols;
  pack.ld = rows | 1;
  storage = Matrix<real_t<T>>(pack.ld * pack.entry, cols);
  pack.data = storage.data();
  return pack;
}

}  // namespace

template <Scalar T>
double lane_judge_bytes(index_t rows, index_t cols, Vectors vectors) {
  const auto m = static_cast<double>(rows);
  const auto n = static_cast<double>(cols);
  const double k = std::min(m, n);
  double entries = (m + 1) * n + 2 * k;
  if (vectors == Vectors::thin) entries += (m + n + 2) * k;
  if (vectors == Vectors::full) entries += (m + 1) * m + (n + 1) * n;
  return static_cast<double>(sizeof(T)) * static_cast<double>(kernels::lanes<T>) * entries;
}

template <Scalar T>
LaneJudge<T>::LaneJudge(index_t rows, index_t cols, Vectors vectors)
    : vectors_(vectors != Vectors::none), k_(std::min(rows, cols)) {
  A_ = make_pack<T>(rows, cols, A_storage_);
  if (vectors_) {
    U_ = make_pack<T>(rows, vectors == Vectors::full ? rows : k_, U_storage_);
    V_ = make_pack<T>(cols, vectors == Vectors::full ? cols : k_, V_storage_);
  }
  sigma_ = Matrix<Real>(kernels::lanes<T>, k_);
  squares_ = Matrix<Real>(kernels::lanes<T>, k_);
}

template <Scalar T>
void LaneJudge<T>::run(const kernels::Scattered<const T>& A,
                       const kernels::Scattered<const T>& U,
                       const Real* sigma,
                       const kernels::Scattered<const T>& V,
                       LaneCertificate* certificate) {
  int exponents[kernels::lanes<T>];
  bool finite[kernels::lanes<T>];
  kernels::gather_scaled<T>(A, A_, exponents, finite);
  alignas(64) Real energy[kernels::lanes<T>];
  kernels::frobenius_square<T>(A_, energy);
  for (index_t l = 0; l < A.count; ++l) {
    double sum = 0;
    for (index_t j = 0; j < k_; ++j) {
      sigma_(l, j) = std::ldexp(sigma[l * k_ + j], -exponents[l]);
      sum += static_cast<double>(sigma_(l, j)) * static_cast<double>(sigma_(l, j));
    }
    const double whole = static_cast<double>(energy[l]);
    certificate[l] = {};
    certificate[l].energy_defect = whole > 0 ? std::abs(whole - sum) / whole : sum;
  }
  if (!vectors_) return;
  kernels::gather<T>(U, U_);
  kernels::gather<T>(V, V_);
  judge_vectors(certificate, A.count);
}

template <Scalar T>
void LaneJudge<T>::judge_vectors(LaneCertificate* certificate, index_t count) {
  kernels::Pack<T> U = U_;
  kernels::Pack<T> V = V_;
  U.cols = V.cols = k_;
  for (const bool adjoint : {false, true}) {
    kernels::residual_squares<T>(adjoint, A_, adjoint ? U : V, adjoint ? V : U, sigma_.data(),
                                 squares_.data());
    for (index_t l = 0; l < count; ++l) {
      for (index_t j = 0; j < k_; ++j) {
        raise(certificate[l].residual, std::sqrt(static_cast<double>(squares_(l, j))));
      }
    }
  }
  alignas(64) Real square_U[kernels::lanes<T>];
  alignas(64) Real square_V[kernels::lanes<T>];
  kernels::orthogonality_square<T>(U_, square_U);
  kernels::orthogonality_square<T>(V_, square_V);
  for (index_t l = 0; l < count; ++l) {
    const double largest = static_cast<double>(sigma_(l, 0));
    if (largest > 0) certificate[l].residual /= largest;
    certificate[l].orthogonality_U =
        std::sqrt(static_cast<double>(square_U[l]) / static_cast<double>(U_.cols));
    certificate[l].orthogonality_V =
        std::sqrt(static_cast<double>(square_V[l]) / static_cast<double>(V_.cols));
  }
}

template class LaneJudge<float>;
template class LaneJudge<double>;
template class LaneJudge<std::complex<float>>;
template class LaneJudge<std::complex<double>>;
template double lane_judge_bytes<float>(index_t, index_t, Vectors);
template double lane_judge_bytes<double>(index_t, index_t, Vectors);
template double lane_judge_bytes<std::complex<float>>(index_t, index_t, Vectors);
template double lane_judge_bytes<std::complex<double>>(index_t, index_t, Vectors);
}  // namespace eckart::factor
