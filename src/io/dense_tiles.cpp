#include "io/dense_tiles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <complex>
#include <limits>
#include <utility>

#include "eckart/error.hpp"
#include "io/npy_header.hpp"

namespace eckart::io {
namespace {

struct Name {
  const char* numpy;
  Element element;
};
constexpr std::array names = {
    Name{"f8", Element::float64},     Name{"f4", Element::float32},
    Name{"f2", Element::float16},     Name{"bf16", Element::bfloat16},
    Name{"i1", Element::int8},        Name{"u1", Element::uint8},
    Name{"i2", Element::int16},       Name{"u2", Element::uint16},
    Name{"i4", Element::int32},       Name{"u4", Element::uint32},
    Name{"i8", Element::int64},       Name{"u8", Element::uint64},
    Name{"b1", Element::boolean},     Name{"c8", Element::complex64},
    Name{"c16", Element::complex128},
};

// Bytes of the number that an element becomes.
std::size_t number_bytes(Element element) {
  const bool single = becomes<float>(element) || becomes<std::complex<float>>(element);
  const bool complex =
      becomes<std::complex<float>>(element) || becomes<std::complex<double>>(element);
  return (single ? sizeof(float) : sizeof(double)) * (complex ? 2 : 1);
}

class DenseTiles final : public TileSource {
 public:
  DenseTiles(std::vector<DensePart> parts, std::uint64_t tile_bytes) : parts_(std::move(parts)) {
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      add_tiles(p, tile_bytes);
      rows_ += parts_[p].rows;
    }
  }

  index_t rows() const override { return rows_; }
  index_t cols() const override { return parts_.front().cols; }
  Element element() const override { return parts_.front().element; }
  const std::vector<Tile>& tiles() const override { return tiles_; }

  void begin_pass() override { require_unchanged(); }
  void end_pass() override { require_unchanged(); }

  void read(const Tile& tile, std::byte* to) override {
    const std::size_t p = part_of_[static_cast<std::size_t>(&tile - tiles_.data())];
    const DensePart& part = parts_[p];
    const index_t row = tile.row - first_row_[p];
    // A line is a row, or a column in Fortran order; a tile has pieces of equal length of some.
    const index_t line_length = part.row_major ? part.cols : part.rows;
    const index_t first = part.row_major ? row : tile.col;
    const index_t lines = part.row_major ? tile.rows : tile.cols;
    const index_t from = part.row_major ? tile.col : row;
    const index_t length = part.row_major ? tile.cols : tile.rows;
    const auto size = static_cast<index_t>(element_bytes(part.element));
    const auto place = [&](index_t line) {
      return part.offset + static_cast<std::uint64_t>((line * line_length + from) * size);
    };
    if (length == line_length) {
      return part.file.read(place(first), static_cast<std::size_t>(lines * length * size), to);
    }
    for (index_t i = 0; i < lines; ++i) {
      part.file.read(place(first + i), static_cast<std::size_t>(length * size),
                     to + i * length * size);
    }
  }

 private:
  // Whole lines where a good number of them fit; else pieces of lines.
  void add_tiles(std::size_t p, std::uint64_t tile_bytes) {
    const DensePart& part = parts_[p];
    first_row_.push_back(rows_);
    const index_t count = part.row_major ? part.rows : part.cols;
    const index_t length = part.row_major ? part.cols : part.rows;
    if (count == 0 || length == 0) return;
    constexpr index_t enough_lines = 64;
    const auto numbers = static_cast<index_t>(tile_bytes / number_bytes(part.element));
    index_t lines = std::clamp<index_t>(numbers / length, 1, count);
    index_t piece = length;
    const index_t wanted = std::min(enough_lines, count);
    if (lines < wanted) {
      lines = wanted;
      if (length > 4 * numbers / lines) piece = std::max<index_t>(1, numbers / lines);
    }
    for (index_t first = 0; first < count; first += lines) {
      for (index_t from = 0; from < length; from += piece) {
        const index_t some = std::min(lines, count - first);
        const index_t part_length = std::min(piece, length - from);
        tiles_.push_back(part.row_major ? Tile{rows_ + first, from, some, part_length, true}
                                        : Tile{rows_ + from, first, part_length, some, false});
        part_of_.push_back(p);
      }
    }
  }

  void require_unchanged() const {
    for (const DensePart& part : parts_) part.file.require_unchanged();
  }

