#include "blas/blas_threads.hpp"

#include <omp.h>

#include <mutex>

#include "blas/library.hpp"

namespace eckart::blas {
namespace {

struct Shared {
  std::mutex mutex;
  int guards = 0;
  int saved_blas_threads = 1;
};

Shared& shared() {
  static Shared state;
  return state;
}

// OpenBLAS built with OpenMP passes its number on to omp_set_num_threads, which is the caller's.
void set_blas_threads(int threads) {
  const int callers = omp_get_max_threads();
  library_hooks().set_threads(threads);
  omp_set_num_threads(callers);
}

}  // namespace

BlasThreads::BlasThreads() {
  if (library_hooks().set_threads == nullptr) return;
  const std::lock_guard lock(shared().mutex);
  if (shared().guards++ == 0) {
    shared().saved_blas_threads = library_hooks().get_threads();
    set_blas_threads(1);
  }
}

BlasThreads::~BlasThreads() {
  if (library_hooks().set_threads == nullptr) return;
  const std::lock_guard lock(shared().mutex);
  if (--shared().guards == 0) set_blas_threads(shared().saved_blas_threads);
}

}  // namespace eckart::blas
