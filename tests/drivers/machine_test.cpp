#include "eckart/machine.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "eckart/context.hpp"

namespace eckart {
namespace {

TEST(Machine, NamesTheBlasAndItsKernel) {
  const BlasInfo info = blas_info();
  EXPECT_FALSE(info.library.empty());
  EXPECT_GE(info.threads, 1);
  EXPECT_NE(blas_name().find(info.library), std::string::npos);
  EXPECT_NE(blas_name().find(info.kernel), std::string::npos);
}

TEST(Machine, AMisdetectedKernelComesWithItsCure) {
  const BlasInfo info = blas_info();
  if (info.library.find("OpenBLAS") == std::string::npos) {
    GTEST_SKIP() << "the BLAS is not OpenBLAS: " << info.library;
  }
  EXPECT_FALSE(info.kernel.empty());
  EXPECT_FALSE(info.best_kernel.empty());
  EXPECT_FALSE(info.misdetected && info.kernel == info.best_kernel);
}

TEST(Machine, RepairsAMisdetectedKernelOnce) {
  if (std::getenv("OPENBLAS_CORETYPE")) GTEST_SKIP() << "OPENBLAS_CORETYPE is set";
  const BlasInfo before = blas_info();
  EXPECT_EQ(repair_blas_kernel(), before.misdetected ? before.kernel : "");
  EXPECT_FALSE(blas_info().misdetected);
  EXPECT_EQ(repair_blas_kernel(), "");
  EXPECT_EQ(std::getenv("OPENBLAS_CORETYPE"), nullptr);
}

TEST(Machine, KnowsTheInstructionSetOfItsKernels) {
  const std::string isa = isa_name();
  EXPECT_TRUE(isa == "base" || isa == "v3" || isa == "v4") << isa;
}

TEST(Machine, MeasuresRatesThatAMachineCanHave) {
  const MachineRates rates = measure_rates(1);
  EXPECT_TRUE(rates.gemm_gflops > 0.1 && rates.gemm_gflops < 1e5) << rates.gemm_gflops;
  EXPECT_TRUE(rates.read_gb_per_second > 0.1 && rates.read_gb_per_second < 1e4)
      << rates.read_gb_per_second;
}

TEST(Machine, HasAVersionOfThreeNumbers) {
  int dots = 0;
  for (const char c : std::string(version())) dots += c == '.';
  EXPECT_EQ(dots, 2);
}

TEST(Machine, UsesAtLeastOneThread) { EXPECT_GE(available_threads(), 1); }

}  // namespace
}  // namespace eckart
