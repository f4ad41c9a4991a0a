#include "eckart/machine.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <vector>

#include "blas/blas.hpp"
#include "blas/library.hpp"
#include "core/parallel.hpp"
#include "core/philox.hpp"
#include "eckart/context.hpp"
#include "kernels/kernels.hpp"

namespace eckart {
namespace {

// Returns the seconds of the fastest of a few runs.
template <class Work>
double best_seconds(int runs, const Work& work) {
  double best = 1e300;
  for (int run = 0; run < runs; ++run) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
    best = std::min(best, spent.count());
  }
  return best;
}

}  // namespace

BlasInfo blas_info() {
  BlasInfo info;
  info.library = blas::library_name();
  info.kernel = blas::kernel_name();
  if (!info.kernel.empty()) {
    info.best_kernel = blas::best_openblas_kernel();
    info.misdetected = blas::kernel_is_behind(info.kernel, info.best_kernel);
  }
  if (blas::library_hooks().get_threads != nullptr) {
    info.threads = blas::library_hooks().get_threads();
  }
  return info;
}

std::string repair_blas_kernel() {
  const BlasInfo info = blas_info();
  if (!info.misdetected || std::getenv("OPENBLAS_CORETYPE")) return "";
  return blas::set_kernel(info.best_kernel) ? info.kernel : "";
}

std::string isa_name() { return kernels::isa_level(); }

std::string blas_name() {
  const std::string kernel = blas::kernel_name();
  return kernel.empty() ? blas::library_name() : blas::library_name() + ", " + kernel;
}

MachineRates measure_rates(int threads) {
  const Context context(threads);
  constexpr index_t n = 768;
  Matrix<double> A(n, n);
  Matrix<double> B(n, n);
  core::fill_gaussian(A.view(), 0, 0, 0, context);
  const double gemm_seconds = best_seconds(6, [&] {
    blas::multiply<double>(blas::Op::none, blas::Op::none, 1, std::as_const(A).view(),
                           std::as_const(A).view(), 0, B.view(), context);
  });

  constexpr index_t words = index_t{48} << 20;  // 384 MiB: beyond most caches
  constexpr index_t chunk = index_t{1} << 20;
  std::vector<double> x(static_cast<std::size_t>(words), 1.0);
  std::vector<double> sums(static_cast<std::size_t>(core::count_chunks(words, chunk)));
  const double read_seconds = best_seconds(3, [&] {
    core::for_each_chunk(words, chunk, context, [&](index_t c, index_t first, index_t last) {
      sums[static_cast<std::size_t>(c)] =
          kernels::kernels<double>().shifted_energy(last - first, x.data() + first, 0, 1);
    });
  });
  return {2.0 * n * n * n / gemm_seconds / 1e9,
          static_cast<double>(words) * sizeof(double) / read_seconds / 1e9};
}

const char* version() { return ECKART_VERSION; }

}  // namespace eckart
