#include "blas/blas_threads.hpp"

#include <omp.h>

#include <mutex>

#include "blas/library.hpp"

namespace eckart::blas {
namespace {

// The one number of a process-wide library, shared by the guards of all threads.
struct Shared {
  std::mutex mutex;
  int guards = 0;
  int saved_threads = 1;
};

Shared& shared() {
  static Shared state;
  return state;
}

bool process_wide() {
  constexpr int uses_openmp = 2;
  const LibraryHooks& hooks = library_hooks();
  return hooks.set_threads != nullptr && hooks.get_parallel != nullptr &&
         hooks.get_parallel() != uses_openmp;
}

}  // namespace

BlasThreads::BlasThreads() : callers_omp_threads_(omp_get_max_threads()) {
  omp_set_num_threads(1);
  if (const auto set = library_hooks().set_threads_of_caller; set != nullptr) {
    callers_mkl_threads_ = set(1);
  }
  if (!process_wide()) return;
  const std::lock_guard lock(shared().mutex);
  if (shared().guards++ == 0) {
    shared().saved_threads = library_hooks().get_threads();
    library_hooks().set_threads(1);
  }
}

BlasThreads::~BlasThreads() {
  if (process_wide()) {
    const std::lock_guard lock(shared().mutex);
    if (--shared().guards == 0) library_hooks().set_threads(shared().saved_threads);
  }
  if (const auto set = library_hooks().set_threads_of_caller; set != nullptr) {
    set(callers_mkl_threads_);
  }
  omp_set_num_threads(callers_omp_threads_);
}

}  // namespace eckart::blas
