// The file format .eck, version 1. Numbers are little-endian.
//
//   signature   89 45 43 4b 0d 0a 1a 0a  (as PNG's, it shows damage by text transfer)
//   sections    type (4 letters), length of the data (u32), data, CRC-32 of type and data (u32)
//     HEAD      version u16, bits u8, planes u8, colors u8, block u8, width u32, height u32,
//               step f32, rank u32 of each plane
//     TRIP      deflated: for each triplet sigma f32, width of u u8, width of v u8
//     LEVL      deflated: split() of the columns round(sigma u / step), round(sigma v / step)
//     ALPH      a grey PNG, where there is alpha
//     DONE      empty
//
// A = sum u sigma v^T, so with x = sigma u and y = sigma v it is sum x y^T / sigma. To round x and
// y to multiples of a step s adds s^2 / 12 to the squared error for each number, whatever the
// sigma: one step for all is what transform coders do, and small triplets get few bits by
// themselves.

#include "eckart/image/packed.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "formats.hpp"
#include "io/input.hpp"
#include "levels.hpp"
#include "planes.hpp"

namespace eckart::image {
namespace {

constexpr std::string_view signature =
    "\x89"
    "ECK\r\n\x1a\n";
constexpr std::uint32_t version = 1;
constexpr std::size_t triplet_bytes = 6;

void put(std::string& bytes, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
}

void put_float(std::string& bytes, float value) {
  put(bytes, std::bit_cast<std::uint32_t>(value), 4);
}

std::uint32_t crc_of(std::string_view bytes) {
  uLong crc = ::crc32(0, nullptr, 0);
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t count = std::min<std::size_t>(bytes.size() - at, 1 << 30);
    crc = ::crc32(crc, reinterpret_cast<const Bytef*>(bytes.data() + at), static_cast<uInt>(count));
    at += count;
  }
  return static_cast<std::uint32_t>(crc);
}

void put_section(std::string& file, const char* type, std::string_view data) {
  require(data.size() < std::size_t{1} << 32, "the packed picture exceeds 4 GiB");
  const std::size_t begin = file.size();
  file += type;
  put(file, static_cast<std::uint32_t>(data.size()), 4);
  file += data;
  std::string covered = file.substr(begin, 4);
  covered += data;
  put(file, crc_of(covered), 4);
}

// Returns the numbers of a column of U or V, times sigma, as multiples of the step.
Levels rounded(MatrixView<const double> vectors, index_t column, double sigma, double step) {
  Levels levels(static_cast<std::size_t>(vectors.rows));
  for (index_t i = 0; i < vectors.rows; ++i) {
    levels[std::size_t(i)] =
        static_cast<std::int32_t>(std::lround(sigma * vectors(i, column) / step));
  }
  return levels;
}

// Returns the step that adds share times the error of the ranks, or of what is harmless.
double step_for(const LowRankImage& image, const Ranks& ranks, double share) {
  double numbers = 0, samples = 0;
  for (std::size_t p = 0; p < ranks.size(); ++p) {
    const SvdResult<double>& svd = image.planes[p].svd;
    numbers += double(ranks[p]) * double(svd.U.rows() + svd.V.rows());
    samples += double(svd.U.rows()) * double(svd.V.rows());
  }
  const double error = share * std::max(squared_error(image, ranks), harmless_error * samples);
  return std::sqrt(12 * error / std::max(numbers, 1.0));
}

// Reads the numbers of one section.
class Section {
 public:
  Section(std::string_view data, std::size_t offset, const std::string& name)
      : data_(data), offset_(offset), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(name_, fmt::format("byte {}", offset_ + at_), what);
  }
  std::uint32_t number(std::size_t size) {
    if (data_.size() - at_ < size) fail("the section is too short; the file is damaged");
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value |= static_cast<std::uint32_t>(static_cast<unsigned char>(data_[at_ + i])) << 8 * i;
    }
    at_ += size;
    return value;
  }
  float real() { return std::bit_cast<float>(number(4)); }
  std::string_view data() const { return data_; }
  void end() const {
    if (at_ != data_.size()) fail("the section is too long; the file is damaged");
  }

 private:
  std::string_view data_;
  std::size_t offset_;
  std::size_t at_ = 0;
  const std::string& name_;
};

