#include "blas/library.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace eckart::blas {
namespace {

TEST(Library, TellsItsName) { EXPECT_FALSE(library_name().empty()); }

TEST(Library, AnOlderKernelOnANewerCpuIsBehind) {
  EXPECT_TRUE(kernel_is_behind("Prescott", "SkylakeX"));
  EXPECT_TRUE(kernel_is_behind("Haswell", "SkylakeX"));
  EXPECT_TRUE(kernel_is_behind("Zen", "SkylakeX"));
  EXPECT_TRUE(kernel_is_behind("Nehalem", "Haswell"));
}

TEST(Library, ARightOrUnknownKernelIsNot) {
  EXPECT_FALSE(kernel_is_behind("SkylakeX", "SkylakeX"));
  EXPECT_FALSE(kernel_is_behind("Cooperlake", "SkylakeX"));
  EXPECT_FALSE(kernel_is_behind("Haswell", "Haswell"));
  EXPECT_FALSE(kernel_is_behind("Prescott", ""));
  EXPECT_FALSE(kernel_is_behind("SomethingNew", "SkylakeX"));
  EXPECT_FALSE(kernel_is_behind("", "SkylakeX"));
}

TEST(Library, RunsTheKernelThatItIsToldToAndLeavesTheEnvironmentAlone) {
  if (!library_hooks().choose_kernels)
    GTEST_SKIP() << "the BLAS has one kernel: " << library_name();
  const char* variable = "OPENBLAS_CORETYPE";
  const char* value = std::getenv(variable);
  const std::string environment = value ? value : "", before = kernel_name();
  EXPECT_TRUE(set_kernel("Nehalem"));
  EXPECT_EQ(kernel_name(), "Nehalem");
  EXPECT_FALSE(set_kernel("NoSuchKernel"));
  EXPECT_TRUE(set_kernel(before));
  value = std::getenv(variable);
  EXPECT_EQ(value ? value : "", environment);
}

}  // namespace
}  // namespace eckart::blas
