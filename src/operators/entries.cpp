#include "operators/entries.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/kernels.hpp"

namespace eckart::operators {

template <Scalar T>
double mapped_energy(const AffineMap<T>& map, index_t j, index_t rows, const T* a, index_t stride) {
  if (map.row_shift.empty() && map.row_scale.empty() && stride == 1) {
    return kernels::kernels<T>().shifted_energy(rows, a, shift_at(map, 0, j),
                                                column_scale_at(map, j));
  }
  double sum = 0;
  for (index_t i = 0; i < rows; ++i) sum += mapped_energy_of_entry(map, i, j, a[i * stride]);
  return sum;
}

template <Scalar T>
EntryScan scan_column(MatrixView<const T> column, index_t index, bool row_major) {
  using Real = real_t<T>;
  constexpr index_t parts = is_complex<T> ? 2 : 1;
  const auto* reals = reinterpret_cast<const Real*>(column.data);
  const auto seen = kernels::kernels<Real>().scan(column.rows * parts, reals);
  EntryScan scan;
  scan.max_abs = static_cast<double>(seen.max_abs);
  scan.min_abs = static_cast<double>(seen.min_abs);
  scan.nonzeros = seen.nonzeros;
  if constexpr (is_complex<T>) {
    scan.nonzeros =
        std::count_if(column.data, column.data + column.rows, [](T x) { return x != T{}; });
  }
  if (!seen.finite) {
    index_t r = 0;
    while (std::isfinite(reals[r])) ++r;
    scan.nonfinite_row = row_major ? index : r / parts;
    scan.nonfinite_col = row_major ? r / parts : index;
    scan.nonfinite_value = static_cast<double>(reals[r]);
  }
  return scan;
}

void merge_scan(EntryScan& earlier, const EntryScan& later) {
  earlier.max_abs = std::max(earlier.max_abs, later.max_abs);
  earlier.min_abs = std::min(earlier.min_abs, later.min_abs);
  earlier.nonzeros += later.nonzeros;
  if (earlier.finite() && !later.finite()) {
    earlier.nonfinite_row = later.nonfinite_row;
    earlier.nonfinite_col = later.nonfinite_col;
    earlier.nonfinite_value = later.nonfinite_value;
  }
}

template double mapped_energy(const AffineMap<float>&, index_t, index_t, const float*, index_t);
template double mapped_energy(const AffineMap<double>&, index_t, index_t, const double*, index_t);
template double mapped_energy(
    const AffineMap<std::complex<float>>&, index_t, index_t, const std::complex<float>*, index_t);
template double mapped_energy(
    const AffineMap<std::complex<double>>&, index_t, index_t, const std::complex<double>*, index_t);
template EntryScan scan_column(MatrixView<const float>, index_t, bool);
template EntryScan scan_column(MatrixView<const double>, index_t, bool);
template EntryScan scan_column(MatrixView<const std::complex<float>>, index_t, bool);
template EntryScan scan_column(MatrixView<const std::complex<double>>, index_t, bool);

}  // namespace eckart::operators
