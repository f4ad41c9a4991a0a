// A matrix that is read tile by tile, once for each product.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <string_view>
#include <utility>

#include "core/parallel.hpp"
#include "core/sketch.hpp"
#include "eckart/error.hpp"
#include "eckart/operators.hpp"
#include "eckart/tiles.hpp"
#include "kernels/elements.hpp"
#include "operators/entries.hpp"
#include "operators/tile_reader.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// to <- the elements as numbers of T. REQUIRES: becomes<T>(element), and T is another type
template <Scalar T>
void convert_elements(Element element, index_t n, const std::byte* from, T* to) {
  const auto convert = [&]<class Source>(Source) {
    kernels::convert(n, reinterpret_cast<const Source*>(from), to);
  };
  if constexpr (std::same_as<T, float>) {
    if (element == Element::float16) convert(kernels::Half{});
    if (element == Element::bfloat16) convert(kernels::Bfloat16{});
  }
  if constexpr (std::same_as<T, double>) {
    if (element == Element::boolean) convert(kernels::Boolean{});
    if (element == Element::int8) convert(std::int8_t{});
    if (element == Element::uint8) convert(std::uint8_t{});
    if (element == Element::int16) convert(std::int16_t{});
    if (element == Element::uint16) convert(std::uint16_t{});
    if (element == Element::int32) convert(std::int32_t{});
    if (element == Element::uint32) convert(std::uint32_t{});
    if (element == Element::int64) convert(std::int64_t{});
    if (element == Element::uint64) convert(std::uint64_t{});
  }
}

template <Scalar T>
bool is_native(Element element) {
  return std::string_view(element_name(element)) == scalar_name<T>();
}

// sum <- sum + part, for blocks of the same shape.
template <Scalar T>
void add(MatrixView<const T> part, MatrixView<T> sum, const Context& context) {
  constexpr index_t rows_per_chunk = 8192;
  core::for_each_chunk(sum.rows, rows_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t j = 0; j < sum.cols; ++j) {
                           const T* from = part.column(j);
                           T* to = sum.column(j);
                           for (index_t i = first; i < last; ++i) to[i] += from[i];
                         }
                       });
}

// What one pass tells of all entries. The energies are those of entries less a provisional centre
// of their column, so that none is lost where columns hardly vary.
template <Scalar T>
struct Survey {
  EntryScan scan;
  std::vector<T> center;
  std::vector<double> energies;               // sums of |a_ij - center_j|^2
  std::vector<std::complex<double>> offsets;  // sums of a_ij - center_j
};

template <Scalar T>
class TiledOperator final : public LinearOperator<T>, public core::SketchSource<T> {
 public:
  explicit TiledOperator(std::shared_ptr<TileSource> source)
      : source_(std::move(source)),
        buffers_(std::min(at(tiles_ahead) + 1, std::max<std::size_t>(1, source_->tiles().size())),
                 largest_tile()) {
    for (const Tile& tile : source_->tiles()) {
      whole_rows_ = whole_rows_ && tile.cols == cols();
      whole_columns_ = whole_columns_ && tile.rows == rows();
      bytes_ += tile.bytes(source_->element());
      if (tile.entries >= 0) sparse_entries_ += tile.entries;
      if (tile.entries < 0) dense_ = true;
    }
  }

  index_t rows() const override { return source_->rows(); }
  index_t cols() const override { return source_->cols(); }
  Storage storage() const override { return dense_ ? Storage::dense : Storage::sparse; }
  index_t entries_per_product() const override {
    return dense_ ? LinearOperator<T>::entries_per_product() : sparse_entries_;
  }
  std::uint64_t stored_bytes() const override {
    const std::uint64_t tile = largest_tile();
    const std::uint64_t widened =
        is_native<T>(source_->element()) ? 0 : tile * sizeof(T) / element_bytes(source_->element());
    // A sparse tile is copied with smaller indices.
    return buffers_.count() * tile + widened + (dense_ ? 0 : 2 * tile);
  }
  std::uint64_t bytes_per_read() const override { return bytes_; }
  index_t reads() const override { return reads_; }
  bool reads_once(Gram side) const override {
    return side == Gram::columns ? whole_rows_ : whole_columns_;
  }

  void apply(MatrixView<const T> X, MatrixView<T> Y, Context& context) const override {
    for_each_tile(context, [&](const Tile& tile, const LinearOperator<T>& piece) {
      const MatrixView<T> rows = Y.block(tile.row, 0, tile.rows, Y.cols);
      const MatrixView<const T> part = X.block(tile.col, 0, tile.cols, X.cols);
      if (tile.col == 0) return piece.apply(part, rows, context);
      Matrix<T> product = Matrix<T>::uninitialized(tile.rows, Y.cols);
      piece.apply(part, product.view(), context);
      add<T>(std::as_const(product).view(), rows, context);
    });
  }

