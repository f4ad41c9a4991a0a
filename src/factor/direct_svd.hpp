// The singular value decomposition by reduction to bidiagonal form.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/matrix.hpp"

namespace eckart::factor {

// What decomposes the bidiagonal matrix.
enum class BidiagonalSolver { divide_and_conquer, qr_iteration };

// Which triplets get vectors.
struct Select {
  std::function<TripletRange(std::span<const double> sigma)> choose = {};  // empty: all
  index_t at_most = 0;                                                     // how many it may choose
};

// A = U diag(sigma) V^H, of which the vectors of some triplets are kept.
template <Scalar T>
struct DenseFactors {
  std::vector<real_t<T>> sigma;  // all n, falling
  TripletRange range;            // which of them U and V hold
  Matrix<T> U;                   // m x range.count (thin), m x m (full), or empty
  Matrix<T> V;                   // n x range.count, n x n (full), or empty
};

// Fills factors from A (m x n, m >= n), which is destroyed. Full vectors need all triplets.
// Returns false if the bidiagonal solver failed or an entry is not finite.
//
// The vectors of the triplets are the same bits in thin and in full factors.
//
// Routes: a tall matrix is first replaced by the triangle of its QR factorization. A square one is
// bidiagonalised in one stage, or in two (through a band) where the price of the second
// back-transform is less than what the first saves; docs/decisions/0005 has the model.
// Accuracy: normwise backward stable. The matrix is scaled so that its largest entry is near 1.
// Cost: 4 n^2 (m - n/3) flops, 8/3 n^3 for the vectors of the bidiagonal matrix and
// 4 n (m + n) range.count to carry them back. Throws Cancelled if context.must_stop().
template <Scalar T>
bool direct_svd(BidiagonalSolver solver,
                MatrixView<T> A,
                Vectors vectors,
                const Select& select,
                DenseFactors<T>& factors,
                const Context& context);

// Returns the elements of T that direct_svd allocates, its factors included.
template <Scalar T>
double direct_svd_elements(index_t rows, index_t cols, Vectors vectors, index_t count);

}  // namespace eckart::factor
