#include "io/csr_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "eckart/error.hpp"

namespace eckart::io {
namespace {

constexpr std::string_view magic = "ECKCSR1\n";

class CsrTiles final : public TileSource {
 public:
  CsrTiles(PartFile file, std::uint64_t tile_bytes)
      : file_(std::move(file)), header_(read_csr_header(file_)) {
    const std::uint64_t entry = sizeof(index_t) + element_bytes(header_.element);
    const auto most = static_cast<index_t>(std::max<std::uint64_t>(1, tile_bytes / entry));
    const auto most_rows = static_cast<index_t>(tile_bytes / sizeof(index_t));
    Tile tile{.row = 0, .col = 0, .rows = 0, .cols = header_.cols, .row_major = true, .entries = 0};
    for_each_row([&](index_t row, index_t entries) {
      if (tile.rows > 0 && (tile.entries + entries > most || tile.rows >= most_rows)) {
        tiles_.push_back(tile);
        tile.row = row;
        tile.rows = tile.entries = 0;
      }
      ++tile.rows;
      tile.entries += entries;
    });
    if (tile.rows > 0) tiles_.push_back(tile);
  }

  index_t rows() const override { return header_.rows; }
  index_t cols() const override { return header_.cols; }
  Element element() const override { return header_.element; }
  const std::vector<Tile>& tiles() const override { return tiles_; }
  void begin_pass() override { file_.require_unchanged(); }
  void end_pass() override { file_.require_unchanged(); }

  void read(const Tile& tile, std::byte* to) override {
    auto* offsets = reinterpret_cast<index_t*>(to);
    const auto rows = static_cast<std::size_t>(tile.rows);
    const auto entries = static_cast<std::size_t>(tile.entries);
    file_.read(header_.offsets_at() + 8 * static_cast<std::uint64_t>(tile.row), 8 * (rows + 1),
               offsets);
    const auto first = static_cast<std::uint64_t>(offsets[0]);
    for (std::size_t i = 0; i <= rows; ++i) offsets[i] -= static_cast<index_t>(first);
    if (offsets[rows] != tile.entries) {
      throw IoError(file_.path(), "changed while it was read: its offsets are others now");
    }
    index_t* columns = offsets + rows + 1;
    const std::uint64_t at = header_.columns_at() + first * header_.index_bytes;
    if (header_.index_bytes == 8) {
      file_.read(at, 8 * entries, columns);
    } else {
      // Into the upper half of its place, then widened from below.
      auto* narrow = reinterpret_cast<std::byte*>(columns) + 4 * entries;
      file_.read(at, 4 * entries, narrow);
      for (std::size_t e = 0; e < entries; ++e) {
        std::int32_t column = 0;
        std::memcpy(&column, narrow + 4 * e, 4);
        columns[e] = column;
      }
    }
    const std::size_t size = element_bytes(header_.element);
    file_.read(header_.values_at() + first * size, entries * size, columns + entries);
  }

 private:
  template <class Body>
  void for_each_row(const Body& body) const {
    constexpr index_t at_once = 8192;
    std::vector<index_t> offsets(at_once + 1);
    for (index_t first = 0; first < header_.rows; first += at_once) {
      const index_t count = std::min(at_once, header_.rows - first);
      const std::uint64_t at = header_.offsets_at() + 8 * static_cast<std::uint64_t>(first);
      file_.read(at, static_cast<std::size_t>(8 * (count + 1)), offsets.data());
      for (index_t i = 0; i < count; ++i) {
        const index_t from = offsets[static_cast<std::size_t>(i)];
        const index_t to = offsets[static_cast<std::size_t>(i) + 1];
        const bool start = first + i > 0 || from == 0;
        const bool end = first + i + 1 < header_.rows || to == header_.entries;
        if (from < 0 || to < from || to > header_.entries || !start || !end) {
          throw IoError(file_.path(),
                        fmt::format("byte {}", at + 8 * static_cast<std::uint64_t>(i)),
                        fmt::format("row {} goes from entry {} to {} of {}; offsets start at 0, "
                                    "never fall, and end at the number of entries",
                                    first + i + 1, from, to, header_.entries));
        }
        body(first + i, to - from);
      }
    }
  }

