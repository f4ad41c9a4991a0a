// The portable formats: PBM, PGM, PPM (P1 to P6) and PAM (P7), as the manual pages of Netpbm
// describe them.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "formats.hpp"

namespace eckart::image {
namespace {

// What stands in front of the samples.
struct Header {
  index_t width = 0, height = 0;
  int channels = 1;
  int most = 1;  // the value of white
  bool binary = true;
  bool packed = false;  // eight pixels to the byte, 1 is black
};

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

class Parser {
 public:
  Parser(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  [[noreturn]] void fail(const std::string& what) const { fail_at(at_, what); }
  [[noreturn]] void fail_at(std::size_t at, const std::string& what) const {
    throw IoError(name_, fmt::format("byte {}", at), what);
  }

  bool at_end() const { return at_ == bytes_.size(); }
  char next() {
    if (at_end()) fail("the PNM file ends too early; fetch or save it again");
    return bytes_[at_++];
  }
  void skip_blanks() {
    while (!at_end()) {
      if (bytes_[at_] == '#') {
        at_ = std::min(bytes_.find('\n', at_), bytes_.size());
      } else if (is_blank(bytes_[at_])) {
        ++at_;
      } else {
        return;
      }
    }
  }
  std::string word() {
    skip_blanks();
    const std::size_t begin = at_;
    while (!at_end() && !is_blank(bytes_[at_])) ++at_;
    return std::string(bytes_.substr(begin, at_ - begin));
  }
  // A whole number of at most nine digits.
  index_t number(const char* what) {
    skip_blanks();
    const std::size_t begin = at_;
    index_t value = 0;
    while (!at_end() && bytes_[at_] >= '0' && bytes_[at_] <= '9' && at_ - begin < 10) {
      value = 10 * value + (bytes_[at_++] - '0');
    }
    if (at_ == begin || at_ - begin > 9) {
      fail_at(begin, fmt::format("the PNM file has no {} here; expected a whole number", what));
    }
    return value;
  }
  // The single blank that separates the header of a binary file from its samples.
  void end_header() {
    if (!is_blank(next())) fail_at(at_ - 1, "expected a blank in front of the samples");
  }
  std::size_t position() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }
  int byte() { return static_cast<unsigned char>(next()); }

 private:
  std::string_view bytes_;
  const std::string& name_;
  std::size_t at_ = 2;  // behind the magic number
};

int white(Parser& parser) {
  const std::size_t at = parser.position();
  const index_t most = parser.number("maximum");
  if (most < 1 || most > 65535) {
    parser.fail_at(at, fmt::format("the maximum of a PNM file is 1 to 65535, got {}", most));
  }
  return static_cast<int>(most);
}

Header read_pam_header(Parser& parser) {
  Header header{.channels = 0, .most = 0};
  for (std::string key; key != "ENDHDR";) {
    key = parser.word();
    if (key == "WIDTH") {
      header.width = parser.number("width");
    } else if (key == "HEIGHT") {
      header.height = parser.number("height");
    } else if (key == "DEPTH") {
      header.channels = static_cast<int>(parser.number("depth"));
    } else if (key == "MAXVAL") {
      header.most = white(parser);
    } else if (key == "TUPLTYPE") {
      parser.word();  // the depth says the same
    } else if (key != "ENDHDR") {
      parser.fail(
          fmt::format("the PAM header has '{}'; expected WIDTH, HEIGHT, DEPTH, MAXVAL, "
                      "TUPLTYPE or ENDHDR",
                      key.substr(0, 20)));
    }
  }
  parser.end_header();
  if (header.channels < 1 || header.channels > 4 || header.most < 1) {
    parser.fail("the PAM header needs a DEPTH of 1 to 4 and a MAXVAL of 1 to 65535");
  }
  return header;
}

Header read_header(Parser& parser, char magic) {
  if (magic == '7') return read_pam_header(parser);
  Header header;
  header.binary = magic >= '4';
  header.packed = magic == '4';
  header.channels = magic == '3' || magic == '6' ? 3 : 1;
  header.width = parser.number("width");
  header.height = parser.number("height");
  if (magic != '1' && magic != '4') header.most = white(parser);
  if (header.binary) parser.end_header();
  return header;
}

}  // namespace

Image read_pnm(std::string_view bytes, const std::string& name, const ImageLimits& limits) {
  Parser parser(bytes, name);
  const char magic = bytes[1];
  const bool bitmap = magic == '1' || magic == '4';
  const Header header = read_header(parser, magic);
  const int sample_bytes = header.binary && header.most > 255 ? 2 : 1;
  check_size(header.width, header.height, bytes.substr(parser.position()),
             header.packed ? 8 : 1.0 / (header.channels * sample_bytes), name, limits);
  const int bits = header.most > 255 ? 16 : 8;
  Image image = make_image(header.width, header.height, header.channels, bits, limits);

  const auto scaled = [&](index_t value) {
    if (value > header.most) {
      parser.fail(
          fmt::format("a sample is {}, above the maximum {} of the header", value, header.most));
    }
    return static_cast<std::uint16_t>((value * image.peak() + header.most / 2) / header.most);
  };
  const auto ink = [&](bool black) { return static_cast<std::uint16_t>(black ? 0 : 255); };
  const index_t row_samples = image.width * image.channels;
  std::uint16_t* to = image.samples.data();
  for (index_t i = 0; i < image.height; ++i) {
    int byte = 0;
    for (index_t j = 0; j < row_samples; ++j) {
      if (header.packed) {
        if (j % 8 == 0) byte = parser.byte();
        *to++ = ink((byte >> (7 - j % 8) & 1) != 0);
      } else if (bitmap) {
        parser.skip_blanks();  // digits of bitmaps need none between them
        const char digit = parser.next();
        if (digit != '0' && digit != '1') {
          parser.fail_at(parser.position() - 1, "a pixel of a bitmap is 0 or 1");
        }
        *to++ = ink(digit == '1');
      } else if (!header.binary) {
        *to++ = scaled(parser.number("sample"));
      } else {
        const int high = sample_bytes == 2 ? parser.byte() << 8 : 0;
        *to++ = scaled(high | parser.byte());
      }
    }
  }
  return image;
}

std::string encode_pnm(const Image& image) {
  validate(image);
  constexpr std::array types = {"GRAYSCALE", "GRAYSCALE_ALPHA", "RGB", "RGB_ALPHA"};
  std::string bytes =
      image.has_alpha()
          ? fmt::format("P7\nWIDTH {}\nHEIGHT {}\nDEPTH {}\nMAXVAL {}\nTUPLTYPE {}\nENDHDR\n",
                        image.width, image.height, image.channels, image.peak(),
                        types[static_cast<std::size_t>(image.channels - 1)])
          : fmt::format("P{}\n{} {}\n{}\n", image.channels == 1 ? 5 : 6, image.width, image.height,
                        image.peak());
  for (const std::uint16_t sample : image.samples) {
    if (image.bits == 16) bytes += static_cast<char>(sample >> 8);
    bytes += static_cast<char>(sample & 0xff);
  }
  return bytes;
}

}  // namespace eckart::image
