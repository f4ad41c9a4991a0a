// Keeps the BLAS on one thread while our own parallel regions run.
#pragma once

namespace eckart::blas {

// While a guard lives, BLAS and LAPACK calls of its thread run on that thread alone, so that
// results do not depend on the number of threads. Guards nest; the caller's settings come back
// with the last. How, by library:
//   OpenBLAS with OpenMP asks omp_get_max_threads(), a setting of the calling thread.
//   MKL has a number for the calling thread.
//   OpenBLAS with threads of its own has one number for the process: guards of all threads share
//   it, the first saves it, the last restores it.
class BlasThreads {
 public:
  BlasThreads();
  ~BlasThreads();
  BlasThreads(const BlasThreads&) = delete;
  BlasThreads& operator=(const BlasThreads&) = delete;

 private:
  int callers_omp_threads_;
  int callers_mkl_threads_ = 0;
};

}  // namespace eckart::blas