  void apply_adjoint(MatrixView<const T> Y, MatrixView<T> X, Context& context) const override {
    for_each_tile(context, [&](const Tile& tile, const LinearOperator<T>& piece) {
      const MatrixView<T> cols = X.block(tile.col, 0, tile.cols, X.cols);
      const MatrixView<const T> part = Y.block(tile.row, 0, tile.rows, Y.cols);
      if (tile.row == 0) return piece.apply_adjoint(part, cols, context);
      Matrix<T> product = Matrix<T>::uninitialized(tile.cols, X.cols);
      piece.apply_adjoint(part, product.view(), context);
      add<T>(std::as_const(product).view(), cols, context);
    });
  }

  int apply_gram(Gram side,
                 MatrixView<const T> X,
                 MatrixView<T> Y,
                 MatrixView<T> Z,
                 const RowsStep<T>& step,
                 Context& context) const override {
    if (!reads_once(side)) {
      return LinearOperator<T>::apply_gram(side, X, Y, Z, step, context);
    }
    Matrix<T> product = Matrix<T>::uninitialized(Z.rows, Z.cols);
    for_each_tile(context, [&](const Tile& tile, const LinearOperator<T>& piece) {
      const index_t first = side == Gram::columns ? tile.row : tile.col;
      const index_t count = side == Gram::columns ? tile.rows : tile.cols;
      const MatrixView<T> rows = Y.block(first, 0, count, Y.cols);
      RowsStep<T> shifted;
      if (step) shifted = [&](index_t row, MatrixView<T> some) { step(first + row, some); };
      const MatrixView<T> sum = first == 0 ? Z : product.view();
      piece.apply_gram(side, X, rows, sum, shifted, context);
      if (first > 0) add<T>(std::as_const(product).view(), Z, context);
    });
    return 1;
  }

  // Sums are added tile by tile, whatever the tiles span.
  int add_sketches(const core::TestMatrix<T>& Omega,
                   MatrixView<T> Y,
                   const core::TestMatrix<T>& Psi,
                   MatrixView<T> Z,
                   Context& context) const override {
    for_each_tile(context, [&](const Tile& tile, const LinearOperator<T>& piece) {
      core::add_sketches(piece, Omega.block(tile.col, tile.cols),
                         Y.block(tile.row, 0, tile.rows, Y.cols), Psi.block(tile.row, tile.rows),
                         Z.block(tile.col, 0, tile.cols, Z.cols), context);
    });
    return 1;
  }

  EntryScan scan(Context& context) const override { return survey(context).scan; }

  std::vector<double> column_energies(const AffineMap<T>& map, Context& context) const override {
    if (map.row_shift.empty() && map.row_scale.empty()) {
      std::vector<double> energies = shifted_energies(map, context);
      if (!energies.empty()) return energies;
    }
    std::vector<double> sums(at(cols()));
    for_each_tile(context, [&](const Tile& tile, const LinearOperator<T>& piece) {
      const std::vector<double> part = piece.column_energies(part_of(map, tile), context);
      for (index_t j = 0; j < tile.cols; ++j) sums[at(tile.col + j)] += part[at(j)];
    });
    return sums;
  }

  std::vector<ColumnSummary<T>> column_summaries(Context& context) const override {
    const Survey<T>& seen = survey(context);
    std::vector<ColumnSummary<T>> summaries(at(cols()));
    for (std::size_t j = 0; j < summaries.size(); ++j) {
      const std::complex<double> mean =
          std::complex<double>(seen.center[j]) + seen.offsets[j] / static_cast<double>(rows());
      if constexpr (is_complex<T>) {
        summaries[j].mean = T(mean);
      } else {
        summaries[j].mean = static_cast<T>(mean.real());
      }
      summaries[j].max_abs = seen.scan.max_abs;
    }
    return summaries;
  }

  void copy_to(MatrixView<T> A, Context& context) const override {
    for_each_tile(context, [&](const Tile& tile, const LinearOperator<T>& piece) {
      piece.copy_to(A.block(tile.row, tile.col, tile.rows, tile.cols), context);
    });
  }

 private:
  std::size_t largest_tile() const {
    std::size_t largest = 1;
    for (const Tile& tile : source_->tiles()) {
      largest = std::max(largest, tile.bytes(source_->element()));
    }
    return largest;
  }

