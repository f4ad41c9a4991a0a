// The null space as the smallest triplets of A, filled up with rows of zeros to a square or tall
// matrix: ask for a few, and for more while all of them count as zeros.
#include "eckart/null_space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "eckart/error.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/smallest_svd.hpp"
#include "factor/dense_chain.hpp"
#include "operators/sparse_entries.hpp"

namespace eckart {
namespace {

// [A; 0] with as many rows as columns: the vectors without a singular value get a zero.
template <Scalar T>
class FilledUp final : public LinearOperator<T>, public operators::SparseSource<T> {
 public:
  explicit FilledUp(const LinearOperator<T>& A) : A_(A) {}

  index_t rows() const override { return std::max(A_.rows(), A_.cols()); }
  index_t cols() const override { return A_.cols(); }
  Storage storage() const override { return A_.storage(); }
  index_t entries_per_product() const override { return A_.entries_per_product(); }
  std::uint64_t stored_bytes() const override { return A_.stored_bytes(); }
  double rounding_level() const override { return A_.rounding_level(); }
  EntryScan scan(Context& context) const override { return A_.scan(context); }
  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    return map.identity() ? A_.column_energies(map, context)
                          : LinearOperator<T>::column_energies(map, context);
  }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    Matrix<T> top(A_.rows(), X.cols);
    A_.apply(X, top.view(), context);
    for (index_t j = 0; j < X.cols; ++j) {
      T* end = std::copy_n(top.view().column(j), A_.rows(), Y.column(j));
      std::fill(end, Y.column(j) + rows(), T{});
    }
  }
  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    A_.apply_adjoint(Y.block(0, 0, A_.rows(), Y.cols), X, context);
  }
  void copy_to(MatrixView<T> to, Context& context) const override {
    A_.copy_to(to.block(0, 0, A_.rows(), to.cols), context);
    for (index_t j = 0; j < to.cols; ++j) {
      std::fill(to.column(j) + A_.rows(), to.column(j) + rows(), T{});
    }
  }
  std::optional<SparseMatrix<T>> sparse_entries() const override {
    std::optional<SparseMatrix<T>> entries = operators::sparse_entries(A_);
    if (!entries) return entries;
    entries->offsets.resize(static_cast<std::size_t>(rows()) + 1, entries->offsets.back());
    entries->rows = rows();
    return entries;
  }

 private:
  const LinearOperator<T>& A_;
};

// Returns max ||A v|| over the columns of V.
template <Scalar T>
double largest_image(const LinearOperator<T>& A, MatrixView<const T> V, Context& context) {
  double largest = 0;
  constexpr index_t block = 64;
  for (index_t first = 0; first < V.cols; first += block) {
    Matrix<T> AV(A.rows(), std::min(block, V.cols - first));
    A.apply(V.columns(first, AV.cols()), AV.view(), context);
    for (index_t j = 0; j < AV.cols(); ++j) {
      double norm = 0;  // by hypot: entries of any size
      for (index_t i = 0; i < AV.rows(); ++i) {
        norm = std::hypot(norm, static_cast<double>(std::abs(AV(i, j))));
      }
      largest = std::max(largest, norm);
    }
  }
  return largest;
}

}  // namespace

template <Scalar T>
NullSpace<T> null_space(const LinearOperator<T>& A,
                        const NullSpaceOptions& options,
                        Context& context) {
  require(options.tolerance >= 0 && options.tolerance < 1,
          fmt::format("tolerance must be >= 0 and < 1, got {}", options.tolerance));
  NullSpace<T> result;
  const index_t m = A.rows();
  const index_t n = A.cols();
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const double tolerance =
      options.tolerance > 0 ? options.tolerance : static_cast<double>(std::max(m, n)) * eps;
  if (m > 0 && n > 0) {
    const SvdResult<T> first = lanczos_svd<T>(
        A, {.rank = 1}, {.accuracy = 1e-4, .seed = options.seed, .certify = false}, context);
    result.sigma_1 = static_cast<double>(first.sigma[0]);
  }
  result.threshold = tolerance * result.sigma_1;

  const FilledUp<T> square(A);
  // At least the vectors without a value, and one that does not count as a zero to end with.
  for (index_t count = std::min(n, n - std::min(m, n) + 8);; count = std::min(n, 2 * count)) {
    SvdResult<T> smallest = smallest_svd<T>(square, count, {.seed = options.seed}, context);
    const auto zeros = static_cast<index_t>(
        std::count_if(smallest.sigma.begin(), smallest.sigma.end(),
                      [&](real_t<T> s) { return static_cast<double>(s) <= result.threshold; }));
    const auto found = static_cast<index_t>(smallest.sigma.size());
    const bool stopped = smallest.report.status != Status::converged || found < count;
    if (zeros == found && count < n && !stopped) continue;

    if (zeros > 0)
      result.largest_zero =
          static_cast<double>(smallest.sigma[static_cast<std::size_t>(found - zeros)]);
    if (zeros < found) {
      result.smallest_nonzero =
          static_cast<double>(smallest.sigma[static_cast<std::size_t>(found - zeros - 1)]);
    }
    result.basis = std::move(smallest.V);
    factor::keep_columns(result.basis, {found - zeros, zeros});
    result.report = std::move(smallest.report);
    break;
  }
  result.residual = largest_image<T>(A, std::as_const(result.basis).view(), context);
  result.report.rows = m;
  result.report.rank = result.basis.cols();
  // The warnings say that zeros are zeros.
  result.report.warnings.clear();
  return result;
}

template NullSpace<float> null_space(const LinearOperator<float>&,
                                     const NullSpaceOptions&,
                                     Context&);
template NullSpace<double> null_space(const LinearOperator<double>&,
                                      const NullSpaceOptions&,
                                      Context&);
template NullSpace<std::complex<float>> null_space(const LinearOperator<std::complex<float>>&,
                                                   const NullSpaceOptions&,
                                                   Context&);
template NullSpace<std::complex<double>> null_space(const LinearOperator<std::complex<double>>&,
                                                    const NullSpaceOptions&,
                                                    Context&);

}  // namespace eckart
