#include "eckart/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eckart/matrix.hpp"

namespace eckart {
namespace {

TEST(Error, NonFiniteInputCountsRowsAndColumnsFromOneInItsMessage) {
  const NonFiniteInput error(2, 4, std::nan(""));
  EXPECT_NE(std::string(error.what()).find("NaN at row 3, column 5"), std::string::npos);
  EXPECT_EQ(error.row(), 2);
  EXPECT_EQ(error.col(), 4);
  const NonFiniteInput negative(0, 0, -std::numeric_limits<double>::infinity());
  EXPECT_NE(std::string(negative.what()).find("-infinity"), std::string::npos);
}

TEST(Error, BytesAreWrittenForPeople) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1536), "1.5 KiB");
  EXPECT_EQ(format_bytes(std::uint64_t{1} << 30), "1.0 GiB");
  EXPECT_EQ(format_bytes((std::uint64_t{1} << 30) - 1), "1.0 GiB");
}

TEST(Error, MemoryLimitNamesNeedAndCap) {
  const MemoryLimit error("the dense method", std::uint64_t{3} << 30, std::uint64_t{1} << 30);
  EXPECT_STREQ(error.what(), "the dense method needs 3.0 GiB of memory; the cap is 1.0 GiB");
}

TEST(Matrix, RefusesSizesThatOverflow) {
  EXPECT_THROW(Matrix<double>(index_t{1} << 40, index_t{1} << 40), InvalidArgument);
  EXPECT_THROW(Matrix<double>(-1, 2), InvalidArgument);
  EXPECT_EQ(checked_bytes(3, 5, 8), 120);
}

TEST(Matrix, StartsAtZeroAndIsAligned) {
  const Matrix<std::complex<float>> A(7, 3);
  for (index_t j = 0; j < 3; ++j) {
    for (index_t i = 0; i < 7; ++i) EXPECT_EQ(A(i, j), std::complex<float>(0));
  }
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(A.data()) % 64, 0U);
}

TEST(Matrix, MovesLeaveAnEmptyMatrixAndClonesAreSeparate) {
  Matrix<double> A(2, 2);
  A(1, 0) = 5;
  Matrix<double> copy = A.clone();
  Matrix<double> moved = std::move(A);
  EXPECT_EQ(A.rows(), 0);  // NOLINT: a moved-from matrix is empty, and that is what is tested
  copy(1, 0) = 6;
  EXPECT_EQ(moved(1, 0), 5);
}

}  // namespace
}  // namespace eckart
