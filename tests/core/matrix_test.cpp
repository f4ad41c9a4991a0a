#include "eckart/matrix.hpp"

#include <gtest/gtest.h>

#include <cstdint>

namespace eckart {
namespace {

TEST(Matrix, StartsAtACacheLineWhateverItsSize) {
  for (const index_t rows : {1, 7, 1000, 200'000, 600'000}) {
    const Matrix<double> A(rows, 1);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(A.data()) % 64, 0U) << rows;
  }
}

TEST(Matrix, LargeAndSmallOnesAreZeroAndKeepWhatIsWritten) {
  for (const index_t rows : {10, 500'000}) {
    Matrix<double> A(rows, 2);
    for (index_t i = 0; i < 2 * rows; ++i) ASSERT_EQ(A.data()[i], 0);
    A(rows - 1, 1) = 5;
    const Matrix<double> moved = std::move(A);
    EXPECT_EQ(moved(rows - 1, 1), 5);
    EXPECT_EQ(A.rows(), 0);  // NOLINT: what moving leaves is defined
    EXPECT_EQ(moved.clone()(rows - 1, 1), 5);
  }
}

TEST(Matrix, AnUninitializedOneHasItsShape) {
  auto A = Matrix<float>::uninitialized(300, 2000);
  EXPECT_EQ(A.rows(), 300);
  EXPECT_EQ(A.cols(), 2000);
  A(299, 1999) = 3;
  EXPECT_EQ(A(299, 1999), 3);
  EXPECT_EQ(Matrix<float>::uninitialized(0, 4).cols(), 4);
  EXPECT_THROW(Matrix<float>::uninitialized(-1, 4), InvalidArgument);
}

}  // namespace
}  // namespace eckart
