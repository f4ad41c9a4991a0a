#include "eckart/sparse_matrix.hpp"

#include <gtest/gtest.h>

#include "eckart/error.hpp"

namespace eckart {
namespace {

TEST(FromTriplets, SortsRowsAndAddsDuplicates) {
  const SparseMatrix<double> A =
      from_triplets<double>(2, 3, {{1, 2, 4}, {0, 2, 1}, {1, 0, 2}, {1, 2, 5}});
  validate(A);
  EXPECT_EQ(A.offsets, (std::vector<index_t>{0, 1, 3}));
  EXPECT_EQ(A.columns, (std::vector<index_t>{2, 0, 2}));
  EXPECT_EQ(A.values, (std::vector<double>{1, 2, 9}));
}

TEST(FromTriplets, NamesTheEntryThatIsOutside) {
  try {
    (void)from_triplets<double>(2, 2, {{0, 0, 1}, {0, 2, 1}});
    FAIL() << "nothing was thrown";
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "entry 1 is at (0, 2), outside the 2 x 2 matrix");
  }
}

TEST(FromTriplets, HandlesEmptyShapes) {
  validate(from_triplets<float>(0, 5, {}));
  validate(from_triplets<float>(5, 0, {}));
}

TEST(FromCoordinates, TakesEitherIndexAndAddsDuplicatesInTheirOrder) {
  const std::vector<std::int32_t> rows = {1, 0, 1, 1, 1};
  const std::vector<index_t> cols = {2, 2, 0, 2, 2};
  const std::vector<double> values = {1e16, 1, 2, 1, -1e16};
  const auto A = from_coordinates<double>(2, 3, std::span<const std::int32_t>(rows),
                                          std::span<const index_t>(cols), values);
  validate(A);
  EXPECT_EQ(A.columns, (std::vector<index_t>{2, 0, 2}));
  EXPECT_EQ(A.values, (std::vector<double>{1, 2, (1e16 + 1) - 1e16}));
  const auto ones = from_coordinates<double>(2, 3, std::span<const std::int32_t>(rows),
                                             std::span<const index_t>(cols), {});
  EXPECT_EQ(ones.values, (std::vector<double>{1, 1, 3}));
}

TEST(FromCoordinates, NamesWhatIsWrong) {
  const std::vector<std::int32_t> rows = {1, 0};
  const std::vector<std::int32_t> cols = {2, 9};
  const auto message_of = [&](std::size_t row_count, index_t n) -> std::string {
    try {
      (void)from_coordinates<float>(2, n, std::span<const std::int32_t>(rows).first(row_count),
                                    std::span<const std::int32_t>(cols), {});
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message_of(2, 10), "");
  EXPECT_EQ(message_of(1, 10), "there are 1 row indices, 2 column indices and 0 values");
  EXPECT_EQ(message_of(2, 3), "entry 1 is at (0, 9), outside the 2 x 3 matrix");
}

TEST(Compressed, SortsAViewByColumnsIntoRows) {
  const std::vector<index_t> offsets = {0, 2, 4};
  const std::vector<index_t> indices = {2, 0, 1, 1};
  const std::vector<float> values = {1, 2, 3, 4};
  const auto A = compressed(SparseView<float>(3, 2, std::span<const index_t>(offsets),
                                              std::span<const index_t>(indices), values, true));
  validate(A);
  EXPECT_EQ(A.offsets, (std::vector<index_t>{0, 1, 2, 3}));
  EXPECT_EQ(A.columns, (std::vector<index_t>{0, 1, 0}));
  EXPECT_EQ(A.values, (std::vector<float>{2, 7, 1}));
}

TEST(Transpose, TwiceGivesTheMatrixBack) {
  const SparseMatrix<std::complex<double>> A =
      from_triplets<std::complex<double>>(3, 4, {{0, 3, {1, 2}}, {2, 0, {3, -1}}, {2, 3, {5, 0}}});
  const auto B = transpose(A);
  validate(B);
  EXPECT_EQ(B.rows, 4);
  EXPECT_EQ(B.values[0], std::complex<double>(3, -1));  // not conjugated
  const auto C = transpose(B);
  EXPECT_EQ(C.offsets, A.offsets);
  EXPECT_EQ(C.columns, A.columns);
  EXPECT_EQ(C.values, A.values);
}

TEST(Validate, NamesEachBrokenInvariant) {
  const SparseMatrix<double> good = from_triplets<double>(2, 2, {{0, 0, 1}, {0, 1, 2}, {1, 1, 3}});
  const auto message_of = [](const SparseMatrix<double>& A) -> std::string {
    try {
      validate(A);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(message_of(good), "");
  auto broken = good;
  broken.offsets[0] = 1;
  EXPECT_NE(message_of(broken).find("starts at 1"), std::string::npos);
  broken = good;
  broken.offsets = {0, 3};
  EXPECT_NE(message_of(broken).find("needs 3"), std::string::npos);
  broken = good;
  broken.offsets[2] = 2;
  EXPECT_NE(message_of(broken).find("ends at 2"), std::string::npos);
  broken = good;
  broken.offsets[1] = 9;
  EXPECT_NE(message_of(broken).find("falls"), std::string::npos);
  broken = good;
  broken.columns[1] = 2;
  EXPECT_NE(message_of(broken).find("outside"), std::string::npos);
  broken = good;
  broken.columns[1] = 0;
  EXPECT_NE(message_of(broken).find("rise strictly"), std::string::npos);
  broken = good;
  broken.values.pop_back();
  EXPECT_NE(message_of(broken).find("values"), std::string::npos);
}

}  // namespace
}  // namespace eckart
