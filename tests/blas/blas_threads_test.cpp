// That a guard keeps the BLAS on one thread is seen in the bits: tests/blas/blas_test.cpp.
#include "blas/blas_threads.hpp"

#include <gtest/gtest.h>
#include <omp.h>

#include <memory>

#include "blas/library.hpp"

namespace eckart::blas {
namespace {

TEST(BlasThreads, TheCallersNumbersComeBackWithTheLastGuard) {
  omp_set_num_threads(3);
  const LibraryHooks& hooks = library_hooks();
  const int before = hooks.get_threads != nullptr ? hooks.get_threads() : 0;
  {
    const BlasThreads outer;
    EXPECT_EQ(omp_get_max_threads(), 1);
    { const BlasThreads inner; }
    EXPECT_EQ(omp_get_max_threads(), 1);
  }
  EXPECT_EQ(omp_get_max_threads(), 3);
  if (hooks.get_threads != nullptr) {
    EXPECT_EQ(hooks.get_threads(), before);
  }
}

TEST(BlasThreads, OurOwnRegionsKeepTheirThreads) {
  const BlasThreads guard;
  int team = 0;
#pragma omp parallel num_threads(2)
  {
#pragma omp single
    team = omp_get_num_threads();
  }
  EXPECT_EQ(team, 2);
}

}  // namespace
}  // namespace eckart::blas
