// eckart/product_svd.hpp - singular triplets of a product that is given by its factors.
#pragma once

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/svd_result.hpp"

namespace eckart {

struct ProductSvdOptions {
  // The certificate's verdict compares residuals with it. 0 means default_accuracy<T>().
  // REQUIRES: accuracy >= 0
  double accuracy = 0;

  // Fill report.certificate: products with both factors.
  bool certify = true;
};

// Returns the k = min(m, n, r) leading singular triplets of B A^H, for B (m x r) and A (n x r); all
// others are zero. The product is never formed: B = Q_B R_B, A = Q_A R_A, and the singular vectors
// of R_B R_A^H turn Q_B and Q_A.
//
// Accuracy: |sigma_i - exact| <= c r eps ||B|| ||A||: full where B and A do not cancel.
// Cost: 4 (m + n) r^2 + O(r^3) flops; (m + n) (r + k) + O(r^2) elements.
//
// Throws InvalidArgument unless A and B have equally many columns, NonFiniteInput with the place in
// the factor that holds it, Overflow, Cancelled.
// Source: Golub, Van Loan, Matrix Computations, 4th ed., Section 5.4.9, on both factors.
template <Scalar T>
[[nodiscard]] SvdResult<T> product_svd(MatrixView<const T> B,
                                       MatrixView<const T> A,
                                       const ProductSvdOptions& options = {},
                                       Context& context = default_context());

}  // namespace eckart
