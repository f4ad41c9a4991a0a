// A^H.
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "eckart/operators.hpp"
#include "operators/entries.hpp"
#include "operators/sparse_entries.hpp"

namespace eckart {
namespace {

template <Scalar T>
class AdjointOperator final : public LinearOperator<T>, public operators::SparseSource<T> {
 public:
  explicit AdjointOperator(const LinearOperator<T>& A) : A_(A) {}

  index_t rows() const override { return A_.cols(); }
  index_t cols() const override { return A_.rows(); }
  Shard row_shard() const override { return A_.col_shard(); }
  Shard col_shard() const override { return A_.row_shard(); }
  Storage storage() const override { return A_.storage(); }
  index_t entries_per_product() const override { return A_.entries_per_product(); }
  std::uint64_t stored_bytes() const override { return A_.stored_bytes(); }

  std::uint64_t bytes_per_read() const override { return A_.bytes_per_read(); }
  index_t reads() const override { return A_.reads(); }
  bool reads_once(Gram side) const override { return A_.reads_once(other(side)); }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    A_.apply_adjoint(X, Y, context);
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    A_.apply(Y, X, context);
  }
  int apply_gram(Gram side,
                 MatrixView<const T> X,
                 MatrixView<T> Y,
                 MatrixView<T> Z,
                 const RowsStep<T>& step,
                 Context& context) const override {
    return A_.apply_gram(other(side), X, Y, Z, step, context);
  }
  void copy_to(MatrixView<T> AH, Context& context) const override {
    if (storage() == Storage::matrix_free || !row_shard().alone()) {
      return LinearOperator<T>::copy_to(AH, context);
    }
    Matrix<T> copy(A_.rows(), A_.cols());
    A_.copy_to(copy.view(), context);
    for (index_t j = 0; j < AH.cols; ++j) {
      for (index_t i = 0; i < AH.rows; ++i) AH(i, j) = conjugate(copy(j, i));
    }
  }
  std::optional<SparseMatrix<T>> sparse_entries() const override {
    std::optional<SparseMatrix<T>> entries = operators::sparse_entries(A_);
    if (!entries) return entries;
    entries = transpose(*entries);
    for (T& value : entries->values) value = conjugate(value);
    return entries;
  }
  // The default would make a product for every row of A.
  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    if (std::optional<SparseMatrix<T>> entries = sparse_entries()) {
      return make_operator(std::move(*entries), SparseStorage::one_orientation, context)
          ->column_energies(map, context);
    }
    if (storage() != Storage::dense) return LinearOperator<T>::column_energies(map, context);
    Matrix<T> copy(A_.rows(), A_.cols());
    A_.copy_to(copy.view(), context);
    AffineMap<T> conjugated = map;  // |conj(a) - s| = |a - conj(s)|
    for (T& shift : conjugated.column_shift) shift = conjugate(shift);
    for (T& shift : conjugated.row_shift) shift = conjugate(shift);
    std::vector<double> energies(static_cast<std::size_t>(cols()));
    for (index_t j = 0; j < cols(); ++j) {
      energies[static_cast<std::size_t>(j)] = operators::mapped_energy(
          conjugated, j, rows(), std::as_const(copy).data() + j, copy.ld());
    }
    return energies;
  }
  double rounding_level() const override { return A_.rounding_level(); }
  EntryScan scan(Context& context) const override {
    EntryScan scan = A_.scan(context);
    std::swap(scan.nonfinite_row, scan.nonfinite_col);
    return scan;
  }

 private:
  static Gram other(Gram side) { return side == Gram::columns ? Gram::rows : Gram::columns; }

  const LinearOperator<T>& A_;
};

}  // namespace

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_adjoint(const LinearOperator<T>& A) {
  return std::make_unique<AdjointOperator<T>>(A);
}

template std::unique_ptr<LinearOperator<float>> make_adjoint(const LinearOperator<float>&);
template std::unique_ptr<LinearOperator<double>> make_adjoint(const LinearOperator<double>&);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_adjoint(
    const LinearOperator<std::complex<float>>&);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_adjoint(
    const LinearOperator<std::complex<double>>&);

}  // namespace eckart