// Takes one section after the other.
class File {
 public:
  File(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  bool next_is(std::string_view type) const { return bytes_.substr(at_).starts_with(type); }
  Section take(std::string_view type) {
    if (left() < 12) fail("the file ends too early; fetch it again");
    const std::size_t begin = at_;
    Section head(bytes_.substr(begin + 4, 4), begin + 4, name_);
    const std::size_t length = head.number(4);
    if (!next_is(type)) {
      fail(fmt::format("expected the section {}; the file is damaged", type));
    }
    if (length > left() - 12) fail("the file ends too early; fetch it again");
    const std::string_view data = bytes_.substr(begin + 8, length);
    Section tail(bytes_.substr(begin + 8 + length, 4), begin + 8 + length, name_);
    std::string covered(type);
    covered += data;
    if (tail.number(4) != crc_of(covered)) {
      fail(fmt::format("the checksum of section {} is wrong; the file is damaged, fetch it again",
                       type));
    }
    at_ = begin + 12 + length;
    return Section(data, begin + 8, name_);
  }
  void end() const {
    if (left() != 0) fail("bytes follow the end of the picture; the file is damaged");
  }

 private:
  std::size_t left() const { return bytes_.size() - at_; }
  [[noreturn]] void fail(const std::string& what) const {
    throw IoError(name_, fmt::format("byte {}", at_), what);
  }
  std::string_view bytes_;
  const std::string& name_;
  std::size_t at_ = signature.size();
};

struct Header {
  LowRankImage image;  // without triplets
  double step = 0;
  Ranks ranks;
};

// Refuses every size that does not fit the others, before memory is taken for it.
Header read_header(File& file,
                   std::size_t file_bytes,
                   const std::string& name,
                   const ImageLimits& limits) {
  Section head = file.take("HEAD");
  const std::uint32_t written = head.number(2);
  if (written != version) {
    head.fail(fmt::format("the file has version {} of the format; this program reads version {}",
                          written, version));
  }
  Header h;
  const std::uint32_t bits = head.number(1), planes = head.number(1), colors = head.number(1);
  h.image.bits = static_cast<int>(bits);
  h.image.block = head.number(1);
  h.image.width = head.number(4);
  h.image.height = head.number(4);
  if ((bits != 8 && bits != 16) || (planes != 1 && planes != 3) || colors > 1 ||
      h.image.block > 64) {
    head.fail("the header contradicts itself; the file is damaged");
  }
  h.image.colors = colors == 0 ? Colors::ycbcr : Colors::channels;
  check_size(h.image.width, h.image.height, "?", 1e300, name, limits);
  h.step = double(head.real());
  if (!(h.step > 0 && std::isfinite(h.step))) head.fail("the step is no positive number");
  const PlaneShape shape = plane_shape(h.image.width, h.image.height, h.image.block);
  std::uint64_t numbers = 0;
  for (std::uint32_t p = 0; p < planes; ++p) {
    h.ranks.push_back(head.number(4));
    if (h.ranks.back() > std::min(shape.rows, shape.cols)) {
      head.fail(fmt::format("plane {} has rank {}, more than its {} x {} matrix can have", p + 1,
                            h.ranks.back(), shape.rows, shape.cols));
    }
    // A column of zeros takes no byte of its own, but six of its triplet.
    numbers += std::uint64_t(h.ranks.back()) * std::uint64_t(shape.rows + shape.cols);
  }
  head.end();
  if (limits.max_bytes != 0 && numbers * sizeof(double) > limits.max_bytes) {
    throw MemoryLimit("unpacking " + name, numbers * sizeof(double), limits.max_bytes);
  }
  index_t triplets = 0;
  for (const index_t rank : h.ranks) triplets += rank;
  if (std::uint64_t(triplets) * triplet_bytes / best_deflation > file_bytes) {
    head.fail("so small a file cannot hold so many triplets; it is damaged");
  }
  return h;
}

Matrix<double> vectors_of(const std::vector<Levels>& columns,
                          std::size_t first,
                          const std::vector<double>& sigma,
                          double step,
                          index_t rows) {
  Matrix<double> vectors(rows, static_cast<index_t>(sigma.size()));
  for (index_t t = 0; t < vectors.cols(); ++t) {
    const Levels& column = columns[first + 2 * std::size_t(t)];
    const double unit = sigma[std::size_t(t)] > 0 ? step / sigma[std::size_t(t)] : 0;
    for (index_t i = 0; i < rows; ++i) vectors(i, t) = unit * column[std::size_t(i)];
  }
  return vectors;
}

}  // namespace

bool is_packed(std::string_view bytes) { return bytes.starts_with(signature); }

Ranks all_ranks(const LowRankImage& image) {
  Ranks ranks;
  for (const Plane& plane : image.planes) ranks.push_back(plane.rank());
  return ranks;
}

