#include "operators/compressed_rows.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <limits>
#include <numeric>

#include "core/parallel.hpp"

namespace eckart::operators {
namespace {

constexpr index_t entries_per_chunk = 65536;
constexpr index_t row_cost = 4;  // a row costs about as much as that many entries

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

bool fits_32_bits(index_t dimension) {
  return dimension <= std::numeric_limits<std::int32_t>::max();
}

template <class To, class From>
core::Array<To> converted(std::span<const From> from, const Context& context) {
  core::Array<To> to(static_cast<index_t>(from.size()));
  core::for_each_chunk(to.size(), entries_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t p = first; p < last; ++p) {
                           to.writable()[p] = static_cast<To>(from[at(p)]);
                         }
                       });
  return to;
}

// Returns the indices as they are, if they have the right type, or converted.
template <class To>
core::Array<To> indices_as(const IndexSpan& indices, const Context& context) {
  if (const auto* same = std::get_if<std::span<const To>>(&indices)) {
    return core::Array<To>::borrowed(*same);
  }
  return std::visit([&](auto span) { return converted<To>(span, context); }, indices);
}

// Returns the smallest way to keep the values that changes none of them. A zero keeps its sign.
template <Scalar T>
Values smallest_kind(std::span<const T> values, index_t entries, const Context& context) {
  if (values.empty()) return entries > 0 ? Values::ones : Values::full;
  using Narrow = kernels::narrow_t<T>;
  std::atomic<bool> ones = true;
  std::atomic<bool> narrow = !std::same_as<Narrow, T>;
  core::for_each_chunk(entries, entries_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         if (!ones && !narrow) return;
                         bool all_one = true;
                         bool all_narrow = true;
                         for (index_t p = first; p < last; ++p) {
                           const T value = values[at(p)];
                           all_one &= value == T{1};
                           all_narrow &= value == static_cast<T>(static_cast<Narrow>(value));
                         }
                         if (!all_one) ones = false;
                         if (!all_narrow) narrow = false;
                       });
  return ones ? Values::ones : narrow ? Values::narrow : Values::full;
}

}  // namespace

template <Scalar T>
CompressedRows<T>::CompressedRows(const SparseView<T>& A, const Context& context)
    : rows_(A.by_columns ? A.cols : A.rows),
      cols_(A.by_columns ? A.rows : A.cols),
      wide_(!fits_32_bits(cols_)),
      kind_(smallest_kind(A.values, A.stored_entries(), context)),
      offsets_(indices_as<index_t>(A.offsets, context)) {
  if (wide_) {
    columns64_ = indices_as<index_t>(A.indices, context);
  } else {
    columns32_ = indices_as<std::int32_t>(A.indices, context);
  }
  borrows_columns_ = wide_ == std::holds_alternative<std::span<const index_t>>(A.indices);
  if (kind_ == Values::full) full_ = core::Array<T>::borrowed(A.values);
  if (kind_ == Values::narrow) narrow_ = converted<Narrow>(A.values, context);
  cut_into_parts();
}

template <Scalar T>
CompressedRows<T> CompressedRows<T>::transposed(const Context& context) const {
  CompressedRows B;
  B.rows_ = cols_;
  B.cols_ = rows_;
  B.wide_ = !fits_32_bits(B.cols_);
  B.kind_ = kind_;
  const index_t entries = stored_entries();
  B.offsets_ = core::Array<index_t>(B.rows_ + 1);
  if (B.wide_) {
    B.columns64_ = core::Array<index_t>(entries);
  } else {
    B.columns32_ = core::Array<std::int32_t>(entries);
  }
  if (kind_ == Values::full) B.full_ = core::Array<T>(entries);
  if (kind_ == Values::narrow) B.narrow_ = core::Array<Narrow>(entries);

  // Each chunk of rows counts its entries by column; the counts become the places to write to.
  const index_t chunks = std::clamp<index_t>(entries / (4 * std::max<index_t>(cols_, 1)), 1, 16);
  const index_t share = core::count_chunks(entries, chunks);
  const auto first_row = [&](index_t c) {
    const index_t* begin = offsets_.data();
    const index_t place = std::min(c * share, entries);
    return c == 0 ? 0 : c == chunks ? rows_ : std::lower_bound(begin, begin + rows_, place) - begin;
  };
  core::Array<index_t> next(chunks * cols_);
  visit([&](const auto* columns, const auto* values) {
    using Value = std::remove_cvref_t<decltype(*values)>;
    core::for_each_chunk(chunks, 1, context, [&](index_t c, index_t, index_t) {
      index_t* count = next.writable() + c * cols_;
      std::fill_n(count, cols_, 0);
      for (index_t p = offsets_[first_row(c)]; p < offsets_[first_row(c + 1)]; ++p) {
        ++count[columns[p]];
      }
    });
    index_t place = 0;
    for (index_t j = 0; j < cols_; ++j) {
      B.offsets_.writable()[j] = place;
      for (index_t c = 0; c < chunks; ++c) {
        place += std::exchange(next.writable()[c * cols_ + j], place);
      }
    }
    B.offsets_.writable()[cols_] = place;
    core::for_each_chunk(chunks, 1, context, [&](index_t c, index_t, index_t) {
      index_t* to = next.writable() + c * cols_;
      for (index_t i = first_row(c); i < first_row(c + 1); ++i) {
        for (index_t p = offsets_[i]; p < offsets_[i + 1]; ++p) {
          const index_t q = to[columns[p]]++;
          if (B.wide_) {
            B.columns64_.writable()[q] = i;
          } else {
            B.columns32_.writable()[q] = static_cast<std::int32_t>(i);
          }
          if constexpr (std::same_as<Value, T>) B.full_.writable()[q] = values[p];
          if constexpr (std::same_as<Value, Narrow> && !std::same_as<Narrow, T>) {
            B.narrow_.writable()[q] = values[p];
          }
        }
      }
    });
  });
  B.cut_into_parts();
  return B;
}

