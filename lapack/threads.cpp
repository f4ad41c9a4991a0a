#include "threads.hpp"

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <new>

#include "eckart/context.hpp"

namespace eckart::lapack {
namespace {

int threads_of_process() {
  const char* text = std::getenv("OPENBLAS_NUM_THREADS");
  const int asked = text != nullptr ? std::atoi(text) : 0;
  const int most = asked > 0 ? asked : std::numeric_limits<int>::max();
  return std::min(available_threads(), most);
}

}  // namespace

int threads() noexcept {
  try {
    static const int of_process = threads_of_process();
    return std::clamp(omp_get_max_threads(), 1, of_process);
  } catch (const std::bad_alloc&) {  // there is no memory to look: the next call looks again
    return 1;
  }
}

}  // namespace eckart::lapack