  // Reads all tiles and calls body(tile, piece) with each as an operator.
  template <class Body>
  void for_each_tile(Context& context, const Body& body) const {
    source_->begin_pass();
    {
      operators::TileReader reader(*source_, buffers_);
      for (const Tile& tile : source_->tiles()) {
        core::throw_if_stopped(context);
        body(tile, *piece_of(tile, reader.next(), context));
      }
    }
    source_->end_pass();
    ++reads_;
  }

  std::unique_ptr<LinearOperator<T>> piece_of(const Tile& tile,
                                              const std::byte* bytes,
                                              const Context& context) const {
    if (tile.entries >= 0) return sparse_piece(tile, bytes, context);
    const index_t count = tile.rows * tile.cols;
    const T* numbers = numbers_of(count, bytes, context);
    const index_t lines = tile.row_major ? tile.cols : tile.rows;
    const MatrixView<const T> values{numbers, lines, tile.row_major ? tile.rows : tile.cols,
                                     std::max<index_t>(1, lines)};
    return make_operator(DenseMatrix<T>{values, tile.row_major, nullptr});
  }

  std::unique_ptr<LinearOperator<T>> sparse_piece(const Tile& tile,
                                                  const std::byte* bytes,
                                                  const Context& context) const {
    const auto* offsets = reinterpret_cast<const index_t*>(bytes);
    const index_t* columns = offsets + tile.rows + 1;
    const T* values = numbers_of(
        tile.entries, reinterpret_cast<const std::byte*>(columns + tile.entries), context);
    return make_operator(
        SparseView<T>(tile.rows, tile.cols, std::span<const index_t>(offsets, at(tile.rows + 1)),
                      std::span<const index_t>(columns, at(tile.entries)),
                      std::span<const T>(values, at(tile.entries))),
        SparseStorage::one_orientation, context);
  }

  // The numbers where they are, or converted.
  const T* numbers_of(index_t count, const std::byte* bytes, const Context& context) const {
    if (is_native<T>(source_->element())) return reinterpret_cast<const T*>(bytes);
    converted_.resize(std::max(converted_.size(), at(count)));
    const auto size = static_cast<index_t>(element_bytes(source_->element()));
    constexpr index_t elements_per_chunk = 1 << 16;
    core::for_each_chunk(count, elements_per_chunk, context,
                         [&](index_t, index_t first, index_t last) {
                           convert_elements(source_->element(), last - first, bytes + first * size,
                                            converted_.data() + first);
                         });
    return converted_.data();
  }

  const Survey<T>& survey(Context& context) const {
    if (survey_) return *survey_;
    auto seen = std::make_unique<Survey<T>>();
    seen->center.assign(at(cols()), T{});
    seen->energies.assign(at(cols()), 0);
    seen->offsets.assign(at(cols()), 0);
    for_each_tile(context, [&](const Tile& tile, const LinearOperator<T>& piece) {
      if (tile.row == 0 && dense_) {
        const std::vector<ColumnSummary<T>> first = piece.column_summaries(context);
        for (index_t j = 0; j < tile.cols; ++j) seen->center[at(tile.col + j)] = first[at(j)].mean;
      }
      add_to_survey(tile, piece, *seen, context);
    });
    survey_ = std::move(seen);
    return *survey_;
  }

  void add_to_survey(const Tile& tile,
                     const LinearOperator<T>& piece,
                     Survey<T>& seen,
                     Context& context) const {
    EntryScan scan = piece.scan(context);
    if (!scan.finite()) {
      scan.nonfinite_row += tile.row;
      scan.nonfinite_col += tile.col;
    }
    operators::merge_scan(seen.scan, scan);
    AffineMap<T> map;
    map.column_shift = seen.center;
    const std::vector<double> energies = piece.column_energies(part_of(map, tile), context);
    Matrix<T> ones(tile.rows, 1);
    Matrix<T> sums(tile.cols, 1);
    std::fill_n(ones.data(), tile.rows, T{1});
    piece.apply_adjoint(std::as_const(ones).view(), sums.view(), context);
    for (index_t j = 0; j < tile.cols; ++j) {
      const std::size_t c = at(tile.col + j);
      if (energies[at(j)] == 0) continue;  // all equal to the centre, whatever rounding says
      seen.energies[c] += energies[at(j)];
      seen.offsets[c] += std::complex<double>(conjugate(sums(j, 0))) -
                         static_cast<double>(tile.rows) * std::complex<double>(seen.center[c]);
    }
  }

