#include "decompose.hpp"

#include <algorithm>
#include <complex>
#include <limits>
#include <new>

#include "eckart/copy.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "threads.hpp"

namespace eckart::lapack {

Outcome outcome_of(const std::function<void()>& body) noexcept {
  try {
    body();
    return Outcome::done;
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
    Context context(threads());
    const SvdResult<T> svd = dense_svd<T>(*make_operator<T>(A),
                                          {.vectors = none   ? Vectors::none
                                                      : full ? Vectors::full
                                                             : Vectors::thin,
                                           .certify = false},
                                          context);
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

template void fill_with_nan(MatrixView<float>);
template void fill_with_nan(MatrixView<double>);
template void fill_with_nan(MatrixView<std::complex<float>>);
template void fill_with_nan(MatrixView<std::complex<double>>);
template Outcome decompose(MatrixView<const float>, const Factors<float>&) noexcept;
template Outcome decompose(MatrixView<const double>, const Factors<double>&) noexcept;
template Outcome decompose(MatrixView<const std::complex<float>>,
                           const Factors<std::complex<float>>&) noexcept;
template Outcome decompose(MatrixView<const std::complex<double>>,
                           const Factors<std::complex<double>>&) noexcept;

}  // namespace eckart::lapack
