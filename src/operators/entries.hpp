// Looks at entries that operators share: scans and energies under an affine map.
#pragma once

#include <complex>

#include "eckart/linear_operator.hpp"

namespace eckart::operators {

// Returns the map's shift of entry (i, j): what is subtracted.
template <Scalar T>
T shift_at(const AffineMap<T>& map, index_t i, index_t j) {
  T shift = 0;
  if (!map.column_shift.empty()) shift += map.column_shift[static_cast<std::size_t>(j)];
  if (!map.row_shift.empty()) shift += map.row_shift[static_cast<std::size_t>(i)];
  return shift;
}

// Returns the square of the map's scale of row i, or of column j.
template <Scalar T>
double row_weight(const AffineMap<T>& map, index_t i) {
  if (map.row_scale.empty()) return 1;
  const double scale = static_cast<double>(map.row_scale[static_cast<std::size_t>(i)]);
  return scale * scale;
}
template <Scalar T>
double column_weight(const AffineMap<T>& map, index_t j) {
  if (map.column_scale.empty()) return 1;
  const double scale = static_cast<double>(map.column_scale[static_cast<std::size_t>(j)]);
  return scale * scale;
}

// Returns the sum over i of |scale_ij (a_i - shift_ij)|^2 for column j, entries stride apart.
template <Scalar T>
double mapped_energy(const AffineMap<T>& map, index_t j, index_t rows, const T* a, index_t stride);

// Returns the scan of one stored column: column `index` of A, or its row if row_major.
template <Scalar T>
EntryScan scan_column(MatrixView<const T> column, index_t index, bool row_major);

// Adds the scan of later entries to that of earlier ones.
void merge_scan(EntryScan& earlier, const EntryScan& later);

}  // namespace eckart::operators
