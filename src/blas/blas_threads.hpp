// Keeps the BLAS on one thread while our own parallel regions run.
#pragma once

namespace eckart::blas {

// While any guard lives, every BLAS and LAPACK call runs on the calling thread, so that results
// do not depend on the number of threads. Guards nest and may overlap between threads: the first
// saves the caller's settings, the last restores them.
class BlasThreads {
 public:
  BlasThreads();
  ~BlasThreads();
  BlasThreads(const BlasThreads&) = delete;
  BlasThreads& operator=(const BlasThreads&) = delete;
};

}  // namespace eckart::blas
