// What every operator can do by its products alone: slow, right, overridden where entries are
// known.
#include "eckart/linear_operator.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/philox.hpp"
#include "operators/entries.hpp"

namespace eckart {
namespace {

constexpr index_t block = 64;

// Calls look(j, column) for the columns A e_j in order.
template <Scalar T, class Look>
void for_each_column(const LinearOperator<T>& A, Context& context, const Look& look) {
  const index_t width = std::min(block, A.cols());
  const Shard here = A.col_shard();
  Matrix<T> X(here.count, width);
  Matrix<T> Y(A.row_shard().count, width);
  const auto set = [&](index_t i, index_t j, T value) {
    if (i >= here.first && i < here.first + here.count) X(i - here.first, j) = value;
  };
  for (index_t first = 0; first < A.cols(); first += width) {
    const index_t count = std::min(width, A.cols() - first);
    for (index_t j = 0; j < count; ++j) set(first + j, j, T{1});
    A.apply(X.view().columns(0, count), Y.view().columns(0, count), context);
    for (index_t j = 0; j < count; ++j) {
      set(first + j, j, T{0});
      look(first + j, Y.view().column(j));
    }
  }
}

// Returns the sum of conj(x_i) y_i in double precision.
template <Scalar T>
std::complex<double> inner_product(MatrixView<const T> x, MatrixView<const T> y) {
  std::complex<double> sum = 0;
  for (index_t i = 0; i < x.rows; ++i) {
    sum += std::conj(std::complex<double>(x(i, 0))) * std::complex<double>(y(i, 0));
  }
  return sum;
}

}  // namespace

template <Scalar T>
int LinearOperator<T>::apply_gram(Gram side,
                                  MatrixView<const T> X,
                                  MatrixView<T> Y,
                                  MatrixView<T> Z,
                                  const RowsStep<T>& step,
                                  Context& context) const {
  const bool columns = side == Gram::columns;
  columns ? apply(X, Y, context) : apply_adjoint(X, Y, context);
  if (step) step(0, Y);
  columns ? apply_adjoint(Y, Z, context) : apply(Y, Z, context);
  return 2;
}

template <Scalar T>
EntryScan LinearOperator<T>::scan(Context& context) const {
  EntryScan scan;
  const index_t ld = std::max<index_t>(rows(), 1);
  for_each_column(*this, context, [&](index_t j, const T* column) {
    const MatrixView<const T> view{column, rows(), 1, ld};
    operators::merge_scan(scan, operators::scan_column(view, j, false));
  });
  return scan;
}

template <Scalar T>
std::vector<double> LinearOperator<T>::column_energies(const AffineMap<T>& map,
                                                       Context& context) const {
  std::vector<double> energies(static_cast<std::size_t>(cols()));
  for_each_column(*this, context, [&](index_t j, const T* column) {
    energies[static_cast<std::size_t>(j)] = operators::mapped_energy(map, j, rows(), column, 1);
  });
  return energies;
}

template <Scalar T>
std::vector<ColumnSummary<T>> LinearOperator<T>::column_summaries(Context& context) const {
  std::vector<ColumnSummary<T>> summaries(static_cast<std::size_t>(cols()));
  for_each_column(*this, context, [&](index_t j, const T* column) {
    operators::ColumnSummer<T> summer;
    for (index_t i = 0; i < rows(); ++i) summer.add(column[i]);
    summaries[static_cast<std::size_t>(j)] = summer.summary(rows());
  });
  return summaries;
}

template <Scalar T>
void LinearOperator<T>::copy_to(MatrixView<T> A, Context& context) const {
  for_each_column(*this, context,
                  [&](index_t j, const T* column) { std::copy_n(column, A.rows, A.column(j)); });
}

template <Scalar T>
double adjoint_defect(const LinearOperator<T>& A, std::uint64_t seed, Context& context) {
  if (A.rows() == 0 || A.cols() == 0) return 0;
  Matrix<T> x(A.cols(), 1);
  Matrix<T> y(A.rows(), 1);
  Matrix<T> Ax(A.rows(), 1);
  Matrix<T> AHy(A.cols(), 1);
  constexpr std::uint32_t stream_x = 101;
  constexpr std::uint32_t stream_y = 102;
  core::fill_gaussian(x.view(), seed, stream_x, 0, context);
  core::fill_gaussian(y.view(), seed, stream_y, 0, context);
  A.apply(x.view(), Ax.view(), context);
  A.apply_adjoint(y.view(), AHy.view(), context);

  const auto norm = [](const Matrix<T>& v) {
    return std::sqrt(inner_product<T>(v.view(), v.view()).real());
  };
  const double defect =
      std::abs(inner_product<T>(y.view(), Ax.view()) - inner_product<T>(AHy.view(), x.view()));
  const double eps = std::numeric_limits<real_t<T>>::epsilon();
  const double size = norm(Ax) * norm(y) + norm(x) * norm(AHy);
  const double slack = 100 * eps * std::sqrt(static_cast<double>(A.rows() + A.cols())) * size;
  if (defect == 0) return 0;
  return defect / slack;  // NaN when a product is not finite: no verdict
}

template class LinearOperator<float>;
template class LinearOperator<double>;
template class LinearOperator<std::complex<float>>;
template class LinearOperator<std::complex<double>>;
template double adjoint_defect(const LinearOperator<float>&, std::uint64_t, Context&);
template double adjoint_defect(const LinearOperator<double>&, std::uint64_t, Context&);
template double adjoint_defect(const LinearOperator<std::complex<float>>&, std::uint64_t, Context&);
template double adjoint_defect(const LinearOperator<std::complex<double>>&,
                               std::uint64_t,
                               Context&);

}  // namespace eckart
