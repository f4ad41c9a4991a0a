// eckart/linear_operator.hpp - a matrix known by its action on blocks of vectors.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

#include "eckart/communicator.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "eckart/types.hpp"

namespace eckart {

// How the entries of an operator are kept; the planner's first question.
enum class Storage { dense, sparse, matrix_free };

// What one look at every entry tells.
struct EntryScan {
  double max_abs = 0;  // largest modulus of a real or imaginary part
  double min_abs = std::numeric_limits<double>::infinity();  // smallest one that is not zero
  index_t nonzeros = 0;                                      // entries that are not zero
  index_t nonfinite_row = -1;  // first NaN or infinity in the order of storage; -1: none
  index_t nonfinite_col = -1;
  double nonfinite_value = 0;

  bool finite() const { return nonfinite_row < 0; }
};

// B = diag(row_scale) (A - 1 column_shift^T - row_shift 1^T) diag(column_scale).
// An empty vector means no shift, or scale 1.
template <Scalar T>
struct AffineMap {
  std::vector<T> column_shift = {};          // n, subtracted from every row: centring of columns
  std::vector<T> row_shift = {};             // m, subtracted from every column: centring of rows
  std::vector<real_t<T>> row_scale = {};     // m, for example square roots of observation weights
  std::vector<real_t<T>> column_scale = {};  // n, for example 1 / standard deviation

  bool identity() const {
    return column_shift.empty() && row_shift.empty() && row_scale.empty() && column_scale.empty();
  }
};

// Mean and size of a column.
template <Scalar T>
struct ColumnSummary {
  T mean = 0;          // rounded once: the sum is made in a wider type
  double max_abs = 0;  // largest modulus of a real or imaginary part
};

// Which of the two products that involve A twice.
enum class Gram {
  columns,  // A^H (A X), what the columns of A have to do with each other
  rows,     // A (A^H X)
};

// Changes some rows of a block, the given one first.
template <Scalar T>
using RowsStep = std::function<void(index_t first, MatrixView<T> rows)>;

// An m x n matrix that drivers reach only through these calls. It may be spread over ranks, which
// then run the same driver: rows() and cols() are those of all of A, while each rank holds rows of
// every block, m-long ones by row_shard() and n-long ones by col_shard(). Below, a block that is
// said to have m or n rows has row_shard().count or col_shard().count of them here. Dense, sparse,
// affine, file-backed and user-written operators implement it. One virtual call moves a whole
// block, so dispatch costs one indirect call per pass over A.
//
// A driver calls every member from the thread that called the driver, never from inside a
// parallel region; an implementation may use context.threads() threads, and its result must
// not depend on how many.
template <Scalar T>
class LinearOperator {
 public:
  virtual ~LinearOperator() = default;
  virtual index_t rows() const = 0;
  virtual index_t cols() const = 0;

  // Which rows of m-long and of n-long blocks lie here.
  virtual Shard row_shard() const { return Shard::whole(rows()); }
  virtual Shard col_shard() const { return Shard::whole(cols()); }

  // Y <- A X.     X is n x b, Y is m x b, b >= 1. X and Y do not overlap.
  virtual void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const = 0;

  // X <- A^H Y.   Y is m x b, X is n x b, b >= 1. X and Y do not overlap.
  virtual void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const = 0;

  // Y <- A X and Z <- A^H Y for Gram::columns, Y <- A^H X and Z <- A Y for Gram::rows, in one call:
  // a matrix that streams through memory needs to be read once. Where a step is given, it changes
  // the rows of Y before they are multiplied; it may be called from several threads, for different
  // rows. X is n x b (rows: m x b), Y is m x b (n x b), Z like X; none overlap.
  // Returns how often A was read. The default makes one product after the other and returns 2.
  virtual int apply_gram(Gram side,
                         MatrixView<const T> X,
                         MatrixView<T> Y,
                         MatrixView<T> Z,
                         const RowsStep<T>& step,
                         Context& context) const;

  virtual Storage storage() const { return Storage::matrix_free; }

  // Multiplications that one product with a vector costs: m n if dense, nnz if sparse.
  virtual index_t entries_per_product() const {
    index_t entries = 0;
    const bool overflows = __builtin_mul_overflow(rows(), cols(), &entries);
    return overflows ? std::numeric_limits<index_t>::max() : entries;
  }

  // Bytes that the operator itself keeps in memory, mapped files included.
  virtual std::uint64_t stored_bytes() const { return 0; }

  // Bytes that one product reads from outside of the memory; 0: A is in memory. Where they are not
  // 0, drivers arrange their work by the number of reads.
  virtual std::uint64_t bytes_per_read() const { return 0; }

  // How often A was read from there so far.
  virtual index_t reads() const { return 0; }

  // Whether apply_gram reads A once for this side, whatever the width of the blocks.
  virtual bool reads_once(Gram side) const {
    static_cast<void>(side);
    return false;
  }

  // Looks at every entry. The default forms A by blocks: n products with A.
  virtual EntryScan scan(Context& context) const;

  // Returns for each column j the sum over i of |b_ij|^2, with B the given affine map of A.
  // The caller keeps entries within a range whose squares are representable.
  // The default forms A by blocks: n products with A.
  virtual std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const;

  // Returns mean and size of each column. The default forms A by blocks: n products with A.
  virtual std::vector<ColumnSummary<T>> column_summaries(Context& context) const;

  // Absolute size of the rounding errors in a product with a unit vector where it exceeds
  // eps ||A||: a centred matrix carries the rounding of the uncentred one.
  virtual double rounding_level() const { return 0; }

  // Writes the rows of A that lie here, all n columns. The default forms A by blocks: n products
  // with A.
  virtual void copy_to(MatrixView<T> A, Context& context) const;
};

// Checks with one random vector on each side that apply_adjoint belongs to apply:
// |<A x, y> - <x, A^H y>| <= 100 eps sqrt(m + n) ||A x|| ||y||-like rounding slack.
// Returns the defect relative to that slack; above 1 they do not belong together.
// Cost: one product each with A and A^H.
template <Scalar T>
double adjoint_defect(const LinearOperator<T>& A, std::uint64_t seed, Context& context);

}  // namespace eckart