Packed pack(const LowRankImage& image, const Ranks& ranks, double share) {
  require(share > 0 && share <= 1,
          fmt::format("share must be above 0 and at most 1, got {}", share));
  Packed packed{std::string(signature), ranks, share};
  // What the file holds is what is multiplied.
  const auto step = static_cast<float>(step_for(image, ranks, share));
  std::string head, triplets;
  put(head, version, 2);
  put(head, static_cast<std::uint32_t>(image.bits), 1);
  put(head, static_cast<std::uint32_t>(image.planes.size()), 1);
  put(head, image.colors == Colors::ycbcr ? 0 : 1, 1);
  put(head, static_cast<std::uint32_t>(image.block), 1);
  put(head, static_cast<std::uint32_t>(image.width), 4);
  put(head, static_cast<std::uint32_t>(image.height), 4);
  put_float(head, step);
  std::vector<Levels> columns;
  for (std::size_t p = 0; p < ranks.size(); ++p) {
    put(head, static_cast<std::uint32_t>(ranks[p]), 4);
    const SvdResult<double>& svd = image.planes[p].svd;
    for (index_t t = 0; t < ranks[p]; ++t) {
      const auto sigma = static_cast<float>(svd.sigma[std::size_t(t)]);
      columns.push_back(rounded(svd.U.view(), t, double(sigma), double(step)));
      columns.push_back(rounded(svd.V.view(), t, double(sigma), double(step)));
      put_float(triplets, sigma);
      for (std::size_t c = columns.size() - 2; c < columns.size(); ++c) {
        put(triplets, static_cast<std::uint32_t>(width_of(columns[c])), 1);
      }
    }
  }
  put_section(packed.bytes, "HEAD", head);
  put_section(packed.bytes, "TRIP", deflate_best(triplets));
  put_section(packed.bytes, "LEVL", deflate_best(split(columns)));
  if (!image.alpha.samples.empty()) put_section(packed.bytes, "ALPH", encode_png(image.alpha));
  put_section(packed.bytes, "DONE", "");
  return packed;
}

LowRankImage unpack(std::string_view bytes, const std::string& name, const ImageLimits& limits) {
  if (!is_packed(bytes)) {
    throw IoError(name, "is no packed picture; expected a file that eckart image compress wrote");
  }
  File file(bytes, name);
  Header header = read_header(file, bytes.size(), name, limits);
  LowRankImage& image = header.image;
  const PlaneShape shape = plane_shape(image.width, image.height, image.block);

  index_t count = 0;
  for (const index_t rank : header.ranks) count += rank;
  const Section packed_triplets = file.take("TRIP");
  const auto triplets =
      inflate_exactly(packed_triplets.data(), static_cast<std::size_t>(count) * triplet_bytes);
  if (!triplets) packed_triplets.fail("the triplets cannot be inflated; the file is damaged");
  Section reader(*triplets, 0, name);
  std::vector<double> sigma;
  std::vector<int> widths;
  std::vector<std::size_t> lengths;
  std::uint64_t level_bytes = 0;
  for (index_t t = 0; t < count; ++t) {
    sigma.push_back(double(reader.real()));
    if (!(sigma.back() >= 0 && std::isfinite(sigma.back()))) {
      packed_triplets.fail(fmt::format("singular value {} is no number from 0", t + 1));
    }
    for (const index_t length : {shape.rows, shape.cols}) {
      widths.push_back(static_cast<int>(reader.number(1)));
      lengths.push_back(static_cast<std::size_t>(length));
      if (widths.back() > 4) packed_triplets.fail("a number has more than 4 bytes");
      level_bytes += std::uint64_t(length) * std::uint64_t(widths.back());
    }
  }
  const Section packed_levels = file.take("LEVL");
  const auto levels = inflate_exactly(packed_levels.data(), level_bytes);
  if (!levels) packed_levels.fail("the vectors cannot be inflated; the file is damaged");
  const std::vector<Levels> columns = join(*levels, lengths, widths);

  const std::vector<std::string> names =
      plane_names(static_cast<int>(header.ranks.size()), image.colors);
  std::size_t first = 0;
  for (std::size_t p = 0; p < header.ranks.size(); ++p) {
    Plane plane{names[p], {}, 0};
    plane.svd.sigma.assign(sigma.begin() + std::ptrdiff_t(first),
                           sigma.begin() + std::ptrdiff_t(first) + header.ranks[p]);
    plane.svd.U = vectors_of(columns, 2 * first, plane.svd.sigma, header.step, shape.rows);
    plane.svd.V = vectors_of(columns, 2 * first + 1, plane.svd.sigma, header.step, shape.cols);
    for (const double s : plane.svd.sigma) plane.square += s * s;
    image.planes.push_back(std::move(plane));
    first += static_cast<std::size_t>(header.ranks[p]);
  }
  if (file.next_is("ALPH")) {
    const Section section = file.take("ALPH");
    image.alpha = decode_image(section.data(), name, limits);
    if (image.alpha.width != image.width || image.alpha.height != image.height ||
        image.alpha.channels != 1 || image.alpha.bits != image.bits) {
      section.fail("the transparency does not fit the picture; the file is damaged");
    }
  }
  file.take("DONE").end();
  file.end();
  return std::move(header.image);
}

PictureFile read_picture(const std::string& path, const ImageLimits& limits, Context& context) {
  const io::Input input = io::Input::open(path, limits.max_bytes, "a picture");
  PictureFile file;
  file.bytes = input.bytes.size();
  if (is_packed(input.bytes)) {
    file.packed = unpack(input.bytes, input.name, limits);
    file.image = reconstruct(*file.packed, all_ranks(*file.packed), context);
  } else {
    file.image = decode_image(input.bytes, input.name, limits);
  }
  return file;
}

}  // namespace eckart::image