  PartFile file_;
  CsrHeader header_;
  std::vector<Tile> tiles_;
};

}  // namespace

std::string format_csr_header(const CsrHeader& header) {
  std::string text(magic);
  const auto append = [&](const auto& value) {
    text.append(reinterpret_cast<const char*>(&value), sizeof value);
  };
  append(header.rows);
  append(header.cols);
  append(header.entries);
  append(header.index_bytes);
  append(std::uint32_t{header.element == Element::float64 ? 1u : 2u});
  return text;
}

CsrHeader read_csr_header(const PartFile& file) {
  std::string bytes(40, '\0');
  if (file.bytes() < bytes.size()) {
    throw IoError(file.path(), "byte 0",
                  "too short for a binary CSR file; its header has 40 bytes");
  }
  file.read(0, bytes.size(), bytes.data());
  const auto fail = [&](int at, const std::string& what) {
    throw IoError(file.path(), fmt::format("byte {}", at), what);
  };
  if (!bytes.starts_with(magic)) fail(0, "no binary CSR file; expected it to begin with ECKCSR1");
  CsrHeader header;
  std::uint32_t code = 0;
  std::memcpy(&header.rows, bytes.data() + 8, 8);
  std::memcpy(&header.cols, bytes.data() + 16, 8);
  std::memcpy(&header.entries, bytes.data() + 24, 8);
  std::memcpy(&header.index_bytes, bytes.data() + 32, 4);
  std::memcpy(&code, bytes.data() + 36, 4);
  constexpr index_t most = std::numeric_limits<index_t>::max() / 64;
  for (const index_t size : {header.rows, header.cols, header.entries}) {
    if (size < 0 || size > most) fail(8, fmt::format("a size of {}; expected 0 to {}", size, most));
  }
  if (header.index_bytes != 4 && header.index_bytes != 8) {
    fail(32, fmt::format("indices of {} bytes; expected 4 or 8", header.index_bytes));
  }
  if (code != 1 && code != 2) {
    fail(36, fmt::format("element type {}; expected 1 (float64) or 2 (float32)", code));
  }
  header.element = code == 1 ? Element::float64 : Element::float32;
  if (header.total_bytes() != file.bytes()) {
    throw IoError(file.path(), fmt::format("byte {}", std::min(file.bytes(), header.total_bytes())),
                  fmt::format("{} x {} with {} entries is {} bytes; the file has {}", header.rows,
                              header.cols, header.entries, header.total_bytes(), file.bytes()));
  }
  return header;
}

CsrWriter::CsrWriter(const std::string& path, const CsrHeader& header)
    : path_(path),
      header_(header),
      file_(path, header.total_bytes()),
      offsets_{header.offsets_at()},
      columns_{header.columns_at()},
      values_{header.values_at()} {
  put(offsets_, index_t{0});
}

void CsrWriter::flush(Part& part) {
  file_.write_at(part.at, part.bytes);
  part.at += part.bytes.size();
  part.bytes.clear();
}

template <class Number>
void CsrWriter::put(Part& part, Number number) {
  constexpr std::size_t enough = std::size_t{1} << 20;
  part.bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  if (part.bytes.size() >= enough) flush(part);
}

// The rows in front of this one have no more entries.
void CsrWriter::end_rows(index_t row) {
  for (; rows_ended_ < row; ++rows_ended_) put(offsets_, entries_);
}

void CsrWriter::add(index_t row, index_t col, double value) {
  end_rows(row);
  if (header_.index_bytes == 8) {
    put(columns_, col);
  } else {
    put(columns_, static_cast<std::int32_t>(col));
  }
  if (header_.element == Element::float64) {
    put(values_, value);
  } else {
    const auto narrow = static_cast<float>(value);
    if (std::isinf(narrow) && !std::isinf(value)) {
      throw IoError(path_, fmt::format("the value {} in row {}, column {} is beyond float32; "
                                       "write float64",
                                       value, row + 1, col + 1));
    }
    put(values_, narrow);
  }
  ++entries_;
}

index_t CsrWriter::commit() {
  end_rows(header_.rows);
  for (Part* part : {&offsets_, &columns_, &values_}) flush(*part);
  const std::uint64_t reserved = header_.values_at();
  header_.entries = entries_;
  file_.move_end(reserved, header_.values_at());
  file_.resize(header_.total_bytes());
  file_.write_at(0, format_csr_header(header_));
  file_.commit();
  return entries_;
}

std::shared_ptr<TileSource> make_csr_tiles(PartFile file, std::uint64_t tile_bytes) {
  return std::make_shared<CsrTiles>(std::move(file), tile_bytes);
}

}  // namespace eckart::io
