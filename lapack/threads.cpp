#include "threads.hpp"

#include <omp.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

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

int threads() {
  static const int of_process = threads_of_process();
  return std::clamp(omp_get_max_threads(), 1, of_process);
}

}  // namespace eckart::lapack
