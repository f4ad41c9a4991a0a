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
