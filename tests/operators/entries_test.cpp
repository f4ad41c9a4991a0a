#include "operators/entries.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace eckart::operators {
namespace {

TEST(Entries, MergedScansKeepTheFirstNonFiniteEntry) {
  EntryScan total;
  total.max_abs = 2;
  total.nonzeros = 3;
  EntryScan first;
  first.max_abs = 5;
  first.nonzeros = 1;
  first.nonfinite_row = 4;
  first.nonfinite_col = 1;
  EntryScan second;
  second.nonfinite_row = 9;
  merge_scan(total, first);
  merge_scan(total, second);
  EXPECT_EQ(total.max_abs, 5);
  EXPECT_EQ(total.nonzeros, 4);
  EXPECT_EQ(total.nonfinite_row, 4);
}

TEST(Entries, AComplexEntryIsNonzeroOnceAndItsPartsAreScanned) {
  using C = std::complex<double>;
  const C column[3] = {C(0, 2), C(0, 0), C(-3, 1)};
  const EntryScan scan = scan_column<C>({column, 3, 1, 3}, 5, false);
  EXPECT_EQ(scan.nonzeros, 2);
  EXPECT_EQ(scan.max_abs, 3);
  const C bad[2] = {C(1, 1), C(1, std::numeric_limits<double>::infinity())};
  const EntryScan found = scan_column<C>({bad, 2, 1, 2}, 5, true);
  EXPECT_EQ(found.nonfinite_row, 5);
  EXPECT_EQ(found.nonfinite_col, 1);
}

TEST(Entries, MappedEnergyAppliesShiftThenScale) {
  AffineMap<double> map;
  map.column_shift = {1, 2};
  map.row_shift = {0.5, 0};
  map.row_scale = {2, 1};
  map.column_scale = {1, 3};
  const double a[2] = {4, 5};
  // (2 * 3 * (4 - 2.5))^2 + (1 * 3 * (5 - 2))^2
  EXPECT_EQ(mapped_energy<double>(map, 1, 2, a, 1), 81.0 + 81.0);
}

}  // namespace
}  // namespace eckart::operators