  // The energies about another centre s, from those about c:
  // sum |a - s|^2 = sum |a - c|^2 + 2 Re(conj(c - s) sum (a - c)) + m |c - s|^2.
  // Empty where too little of them would be left.
  std::vector<double> shifted_energies(const AffineMap<T>& map, Context& context) const {
    const Survey<T>& seen = survey(context);
    const auto m = static_cast<double>(rows());
    std::vector<double> energies(at(cols()));
    for (index_t j = 0; j < cols(); ++j) {
      std::complex<double> moved = std::complex<double>(seen.center[at(j)]);
      if (!map.column_shift.empty()) moved -= std::complex<double>(map.column_shift[at(j)]);
      const double added = m * std::norm(moved);
      const double energy =
          seen.energies[at(j)] + 2 * std::real(std::conj(moved) * seen.offsets[at(j)]) + added;
      constexpr double least = 1e-6;
      if (!(energy >= least * (seen.energies[at(j)] + added))) return {};
      const double scale = operators::column_scale_at(map, j);
      energies[at(j)] = scale * scale * energy;
    }
    return energies;
  }

  static AffineMap<T> part_of(const AffineMap<T>& map, const Tile& tile) {
    const auto cut = [](const auto& all, index_t first, index_t count) {
      return all.empty() ? all
                         : std::remove_cvref_t<decltype(all)>(all.begin() + first,
                                                              all.begin() + first + count);
    };
    return {.column_shift = cut(map.column_shift, tile.col, tile.cols),
            .row_shift = cut(map.row_shift, tile.row, tile.rows),
            .row_scale = cut(map.row_scale, tile.row, tile.rows),
            .column_scale = cut(map.column_scale, tile.col, tile.cols)};
  }

  std::shared_ptr<TileSource> source_;
  operators::TileBuffers buffers_;
  bool whole_rows_ = true;
  bool whole_columns_ = true;
  bool dense_ = false;
  index_t sparse_entries_ = 0;
  std::uint64_t bytes_ = 0;
  // Filled by passes, which a driver makes from one thread.
  mutable index_t reads_ = 0;
  mutable std::vector<T> converted_;
  mutable std::unique_ptr<Survey<T>> survey_;
};

}  // namespace

std::size_t element_bytes(Element element) {
  switch (element) {
    case Element::complex128:
      return 16;
    case Element::float64:
    case Element::int64:
    case Element::uint64:
    case Element::complex64:
      return 8;
    case Element::float32:
    case Element::int32:
    case Element::uint32:
      return 4;
    case Element::float16:
    case Element::bfloat16:
    case Element::int16:
    case Element::uint16:
      return 2;
    case Element::int8:
    case Element::uint8:
    case Element::boolean:
      break;
  }
  return 1;
}

const char* element_name(Element element) {
  constexpr const char* names[] = {"float64", "float32", "float16", "bfloat16",  "int8",
                                   "uint8",   "int16",   "uint16",  "int32",     "uint32",
                                   "int64",   "uint64",  "bool",    "complex64", "complex128"};
  return names[static_cast<std::size_t>(element)];
}

std::size_t Tile::bytes(Element element) const {
  const std::size_t size = element_bytes(element);
  if (entries < 0) return at(rows) * at(cols) * size;
  return (at(rows) + 1 + at(entries)) * sizeof(index_t) + at(entries) * size;
}

template <Scalar T>
bool becomes(Element element) {
  switch (element) {
    case Element::float32:
    case Element::float16:
    case Element::bfloat16:
      return std::same_as<T, float>;
    case Element::complex64:
      return std::same_as<T, std::complex<float>>;
    case Element::complex128:
      return std::same_as<T, std::complex<double>>;
    default:
      return std::same_as<T, double>;
  }
}

template <Scalar T>
std::unique_ptr<LinearOperator<T>> make_tiled(std::shared_ptr<TileSource> source) {
  require(becomes<T>(source->element()),
          fmt::format("elements of type {} do not become {}", element_name(source->element()),
                      scalar_name<T>()));
  return std::make_unique<TiledOperator<T>>(std::move(source));
}

template bool becomes<float>(Element);
template bool becomes<double>(Element);
template bool becomes<std::complex<float>>(Element);
template bool becomes<std::complex<double>>(Element);
template std::unique_ptr<LinearOperator<float>> make_tiled(std::shared_ptr<TileSource>);
template std::unique_ptr<LinearOperator<double>> make_tiled(std::shared_ptr<TileSource>);
template std::unique_ptr<LinearOperator<std::complex<float>>> make_tiled(
    std::shared_ptr<TileSource>);
template std::unique_ptr<LinearOperator<std::complex<double>>> make_tiled(
    std::shared_ptr<TileSource>);

}  // namespace eckart
