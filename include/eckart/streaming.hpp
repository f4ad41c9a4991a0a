// eckart/streaming.hpp - an SVD of rows or columns that keep arriving.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/types.hpp"

namespace eckart {

struct IncrementalSvdOptions {
  // Triplets that are kept. REQUIRES: rank >= 1
  index_t rank = 10;

  // Keep U, which has a row for every row that came. Not with center.
  bool left_vectors = true;

  // Of rows less their mean, which moves as rows come. Only rows can be appended then.
  bool center = false;

  // Each call of append_rows first multiplies the weight of all earlier rows by this: what is
  // decomposed is diag(sqrt(weights)) A, centred about the weighted mean if center is set.
  // REQUIRES: 0 < forgetting <= 1
  double forgetting = 1;

  // Loss of orthogonality, ||V^H V - I||_F / sqrt(k), from which the vectors are orthonormalised
  // anew. 0: 64 eps. REQUIRES: drift_limit >= 0
  double drift_limit = 0;
};

// A ~= U diag(sigma) V^H of a matrix that grows. While no more than `rank` singular values are not
// zero, appending gives the SVD of all that came, to rounding. Beyond, each call leaves out what
// exceeds the rank, and left_out() bounds what all calls left out together.
//
// Accuracy: drift() is what the columns of V lack of orthonormality, looked at in every 16th call
// and never above the limit for longer; errors of sigma are below calls eps sigma_1 while the rank
// is kept.
// Cost of p rows: O(n (k + p)^2) flops, and for U O(sqrt(m) k^2) on average; (m + n) k elements,
// and n p while a call lasts. All calls throw InvalidArgument if shapes do not fit, NonFiniteInput
// naming the entry; the state is then as before.
//
// [1] Brand, Linear Algebra Appl. 415(1):20-30, 2006: the update.
// [2] Ross, Lim, Lin, Yang, Int. J. Comput. Vis. 77:125-141, 2008: the mean.
template <Scalar T>
class IncrementalSvd {
 public:
  // Of 0 rows. REQUIRES: cols >= 0, and the options' own lines
  IncrementalSvd(index_t cols, const IncrementalSvdOptions& options = {});

  // Goes on from U (m x k, or 0 columns without left vectors), sigma and V (n x k) that were kept
  // somewhere; with center also from the mean and the weight, which is the number of rows.
  IncrementalSvd(Matrix<T> U,
                 std::vector<real_t<T>> sigma,
                 Matrix<T> V,
                 const IncrementalSvdOptions& options = {},
                 std::vector<T> mean = {},
                 double weight = 0);

  // Appends rows: B is p x n, p >= 0.
  void append_rows(MatrixView<const T> B, Context& context = default_context());

  // Appends columns: C is m x p. REQUIRES: left_vectors
  void append_cols(MatrixView<const T> C, Context& context = default_context());

  // Takes the rows [first, first + count) out again: of the approximation, whose rows these are.
  // REQUIRES: left_vectors
  void remove_rows(index_t first, index_t count, Context& context = default_context());

  // Subtracts the same row d from every row: A <- A - 1 d^T, which raises the rank by one at most.
  // REQUIRES: left_vectors
  void subtract_row(std::span<const T> d, Context& context = default_context());

  // Appends the rows of another SVD with as many columns and the same options of centring and left
  // vectors. REQUIRES: forgetting == 1 on both sides
  void merge(const IncrementalSvd& other, Context& context = default_context());

  index_t rows() const { return rows_; }
  index_t cols() const { return V_.rows(); }
  index_t size() const { return static_cast<index_t>(sigma_.size()); }  // at most rank
  const std::vector<real_t<T>>& sigma() const { return sigma_; }
  MatrixView<const T> V() const { return V_.view(); }
  // U, with all that was put off done.
  MatrixView<const T> U(Context& context = default_context());
  const std::vector<T>& mean() const { return mean_; }
  double weight() const { return weight_; }  // sum of the weights of rows

  // ||A - U diag(sigma) V^H||_F is at most this: the sum of what each call left out.
  double left_out() const { return left_out_; }
  double drift() const { return drift_; }                  // when it was looked at last
  double largest_drift() const { return largest_drift_; }  // that was ever seen
  index_t reorthonormalizations() const { return reorthonormalizations_; }

 private:
  void append(MatrixView<const T> B, MatrixView<const T> left, Context& context);
  void rotate_left(const Matrix<T>& W, MatrixView<const T> left, Context& context);
  void flush(Context& context);
  void reset_rotation();
  void look_at_drift(Context& context);
  void decompose(Matrix<T> core, Matrix<T> basis, MatrixView<const T> left, Context& context);
  void swap_sides();

  IncrementalSvdOptions options_;
  index_t rows_ = 0;
  std::vector<real_t<T>> sigma_;
  Matrix<T> V_;
  // U = [U0 W; P]: rotations of the many old rows are put off, those of new ones are made at once.
  Matrix<T> U0_, W_, P_;
  std::vector<T> mean_;
  double weight_ = 0;
  double left_out_ = 0;
  double drift_ = 0;
  double largest_drift_ = 0;
  index_t calls_ = 0;
  index_t reorthonormalizations_ = 0;
};

// A sketch B of rows, of at most size() rows, that is never far from A whatever comes:
//   0 <= x^H (A^H A - B^H B) x <= error_bound() for every unit vector x, and
//   error_bound() <= ||A - A_k||_F^2 / (l - k) for every k < l.
//
// Cost: O(n l) for each row; 2 l n elements. [1] Ghashami, Liberty, Phillips, Woodruff, SIAM J.
// Comput. 45(5):1762-1792, 2016 (the variant that shrinks by the l-th value).
template <Scalar T>
class FrequentDirections {
 public:
  // REQUIRES: cols >= 1, l >= 1
  FrequentDirections(index_t cols, index_t l);

  // B is p x n. Throws InvalidArgument if it is not; NonFiniteInput.
  void append_rows(MatrixView<const T> B, Context& context = default_context());
  // The sketch of both. REQUIRES: the same columns and l
  void merge(const FrequentDirections& other, Context& context = default_context());

  // The sketch: l rows at most.
  MatrixView<const T> sketch(Context& context = default_context());
  index_t rows() const { return rows_; }  // that came
  double error_bound() const { return shrunk_; }

 private:
  void shrink(Context& context);

  index_t l_;
  index_t rows_ = 0;
  index_t filled_ = 0;
  Matrix<T> buffer_;  // n x 2 l: rows of the sketch as columns
  Matrix<T> sketch_;
  double shrunk_ = 0;
};

}  // namespace eckart
