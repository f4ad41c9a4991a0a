#include "drivers/driver.hpp"

#include <fmt/format.h>

#include <cmath>

#include "blas/library.hpp"
#include "core/parallel.hpp"
#include "eckart/copy.hpp"
#include "eckart/error.hpp"
#include "eckart/machine.hpp"
#include "kernels/kernels.hpp"

namespace eckart::drivers {

void require_accuracy(double accuracy) {
  require(accuracy >= 0 && std::isfinite(accuracy),
          fmt::format("accuracy must be >= 0 and finite, got {}", accuracy));
}

void require_memory(const char* method, double bytes, const Context& context) {
  const std::uint64_t cap = context.memory_cap_bytes();
  if (cap != 0 && !(bytes <= static_cast<double>(cap))) {
    throw MemoryLimit(fmt::format("the {} method", method),
                      static_cast<std::uint64_t>(std::min(bytes, 1.8e19)), cap);
  }
}

Status stop_status(const Context& context) {
  return context.stopped_by_time() ? Status::time_limit : Status::cancelled;
}

template <Scalar T>
SvdReport start_report(const char* method,
                       const LinearOperator<T>& A,
                       std::uint64_t seed,
                       double bytes,
                       const Context& context) {
  if (context.cancelled()) core::throw_cancelled(context);
  require_memory(method, bytes, context);
  SvdReport report;
  report.method = method;
  report.scalar = scalar_name<T>();
  report.rows = A.rows();
  report.cols = A.cols();
  report.threads = context.threads();
  report.isa = kernels::isa_level();
  report.blas = blas_name();
  report.seed = seed;
  report.peak_bytes = static_cast<std::uint64_t>(std::min(bytes, 1.8e19));
  if (const BlasInfo blas = blas_info(); blas.misdetected) {
    report.warnings.push_back(fmt::format(
        "{} runs its {} kernels on a CPU that can run {}: set OPENBLAS_CORETYPE={} before the "
        "process starts",
        blas.library, blas.kernel, blas.best_kernel, blas.best_kernel));
  }
  return report;
}

template <Scalar T>
void copy_tall(const LinearOperator<T>& A, MatrixView<T> to, Context& context) {
  if (A.rows() >= A.cols()) return A.copy_to(to, context);
  Matrix<T> copy(A.rows(), A.cols());
  A.copy_to(copy.view(), context);
  copy_adjoint<T>(std::as_const(copy).view(), to, context);
}

template <Scalar T>
void finish(SvdResult<T>& result, double scale, std::chrono::steady_clock::time_point start) {
  for (real_t<T>& s : result.sigma) {
    const bool was_finite = std::isfinite(s);
    s = static_cast<real_t<T>>(static_cast<double>(s) * scale);
    if (was_finite && !std::isfinite(s)) {
      throw Overflow(fmt::format(
          "a singular value exceeds the largest {} number; divide the matrix by a power of two",
          scalar_name<T>()));
    }
  }
  result.report.certificate.frobenius_norm.value *= scale;
  result.report.rank = static_cast<index_t>(result.sigma.size());
  result.report.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

template <Scalar T>
void fill_zero_result(SvdResult<T>& result, const LinearOperator<T>& A, index_t k) {
  result.U = Matrix<T>(A.row_shard().count, k);
  result.V = Matrix<T>(A.col_shard().count, k);
  result.sigma.assign(static_cast<std::size_t>(k), 0);
  const auto set = [&](Matrix<T>& X, const Shard& shard) {
    for (index_t i = shard.first; i < std::min(k, shard.first + shard.count); ++i) {
      X(i - shard.first, i) = 1;
    }
  };
  set(result.U, A.row_shard());
  set(result.V, A.col_shard());
}

template SvdReport start_report(
    const char*, const LinearOperator<float>&, std::uint64_t, double, const Context&);
template SvdReport start_report(
    const char*, const LinearOperator<double>&, std::uint64_t, double, const Context&);
template SvdReport start_report(
    const char*, const LinearOperator<std::complex<float>>&, std::uint64_t, double, const Context&);
template SvdReport start_report(const char*,
                                const LinearOperator<std::complex<double>>&,
                                std::uint64_t,
                                double,
                                const Context&);
template void copy_tall(const LinearOperator<float>&, MatrixView<float>, Context&);
template void copy_tall(const LinearOperator<double>&, MatrixView<double>, Context&);
template void copy_tall(const LinearOperator<std::complex<float>>&,
                        MatrixView<std::complex<float>>,
                        Context&);
template void copy_tall(const LinearOperator<std::complex<double>>&,
                        MatrixView<std::complex<double>>,
                        Context&);
template void finish(SvdResult<float>&, double, std::chrono::steady_clock::time_point);
template void finish(SvdResult<double>&, double, std::chrono::steady_clock::time_point);
template void finish(SvdResult<std::complex<float>>&,
                     double,
                     std::chrono::steady_clock::time_point);
template void finish(SvdResult<std::complex<double>>&,
                     double,
                     std::chrono::steady_clock::time_point);
template void fill_zero_result(SvdResult<float>&, const LinearOperator<float>&, index_t);
template void fill_zero_result(SvdResult<double>&, const LinearOperator<double>&, index_t);
template void fill_zero_result(SvdResult<std::complex<float>>&,
                               const LinearOperator<std::complex<float>>&,
                               index_t);
template void fill_zero_result(SvdResult<std::complex<double>>&,
                               const LinearOperator<std::complex<double>>&,
                               index_t);

}  // namespace eckart::drivers