// The cut depends on the matrix alone.
template <Scalar T>
void CompressedRows<T>::cut_into_parts() {
  constexpr index_t shares = 128;
  const index_t work = stored_entries() + row_cost * rows_;
  const index_t share = std::max<index_t>(4096, core::count_chunks(work, shares));
  index_t start = 0;
  const auto close = [&](index_t row) {
    if (row > start) parts_.push_back({start, row, offsets_[start], offsets_[row], -1});
    start = row;
  };
  for (index_t i = 0; i < rows_; ++i) {
    if (offsets_[i + 1] - offsets_[i] > 2 * share) {
      close(i);
      for (index_t p = offsets_[i]; p < offsets_[i + 1]; p += share) {
        parts_.push_back({i, i + 1, p, std::min(p + share, offsets_[i + 1]), slots_++});
      }
      start = i + 1;
    } else if (offsets_[i + 1] - offsets_[start] + row_cost * (i + 1 - start) >= share) {
      close(i + 1);
    }
  }
  close(rows_);
}

template <Scalar T>
std::uint64_t CompressedRows<T>::stored_bytes() const {
  const auto bytes = [](const auto& array) {
    return static_cast<std::uint64_t>(array.size()) * sizeof(array[0]);
  };
  return bytes(offsets_) + bytes(columns32_) + bytes(columns64_) + bytes(full_) + bytes(narrow_) +
         bytes(panel_cuts_) + parts_.size() * sizeof(Part);
}

template <Scalar T>
void CompressedRows<T>::multiply_strip(
    const T* X, index_t width, MatrixView<T> Y, bool conjugated, const Context& context) const {
  Matrix<T> sums = Matrix<T>::uninitialized(width, slots_);
  const index_t parts = static_cast<index_t>(parts_.size());
  visit([&](const auto* columns, const auto* values) {
    using Index = std::remove_cvref_t<decltype(*columns)>;
    using Value = std::remove_cvref_t<decltype(*values)>;
    using Rows = kernels::SparseRows<T, Index, Value>;
    core::for_each_chunk(parts, 1, context, [&](index_t c, index_t, index_t) {
      const Part& part = parts_[at(c)];
      if (part.slot >= 0) {
        const std::array<index_t, 2> cuts = {part.begin, part.end};
        return kernels::gather(Rows{1, cuts.data(), 1, columns, values, conjugated}, width, X,
                               sums.view().column(part.slot));
      }
      // A few rows at a time: their part of the product stays in the first-level cache.
      alignas(64) std::array<T, 16384 / sizeof(T)> strip;
      const index_t rows_at_once = static_cast<index_t>(strip.size()) / width;
      for (index_t i = part.first; i < part.last; i += rows_at_once) {
        const index_t count = std::min(rows_at_once, part.last - i);
        const Rows rows{count, offsets_.data() + i, 1, columns, values, conjugated};
        kernels::gather(rows, width, X, width == 1 ? Y.data + i : strip.data());
        if (width > 1) {
          kernels::unpack_strip(count, Y.cols, strip.data(), width, Y.data + i, Y.ld);
        }
      }
    });
  });
  for (const Part& part : parts_) {
    if (part.slot < 0) continue;
    for (index_t j = 0; j < Y.cols; ++j) {
      const T sum = sums(j, part.slot);
      Y(part.first, j) = part.begin == offsets_[part.first] ? sum : Y(part.first, j) + sum;
    }
  }
}

