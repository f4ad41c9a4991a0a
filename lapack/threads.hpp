// How many threads a call may use.
#pragma once

namespace eckart::lapack {

// Returns the CPUs of this process, or fewer if OMP_NUM_THREADS, OPENBLAS_NUM_THREADS or the
// OpenMP setting of the calling thread say so. Results are the same bits for any.
int threads() noexcept;

}  // namespace eckart::lapack
