// The certificate: residuals from fresh products, and what a probe of the remainder showed.
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "eckart/certify.hpp"
#include "eckart/context.hpp"
#include "eckart/linear_operator.hpp"
#include "eckart/matrix.hpp"
#include "eckart/report.hpp"
#include "factor/remainder.hpp"

namespace eckart::factor {

// Returns the columns of a block that suits products with A: all of them where A is not in memory.
template <Scalar T>
index_t product_width(const LinearOperator<T>& A) {
  if (A.bytes_per_read() > 0) return std::numeric_limits<index_t>::max();
  return A.storage() == Storage::dense ? 64 : 16;
}

// Returns max(||A v_i - sigma_i u_i||, ||A^H u_i - sigma_i v_i||) for each triplet.
// image, if given, is A V from a product made for this purpose.
// Cost: k products with A, unless the image is given, and with A^H, by blocks.
template <Scalar T>
std::vector<double> true_residuals(const LinearOperator<T>& A,
                                   MatrixView<const T> U,
                                   std::span<const real_t<T>> sigma,
                                   MatrixView<const T> V,
                                   Context& context,
                                   SvdReport& report,
                                   MatrixView<const T> image = {});

// Fills report.certificate for the given triplets; see eckart/certify.hpp. residuals, absolute,
// are computed when empty; likewise the remainder. frobenius_norm < 0: found from the entries,
// or left unknown for a matrix-free operator.
template <Scalar T>
void fill_certificate(const LinearOperator<T>& A,
                      MatrixView<const T> U,
                      std::span<const real_t<T>> sigma,
                      MatrixView<const T> V,
                      const CertifyOptions& options,
                      std::vector<double> residuals,
                      double frobenius_norm,
                      Context& context,
                      SvdReport& report,
                      Remainder<T>* remainder = nullptr);

// Fills report.certificate for all min(m, n) singular values without vectors: their squares must
// add up to ||A||_F^2.
template <Scalar T>
void fill_values_certificate(const LinearOperator<T>& A,
                             std::span<const real_t<T>> sigma,
                             double accuracy,
                             Context& context,
                             SvdReport& report);

// Returns the elements that a certificate of k triplets allocates.
double certificate_elements(index_t rows, index_t cols, index_t k, bool sampled = false);

// Returns ||A||_F from one look at the entries. REQUIRES: A is not matrix-free (cost otherwise n
// products).
template <Scalar T>
double frobenius_norm(const LinearOperator<T>& A, Context& context);

}  // namespace eckart::factor
