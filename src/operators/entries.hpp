// Looks at entries that operators share: scans and energies under an affine map.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <type_traits>

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

// Returns the map's scale of row i, or of column j.
template <Scalar T>
double row_scale_at(const AffineMap<T>& map, index_t i) {
  return map.row_scale.empty() ? 1
                               : static_cast<double>(map.row_scale[static_cast<std::size_t>(i)]);
}
template <Scalar T>
double column_scale_at(const AffineMap<T>& map, index_t j) {
  return map.column_scale.empty()
             ? 1
             : static_cast<double>(map.column_scale[static_cast<std::size_t>(j)]);
}

// Returns |scale_ij (a - shift_ij)|^2; the scale comes before the square, which may overflow.
template <Scalar T>
double mapped_energy_of_entry(const AffineMap<T>& map, index_t i, index_t j, T a) {
  const auto entry = std::complex<double>(a) - std::complex<double>(shift_at(map, i, j));
  return std::norm(row_scale_at(map, i) * (column_scale_at(map, j) * entry));
}

// Adds up the entries of a column in a type wide enough that neither the sum overflows nor its
// rounding shows in the mean.
template <Scalar T>
class ColumnSummer {
 public:
  void add(T x) {
    re_.add(std::real(x));
    im_.add(std::imag(x));
    max_abs_ = std::max({max_abs_, static_cast<double>(std::abs(std::real(x))),
                         static_cast<double>(std::abs(std::imag(x)))});
  }
  // For a column of the given length; entries not added are zero.
  ColumnSummary<T> summary(index_t rows) const {
    using Real = real_t<T>;
    const Real re = static_cast<Real>(re_.value() / static_cast<Wide>(rows));
    if constexpr (is_complex<T>) {
      return {{re, static_cast<Real>(im_.value() / static_cast<Wide>(rows))}, max_abs_};
    } else {
      return {re, max_abs_};
    }
  }

 private:
  using Wide = std::conditional_t<std::same_as<real_t<T>, float>, double, long double>;

  // Neumaier's compensated sum: what each addition rounds off is kept.
  struct Sum {
    Wide sum = 0;
    Wide lost = 0;
    void add(Wide x) {
      const Wide next = sum + x;
      lost += std::abs(sum) >= std::abs(x) ? (sum - next) + x : (x - next) + sum;
      sum = next;
    }
    Wide value() const { return sum + lost; }
  };
  Sum re_;
  Sum im_;
  double max_abs_ = 0;
};

// Returns the sum over i of |scale_ij (a_i - shift_ij)|^2 for column j, entries stride apart.
template <Scalar T>
double mapped_energy(const AffineMap<T>& map, index_t j, index_t rows, const T* a, index_t stride);

// Returns the scan of one stored column: column `index` of A, or its row if row_major.
template <Scalar T>
EntryScan scan_column(MatrixView<const T> column, index_t index, bool row_major);

// Adds the scan of later entries to that of earlier ones.
void merge_scan(EntryScan& earlier, const EntryScan& later);

}  // namespace eckart::operators
