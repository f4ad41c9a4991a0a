// QR factorization of a sparse matrix by dense fronts.
#pragma once

#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/sparse_matrix.hpp"

namespace eckart::factor {

// S = Q R for a sparse S (m x n, m >= n): Q with orthonormal columns, R an
// upper triangle with its columns permuted, S = Q T P^H. Both stay as a tree of dense fronts.
//
// A column order of little fill is chosen first (COLAMD). The tree of R then tells which columns
// can be eliminated together, and in which order: each front gathers the rows of S that begin in
// its columns and what its children left over, and is reduced by Householder reflectors.
//
// Accuracy: normwise backward stable, whatever the conditioning. Cost: that of the fronts; S must
// be brought to entries near 1. The bytes are known before anything is factored.
// Sources: column order, Davis, Gilbert, Larimore, Ng, ACM TOMS 30(3), 2004; fronts, Liu, ACM TOMS
// 12(2), 1986, and Davis, ACM TOMS 38(1), 2011.
template <Scalar T>
class SparseQr {
 public:
  // Orders the columns and lays out the fronts, as long as they stay within most_bytes.
  SparseQr(const SparseMatrix<T>& S, double most_bytes);

  // Whether the factors fit most_bytes, and what they take; a lower bound if they do not fit.
  bool fits() const { return fits_; }
  double bytes() const { return bytes_; }

  // Computes the factors of the same S. Diagonal entries of R below least_pivot become it, so that
  // R can always be solved with. Throws Cancelled if context.must_stop().
  // REQUIRES: fits()
  void factor(const SparseMatrix<T>& S, real_t<T> least_pivot, const Context& context);

  index_t rows() const { return rows_; }
  index_t cols() const { return cols_; }

  // X <- R^-1 X and X <- R^-H X, in place. X has n rows. These and multiply_Q run on the calling
  // thread: most fronts are small.
  void solve(MatrixView<T> X) const;
  void solve_adjoint(MatrixView<T> X) const;

  // Returns Q X. X has n rows, the result m.
  Matrix<T> multiply_Q(MatrixView<const T> X) const;

 private:
  // The columns [first, last) in the chosen order, to be eliminated together.
  struct Front {
    index_t first = 0;
    index_t last = 0;
    std::vector<index_t> rest;      // later columns that its rows reach
    std::vector<index_t> children;  // fronts that leave rows to it
    std::vector<index_t> own;       // rows of S that begin in [first, last)
    index_t height = 0;             // rows: own, left by children, and zeros so that R is square
    Matrix<T> values;               // R above the diagonal, reflectors below
    std::vector<T> tau;
    std::vector<index_t> places;  // where its rows stand in a vector that Q is applied to

    index_t pivots() const { return last - first; }
    index_t width() const { return pivots() + static_cast<index_t>(rest.size()); }
    index_t left_over() const { return std::min(height, width()) - pivots(); }
    // The place in the front of column c of the chosen order. REQUIRES: it is there
    index_t column(index_t c) const;
    MatrixView<const T> triangle() const { return values.view().block(0, 0, pivots(), pivots()); }
    MatrixView<const T> beside() const {
      return values.view().block(0, pivots(), pivots(), static_cast<index_t>(rest.size()));
    }
  };

  void order_columns(const SparseMatrix<T>& S);
  void lay_out_fronts(const SparseMatrix<T>& S, double most_bytes);
  void gather(const SparseMatrix<T>& S, Front& front);
  Matrix<T> gather_rest(const Front& front, MatrixView<const T> X) const;

  index_t rows_;
  index_t cols_;
  std::vector<index_t> order_;     // column of S at each position
  std::vector<index_t> position_;  // its inverse
  std::vector<index_t> parent_;    // of each position in the column elimination tree, or -1
  std::vector<Front> fronts_;      // children before parents
  index_t places_ = 0;             // rows and zeros
  double bytes_ = 0;
  bool fits_ = true;
};

}  // namespace eckart::factor
