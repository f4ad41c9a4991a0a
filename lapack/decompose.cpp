#include "decompose.hpp"

#include <algorithm>
#include <complex>
#include <limits>
#include <new>
#include <utility>
#include <vector>

#include "eckart/batch_svd.hpp"
#include "eckart/copy.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "threads.hpp"

namespace eckart::lapack {
namespace {

// Up to here a matrix is decomposed in one lane of a vector register before the dense engine has
// made its preparations. The shape decides alike for every job with vectors, so that those agree.
bool fits_a_lane(index_t rows, index_t cols, Vectors vectors) {
  const index_t most = vectors == Vectors::none ? 100 : 324;
  return rows * cols <= most && std::max(rows, cols) <= 100;
}

// Waking a second thread takes longer than it helps with less.
int threads_for(index_t rows, index_t cols) {
  constexpr index_t few = 200 * 200;
  return rows * cols <= few ? 1 : threads();
}

// As decompose; throws if an entry or a singular value is not finite.
template <Scalar T>
void decompose_small(MatrixView<const T> A, const Factors<T>& factors, Vectors vectors) {
  Context context(1);
  const index_t k = std::min(A.rows, A.cols);
  Matrix<T> kept;
  if (factors.U.data == A.data || factors.VT.data == A.data) {
    kept = Matrix<T>(A.rows, A.cols);
    copy<T>(A, kept.view(), context);
    A = std::as_const(kept).view();
  }
  // What the caller wants of one side may be less than what is computed for both.
  const index_t columns = vectors == Vectors::full ? A.rows : k;
  const index_t rows = vectors == Vectors::full ? A.cols : k;
  MatrixView<T> U = factors.U;
  MatrixView<T> VT = factors.VT;
  Matrix<T> more_of_U;
  Matrix<T> more_of_VT;
  if (vectors != Vectors::none && U.cols != columns) {
    more_of_U = Matrix<T>(A.rows, columns);
    U = more_of_U.view();
  }
  if (vectors != Vectors::none && VT.rows != rows) {
    more_of_VT = Matrix<T>(rows, A.cols);
    VT = more_of_VT.view();
  }
  const BatchSvdReport report = batch_svd_into<T>(
      {A.data, 1, A.rows, A.cols, 1, A.ld, 0}, {U.data, 1, A.rows, columns, 1, U.ld, 0},
      {factors.sigma, static_cast<std::size_t>(k)},
      BatchView<T>{VT.data, 1, rows, A.cols, 1, VT.ld, 0}.adjoint(),
      {.vectors = vectors, .certify = false}, context);
  if (!report.failed.empty()) {
    throw_if_not_finite<T>(A, context);
    throw Overflow("a singular value exceeds the largest number");
  }
  if (factors.U.data != nullptr && more_of_U.cols() > 0) {
    copy<T>(std::as_const(more_of_U).view().columns(0, factors.U.cols), factors.U, context);
  }
  if (factors.VT.data != nullptr && more_of_VT.cols() > 0) {
    copy<T>(std::as_const(more_of_VT).view().block(0, 0, factors.VT.rows, A.cols), factors.VT,
            context);
  }
}

// Q <- Q + Q (I - Q^H Q) / 2: columns that are orthonormal to eps times a power of their number
// become so to the rounding of this product (a step of Newton and Schulz; Bjorck and Bowie 1971).
template <Scalar T>
void sharpen(MatrixView<T> Q, Context& context) {
  const auto op = make_operator<T>(MatrixView<const T>(Q));
  Matrix<T> defect(Q.cols, Q.cols);
  op->apply_adjoint(MatrixView<const T>(Q), defect.view(), context);
  for (index_t j = 0; j < Q.cols; ++j) {
    for (index_t i = 0; i < Q.cols; ++i) defect(i, j) = (T(i == j) - defect(i, j)) / T{2};
  }
  Matrix<T> correction(Q.rows, Q.cols);
  op->apply(std::as_const(defect).view(), correction.view(), context);
  for (index_t j = 0; j < Q.cols; ++j) {
    for (index_t i = 0; i < Q.rows; ++i) Q(i, j) += correction(i, j);
  }
}

}  // namespace

Outcome outcome_of_exception() noexcept {
  try {
    throw;
  } catch (const NonFiniteInput&) {
    return Outcome::not_finite;
  } catch (const std::bad_alloc&) {
    return Outcome::no_memory;
  } catch (const InvalidArgument&) {  // more bytes than an address can name
    return Outcome::no_memory;
  } catch (...) {
    return Outcome::overflow;
  }
}

int info_of(Outcome outcome, int position) {
  switch (outcome) {
    case Outcome::done:
      return 0;
    case Outcome::not_finite:
      return -position;
    case Outcome::overflow:
      return 1;
    case Outcome::no_memory:
      return -1010;
  }
  return 1;
}

template <Scalar T>
EntryScan throw_if_not_finite(MatrixView<const T> A, Context& context) {
  const EntryScan scan = make_operator<T>(A)->scan(context);
  if (!scan.finite()) {
    throw NonFiniteInput(scan.nonfinite_row, scan.nonfinite_col, scan.nonfinite_value);
  }
  return scan;
}

template <Scalar T>
void fill_with_nan(MatrixView<T> to) {
  if (to.data == nullptr) return;
  for (index_t j = 0; j < to.cols; ++j) {
    std::fill_n(to.column(j), to.rows, std::numeric_limits<real_t<T>>::quiet_NaN());
  }
}

template <Scalar T>
Outcome decompose(MatrixView<const T> A, const Factors<T>& factors) noexcept {
  const index_t k = std::min(A.rows, A.cols);
  if (k == 0) return Outcome::done;
  const Outcome outcome = outcome_of([&] {
    const bool full = factors.U.cols > k || factors.VT.rows > k;
    const bool none = factors.U.data == nullptr && factors.VT.data == nullptr;
    const Vectors vectors = none ? Vectors::none : full ? Vectors::full : Vectors::thin;
    if (fits_a_lane(A.rows, A.cols, vectors)) return decompose_small<T>(A, factors, vectors);
    Context context(threads_for(A.rows, A.cols));
    const SvdResult<T> svd =
        dense_svd<T>(*make_operator<T>(A), {.vectors = vectors, .certify = false}, context);
    std::copy(svd.sigma.begin(), svd.sigma.end(), factors.sigma);
    if (factors.U.data != nullptr) {
      copy<T>(svd.U.view().columns(0, factors.U.cols), factors.U, context);
    }
    if (factors.VT.data != nullptr) {
      copy_adjoint<T>(svd.V.view().columns(0, factors.VT.rows), factors.VT, context);
    }
  });
  if (outcome != Outcome::done) {
    std::fill_n(factors.sigma, k, std::numeric_limits<real_t<T>>::quiet_NaN());
    fill_with_nan(factors.U);
    fill_with_nan(factors.VT);
  }
  return outcome;
}

template <Scalar T>
Outcome decompose_part(MatrixView<const T> A,
                       const Selection& select,
                       const Factors<T>& factors,
                       index_t* count) noexcept {
  *count = 0;
  if (std::min(A.rows, A.cols) == 0) return Outcome::done;
  const bool none = factors.U.data == nullptr && factors.VT.data == nullptr;
  const Outcome outcome = outcome_of([&] {
    Context context(threads_for(A.rows, A.cols));
    const auto op = make_operator<T>(A);
    if (none) {
      const SvdResult<T> svd =
          dense_svd<T>(*op, {.vectors = Vectors::none, .certify = false}, context);
      const std::vector<double> sigma(svd.sigma.begin(), svd.sigma.end());
      const TripletRange range =
          select ? select(sigma) : TripletRange{0, static_cast<index_t>(sigma.size())};
      std::copy_n(svd.sigma.begin() + range.first, range.count, factors.sigma);
      *count = range.count;
      return;
    }
    SvdResult<T> svd = dense_svd<T>(*op, {.select = select, .certify = false}, context);
    std::copy(svd.sigma.begin(), svd.sigma.end(), factors.sigma);
    *count = static_cast<index_t>(svd.sigma.size());
    if (factors.U.data != nullptr) {
      sharpen<T>(svd.U.view(), context);
      copy<T>(std::as_const(svd.U).view(), factors.U.columns(0, *count), context);
    }
    if (factors.VT.data != nullptr) {
      sharpen<T>(svd.V.view(), context);
      copy_adjoint<T>(std::as_const(svd.V).view(), factors.VT.block(0, 0, *count, A.cols), context);
    }
  });
  if (outcome != Outcome::done) {
    std::fill_n(factors.sigma, std::min(A.rows, A.cols),
                std::numeric_limits<real_t<T>>::quiet_NaN());
    fill_with_nan(factors.U);
    fill_with_nan(factors.VT);
  }
  return outcome;
}

template void fill_with_nan(MatrixView<float>);
template EntryScan throw_if_not_finite(MatrixView<const float>, Context&);
template Outcome decompose_part(MatrixView<const float>,
                                const Selection&,
                                const Factors<float>&,
                                index_t*) noexcept;
template void fill_with_nan(MatrixView<double>);
template EntryScan throw_if_not_finite(MatrixView<const double>, Context&);
template Outcome decompose_part(MatrixView<const double>,
                                const Selection&,
                                const Factors<double>&,
                                index_t*) noexcept;
template void fill_with_nan(MatrixView<std::complex<float>>);
template EntryScan throw_if_not_finite(MatrixView<const std::complex<float>>, Context&);
template Outcome decompose_part(MatrixView<const std::complex<float>>,
                                const Selection&,
                                const Factors<std::complex<float>>&,
                                index_t*) noexcept;
template void fill_with_nan(MatrixView<std::complex<double>>);
template EntryScan throw_if_not_finite(MatrixView<const std::complex<double>>, Context&);
template Outcome decompose_part(MatrixView<const std::complex<double>>,
                                const Selection&,
                                const Factors<std::complex<double>>&,
                                index_t*) noexcept;
template Outcome decompose(MatrixView<const float>, const Factors<float>&) noexcept;
template Outcome decompose(MatrixView<const double>, const Factors<double>&) noexcept;
template Outcome decompose(MatrixView<const std::complex<float>>,
                           const Factors<std::complex<float>>&) noexcept;
template Outcome decompose(MatrixView<const std::complex<double>>,
                           const Factors<std::complex<double>>&) noexcept;

}  // namespace eckart::lapack
