#include "blas/library.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace eckart::blas