  std::vector<DensePart> parts_;
  std::vector<index_t> first_row_;
  std::vector<Tile> tiles_;
  std::vector<std::size_t> part_of_;  // for each tile
  index_t rows_ = 0;
};

Element element_of(const NpyHeader& header, const std::string& path) {
  const std::string name = fmt::format("{}{}", header.kind, header.item_bytes);
  for (const Name& known : names) {
    if (name == known.numpy) return known.element;
  }
  throw IoError(path, "byte 0",
                fmt::format("the elements are of type {}; expected numbers of at most 64 bits a "
                            "part",
                            type_name(header)));
}

}  // namespace

Element element_from_string(const std::string& name) {
  std::string known;
  for (const Name& candidate : names) {
    if (name == candidate.numpy || name == element_name(candidate.element)) {
      return candidate.element;
    }
    known += (known.empty() ? "" : ", ") + std::string(element_name(candidate.element));
  }
  throw InvalidArgument(fmt::format("'{}' is no element type; expected one of {}", name, known));
}

DensePart open_npy_part(const std::string& path) {
  DensePart part{.file = PartFile(path)};
  std::string start(std::min(npy_header_limit, part.file.bytes()), '\0');
  part.file.read(0, start.size(), start.data());
  const NpyHeader header = parse_npy_header(start, path);
  part.element = element_of(header, path);
  if (!header.native) {
    throw IoError(path, "byte 0",
                  "the elements are in the byte order of other machines; convert them with "
                  "a.astype(a.dtype.newbyteorder('=')) to read them where they are");
  }
  if (header.shape.empty() || header.shape.size() > 2) {
    throw IoError(
        path, "byte 0",
        fmt::format("the array has {} dimensions, shape {}; expected a matrix or a vector",
                    header.shape.size(), format_shape(header.shape)));
  }
  if (header.total_bytes() != part.file.bytes()) {
    throw IoError(path, fmt::format("byte {}", std::min(header.total_bytes(), part.file.bytes())),
                  fmt::format("the file {}; its header, shape {} of {}, needs {} bytes and {} are "
                              "there",
                              header.total_bytes() > part.file.bytes() ? "is truncated"
                                                                       : "goes on after the array",
                              format_shape(header.shape), type_name(header), header.total_bytes(),
                              part.file.bytes()));
  }
  part.offset = header.data_offset;
  part.rows = header.shape[0];
  part.cols = header.shape.size() == 2 ? header.shape[1] : 1;
  part.row_major = header.shape.size() == 2 && !header.fortran_order;
  return part;
}

DensePart open_raw_part(const std::string& path, const FileOperatorOptions& options) {
  require(options.rows >= 0 && options.cols >= 0 && !options.element.empty(),
          "a raw binary file needs its shape and its element type");
  const Element element = element_from_string(options.element);
  const std::uint64_t needed = static_cast<std::uint64_t>(
      checked_bytes(options.rows, options.cols, static_cast<index_t>(element_bytes(element))));
  DensePart part{.file = PartFile(path),
                 .rows = options.rows,
                 .cols = options.cols,
                 .row_major = !options.fortran_order,
                 .element = element};
  if (part.file.bytes() != needed) {
    throw IoError(path, fmt::format("byte {}", std::min(needed, part.file.bytes())),
                  fmt::format("{} x {} of {} is {} bytes; the file has {}", options.rows,
                              options.cols, element_name(element), needed, part.file.bytes()));
  }
  return part;
}

std::shared_ptr<TileSource> make_dense_tiles(std::vector<DensePart> parts,
                                             std::uint64_t tile_bytes) {
  index_t rows = 0;
  for (const DensePart& part : parts) {
    const DensePart& first = parts.front();
    if (part.cols != first.cols || part.element != first.element) {
      throw IoError(part.file.path(),
                    fmt::format("is {} x {} of {}; {} has {} columns of {}, and blocks of rows "
                                "must agree in both",
                                part.rows, part.cols, element_name(part.element), first.file.path(),
                                first.cols, element_name(first.element)));
    }
    if (__builtin_add_overflow(rows, part.rows, &rows)) {
      throw IoError(part.file.path(), "the blocks have more than 2^63 rows together");
    }
  }
  return std::make_shared<DenseTiles>(std::move(parts), tile_bytes);
}

}  // namespace eckart::io