template <Scalar T>
void CompressedRows<T>::times(MatrixView<const T> X,
                              MatrixView<T> Y,
                              bool conjugated,
                              const Context& context) const {
  constexpr index_t rows_per_chunk = 4096;
  Matrix<T> packed;
  for (index_t j = 0; j < X.cols; j += kernels::widest_strip<T>) {
    const index_t columns = std::min(X.cols - j, kernels::widest_strip<T>);
    const index_t width = kernels::strip_width<T>(columns);
    const T* strip = X.column(j);
    if (width > 1) {
      if (packed.rows() != width) packed = Matrix<T>::uninitialized(width, X.rows);
      core::for_each_chunk(X.rows, rows_per_chunk, context,
                           [&](index_t, index_t first, index_t last) {
                             kernels::pack_strip(last - first, columns, X.column(j) + first, X.ld,
                                                 width, packed.view().column(first));
                           });
      strip = packed.data();
    }
    multiply_strip(strip, width, Y.columns(j, columns), conjugated, context);
  }
}

template <Scalar T>
void CompressedRows<T>::prepare_transposed_products() {
  const index_t entries = stored_entries();
  const index_t wanted = std::clamp<index_t>(entries / (16 * std::max<index_t>(rows_, 1)), 4, 16);
  visit([&](const auto* columns, const auto*) {
    core::Array<index_t> counts(cols_);
    std::fill_n(counts.writable(), cols_, 0);
    for (index_t p = 0; p < entries; ++p) ++counts.writable()[columns[p]];
    const index_t share = core::count_chunks(entries + row_cost * cols_, wanted);
    panels_ = {0};
    index_t work = 0;
    for (index_t j = 0; j < cols_; ++j) {
      work += counts[j] + row_cost;
      if (work >= share * static_cast<index_t>(panels_.size()) && j + 1 < cols_) {
        panels_.push_back(j + 1);
      }
    }
    panels_.push_back(cols_);
    const index_t panels = static_cast<index_t>(panels_.size()) - 1;
    panel_cuts_ = core::Array<index_t>(rows_ * panels + 1);
    index_t* cut = panel_cuts_.writable();
    for (index_t i = 0; i < rows_; ++i) {
      index_t p = offsets_[i];
      for (index_t t = 0; t < panels; ++t) {
        *cut++ = p;
        while (p < offsets_[i + 1] && columns[p] < panels_[at(t + 1)]) ++p;
      }
    }
    *cut = entries;
  });
}

template <Scalar T>
void CompressedRows<T>::transposed_times(MatrixView<const T> Y,
                                         MatrixView<T> X,
                                         bool conjugated,
                                         const Context& context) const {
  constexpr index_t rows_per_chunk = 4096;
  const index_t panels = static_cast<index_t>(panels_.size()) - 1;
  for (index_t j = 0; j < X.cols; j += kernels::widest_strip<T>) {
    const index_t columns = std::min(X.cols - j, kernels::widest_strip<T>);
    const index_t width = kernels::strip_width<T>(columns);
    Matrix<T> Y_strip = Matrix<T>::uninitialized(width, Y.rows);
    Matrix<T> X_strip = Matrix<T>::uninitialized(width, X.rows);
    core::for_each_chunk(Y.rows, rows_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           kernels::pack_strip(last - first, columns, Y.column(j) + first, Y.ld,
                                               width, Y_strip.view().column(first));
                         });
    visit([&](const auto* indices, const auto* values) {
      using Index = std::remove_cvref_t<decltype(*indices)>;
      using Value = std::remove_cvref_t<decltype(*values)>;
      // Each panel is the work of one thread alone: nothing is added twice or out of order.
      core::for_each_chunk(panels, 1, context, [&](index_t t, index_t, index_t) {
        const index_t first = panels_[at(t)];
        const index_t count = panels_[at(t + 1)] - first;
        std::fill_n(X_strip.view().column(first), width * count, T{});
        kernels::scatter(kernels::SparseRows<T, Index, Value>{rows_, panel_cuts_.data() + t, panels,
                                                              indices, values, conjugated},
                         width, Y_strip.data(), X_strip.data());
        kernels::unpack_strip(count, columns, X_strip.view().column(first), width,
                              X.column(j) + first, X.ld);
      });
    });
  }
}

template class CompressedRows<float>;
template class CompressedRows<double>;
template class CompressedRows<std::complex<float>>;
template class CompressedRows<std::complex<double>>;

}  // namespace eckart::operators
