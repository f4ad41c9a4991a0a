// PNG by libpng. It leaves a failed call by longjmp: what it jumps over has no destructors.

#include <fmt/format.h>
#include <png.h>

#include <csetjmp>
#include <cstring>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "formats.hpp"

namespace eckart::image {
namespace {

// What the callbacks of libpng reach.
struct Stream {
  std::string_view in = {};    // reading: all bytes
  std::size_t position = 0;    // reading: where the next byte is
  std::string* out = nullptr;  // writing
  index_t row = -1;            // being read or written; -1: none yet
  char error[160] = "";
};

Stream& stream_of(png_structp png) { return *static_cast<Stream*>(png_get_error_ptr(png)); }

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  char* error = stream_of(png).error;
  std::strncpy(error, message, sizeof(Stream::error) - 1);
  png_longjmp(png, 1);
}

void ignore(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep to, std::size_t count) {
  Stream& stream = stream_of(png);
  if (count > stream.in.size() - stream.position) png_error(png, "the file ends too early");
  std::memcpy(to, stream.in.data() + stream.position, count);
  stream.position += count;
}

void write_bytes(png_structp png, png_bytep from, std::size_t count) {
  try {
    stream_of(png).out->append(reinterpret_cast<const char*>(from), count);
    return;
  } catch (const std::bad_alloc&) {
  }
  png_error(png, "out of memory");
}

void flush(png_structp) {}

// libpng's two structures of a file that is read or written.
class Png {
 public:
  Png(Stream& stream, bool reading) : reading_(reading) {
    png = reading ? png_create_read_struct(PNG_LIBPNG_VER_STRING, &stream, fail, ignore)
                  : png_create_write_struct(PNG_LIBPNG_VER_STRING, &stream, fail, ignore);
    if (png != nullptr) info = png_create_info_struct(png);
    if (info == nullptr) {
      destroy();
      throw std::bad_alloc();
    }
  }
  ~Png() { destroy(); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  // Returns whether the calls of libpng in step ended well. Nothing in it may have a destructor.
  template <class Step>
  bool run(const Step& step) {
    if (setjmp(png_jmpbuf(png))) return false;
    step();
    return true;
  }

  png_structp png = nullptr;
  png_infop info = nullptr;

 private:
  void destroy() {
    if (reading_) {
      png_destroy_read_struct(&png, &info, nullptr);
    } else {
      png_destroy_write_struct(&png, &info);
    }
  }
  bool reading_;
};

// The start of every PNG: what is wrong with it is said before libpng sees it.
struct Header {
  index_t width, height;
  int bits, kind;
};

Header read_header(std::string_view bytes, const std::string& name) {
  constexpr std::size_t length = 33;  // signature, and the chunk IHDR with length and checksum
  if (bytes.size() < length) {
    throw IoError(name, fmt::format("byte {}", bytes.size()),
                  "the PNG file ends within its header; fetch it again");
  }
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const auto number = [&](std::size_t at) {
    return index_t{byte(at)} << 24 | index_t{byte(at + 1)} << 16 | index_t{byte(at + 2)} << 8 |
           index_t{byte(at + 3)};
  };
  if (bytes.substr(12, 4) != "IHDR") {
    throw IoError(name, "byte 12", "the PNG file does not begin with its header (IHDR)");
  }
  return {number(16), number(20), byte(24), byte(25)};
}

int channels_of(png_structp png, png_infop info) {
  switch (png_get_color_type(png, info)) {
    case PNG_COLOR_TYPE_GRAY:
      return 1;
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return 2;
    case PNG_COLOR_TYPE_RGB:
      return 3;
    case PNG_COLOR_TYPE_RGB_ALPHA:
      return 4;
    default:
      return 0;
  }
}

// Makes the rows those of an Image: RGB of palettes, 8 bits of fewer, alpha of transparent colours,
// 16 bits in the order of this machine.
void ask_for_samples(png_structp png, png_infop info) {
  const int kind = png_get_color_type(png, info);
  if (kind == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (kind == PNG_COLOR_TYPE_GRAY && png_get_bit_depth(png, info) < 8) {
    png_set_expand_gray_1_2_4_to_8(png);
  }
  if (png_get_valid(png, info, PNG_INFO_tRNS) != 0) png_set_tRNS_to_alpha(png);
  if (png_get_bit_depth(png, info) == 16) png_set_swap(png);
}

// Chunks that say nothing about samples are skipped unread: text and profiles can be bombs.
void set_limits(png_structp png) {
  static constexpr png_byte skipped[] =
      "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0"
      "sBIT\0sCAL\0sPLT\0sRGB\0tEXt\0tIME\0zTXt";
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, skipped, sizeof skipped / 5);
  constexpr png_alloc_size_t most_chunk_bytes = 8 << 20;
  png_set_chunk_malloc_max(png, most_chunk_bytes);
  png_set_user_limits(png, 0x7fffffff, 0x7fffffff);  // check_size has the say
}

[[noreturn]] void throw_damaged(const Stream& stream, const std::string& name) {
  const std::string where = stream.row < 0 ? fmt::format("byte {}", stream.position)
                                           : fmt::format("byte {}, row {} of the picture",
                                                         stream.position, stream.row + 1);
  throw IoError(name, where,
                fmt::format("the PNG file is damaged or incomplete ({}); fetch or save it again",
                            stream.error));
}

// 8-bit rows were read into the first half of their places.
void widen(Image& image) {
  const auto row_samples = static_cast<std::size_t>(image.width * image.channels);
  for (std::size_t begin = 0; begin < image.samples.size(); begin += row_samples) {
    std::uint16_t* to = image.samples.data() + begin;
    const auto* from = reinterpret_cast<const unsigned char*>(to);
    for (std::size_t i = row_samples; i-- > 0;) to[i] = from[i];
  }
}

}  // namespace

Image read_png(std::string_view bytes, const std::string& name, const ImageLimits& limits) {
  const Header header = read_header(bytes, name);
  // zlib packs 1032 bytes into one at best; a pixel has at least one bit.
  constexpr double best_ratio = 1032;
  const double pixel_bytes = header.bits >= 8 ? header.bits / 8.0 : 1.0 / 8;
  check_size(header.width, header.height, bytes, best_ratio / pixel_bytes, name, limits);

  Stream stream{.in = bytes};
  Png file(stream, true);
  const auto start = [&] {
    set_limits(file.png);
    png_set_read_fn(file.png, &stream, read_bytes);
    png_read_info(file.png, file.info);
    ask_for_samples(file.png, file.info);
  };
  int passes = 1;
  const auto update = [&] {
    passes = png_set_interlace_handling(file.png);
    png_read_update_info(file.png, file.info);
  };
  if (!file.run(start) || !file.run(update)) throw_damaged(stream, name);

  Image image = make_image(header.width, header.height, channels_of(file.png, file.info),
                           png_get_bit_depth(file.png, file.info), limits);
  std::uint16_t* samples = image.samples.data();
  const index_t row_samples = image.width * image.channels;
  const auto read_rows = [&] {
    for (int pass = 0; pass < passes; ++pass) {
      for (stream.row = 0; stream.row < image.height; ++stream.row) {
        png_read_row(file.png, reinterpret_cast<png_bytep>(samples + stream.row * row_samples),
                     nullptr);
      }
    }
    stream.row = -1;
    png_read_end(file.png, nullptr);
  };
  if (!file.run(read_rows)) throw_damaged(stream, name);
  if (image.bits == 8) widen(image);
  return image;
}

std::string encode_png(const Image& image) {
  validate(image);
  std::string bytes;
  Stream stream{.out = &bytes};
  Png file(stream, false);
  constexpr int kinds[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                           PNG_COLOR_TYPE_RGB_ALPHA};
  std::vector<unsigned char> row(
      static_cast<std::size_t>(image.width * image.channels * (image.bits / 8)));
  const std::uint16_t* sample = image.samples.data();
  const auto write = [&] {
    png_set_write_fn(file.png, &stream, write_bytes, flush);
    png_set_user_limits(file.png, 0x7fffffff, 0x7fffffff);
    png_set_IHDR(file.png, file.info, static_cast<png_uint_32>(image.width),
                 static_cast<png_uint_32>(image.height), image.bits, kinds[image.channels - 1],
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(file.png, 9);
    png_write_info(file.png, file.info);
    for (stream.row = 0; stream.row < image.height; ++stream.row) {
      for (unsigned char *to = row.data(), *end = to + row.size(); to != end; ++sample) {
        if (image.bits == 16) *to++ = static_cast<unsigned char>(*sample >> 8);
        *to++ = static_cast<unsigned char>(*sample & 0xff);
      }
      png_write_row(file.png, row.data());
    }
    png_write_end(file.png, nullptr);
  };
  if (!file.run(write)) throw Error(fmt::format("a PNG cannot be made: {}", stream.error));
  return bytes;
}

}  // namespace eckart::image
