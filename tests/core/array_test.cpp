#include "core/array.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace eckart::core {
namespace {

TEST(Array, OwnsStorageThatMovesWithIt) {
  Array<std::int32_t> array(1 << 20);
  for (index_t i = 0; i < array.size(); ++i) array.writable()[i] = static_cast<std::int32_t>(i);
  const std::int32_t* place = array.data();
  const Array<std::int32_t> moved = std::move(array);
  EXPECT_EQ(moved.data(), place);
  EXPECT_EQ(moved[12345], 12345);
}

TEST(Array, BorrowsWithoutCopying) {
  const std::vector<double> numbers = {1, 2, 3};
  const auto array = Array<double>::borrowed(numbers);
  EXPECT_EQ(array.data(), numbers.data());
  EXPECT_EQ(array.size(), 3);
}

TEST(Array, MayBeEmpty) { EXPECT_EQ(Array<float>(0).size(), 0); }

}  // namespace
}  // namespace eckart::core
