#include "eckart/image/image_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "eckart/error.hpp"
#include "eckart/io/result_folder.hpp"
#include "formats.hpp"
#include "io/input.hpp"

namespace eckart::image {
namespace {

constexpr const char* expected = "a picture: PNG, JPEG, or PNM (PBM, PGM, PPM, PAM)";

// Formats that people have pictures in and that are not read, by their first bytes.
std::string other_format(std::string_view bytes) {
  using namespace std::literals;
  constexpr std::pair<std::string_view, const char*> known[] = {
      {"GIF8"sv, "a GIF picture"},
      {"BM"sv, "a BMP picture"},
      {"II*\0"sv, "a TIFF picture"},
      {"MM\0*"sv, "a TIFF picture"},
      {"%PDF"sv, "a PDF document"},
      {"<svg"sv, "an SVG drawing"},
      {"<?xml"sv, "an XML file"},
      {"\x93NUMPY"sv, "a NumPy array"},
      {"\0\0\1\0"sv, "an icon"},
      {"8BPS"sv, "a Photoshop picture"},
      {"\x89"
       "ECK"sv,
       "a compressed picture of eckart (eckart image expand unpacks it)"},
  };
  for (const auto& [start, name] : known) {
    if (bytes.starts_with(start)) return name;
  }
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) return "a WebP picture";
  if (bytes.substr(0, 12).substr(std::min<std::size_t>(4, bytes.size())).starts_with("ftyp")) {
    return "a HEIC or AVIF picture, or a film";
  }
  return "";
}

std::string extension_of(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos || path.find('/', dot) != std::string::npos) return "";
  std::string extension = path.substr(dot);
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

}  // namespace

void check_size(index_t width,
                index_t height,
                std::string_view bytes,
                double most_pixels_per_byte,
                const std::string& name,
                const ImageLimits& limits) {
  if (width < 1 || height < 1) {
    throw IoError(name, fmt::format("announces a picture of {} x {} pixels; expected at least one",
                                    width, height));
  }
  if (width > limits.max_pixels / height) {
    throw IoError(name, fmt::format("announces {} x {} pixels; at most {} are taken, "
                                    "make the picture smaller first",
                                    width, height, limits.max_pixels));
  }
  if (double(width) * double(height) > most_pixels_per_byte * double(bytes.size())) {
    throw IoError(name, fmt::format("announces {} x {} pixels, but its {} bytes cannot hold as "
                                    "many; the file is damaged or incomplete, fetch it again",
                                    width, height, bytes.size()));
  }
}

Image decode_image(std::string_view bytes, const std::string& name, const ImageLimits& limits) {
  require(limits.max_pixels >= 1, "max_pixels must be at least 1");
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return read_png(bytes, name, limits);
  if (bytes.starts_with("\xff\xd8\xff")) return read_jpeg(bytes, name, limits);
  if (bytes.size() >= 3 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' &&
      std::isspace(static_cast<unsigned char>(bytes[2])) != 0) {
    return read_pnm(bytes, name, limits);
  }
  const std::string other = other_format(bytes);
  throw IoError(name, other.empty()
                          ? fmt::format("does not begin as a picture does; expected {}", expected)
                          : fmt::format("is {}; expected {}: convert it", other, expected));
}

Image read_image(const std::string& path, const ImageLimits& limits) {
  const io::Input input = io::Input::open(path, limits.max_bytes, expected);
  return decode_image(input.bytes, input.name, limits);
}

void write_image(const std::string& path, const Image& image, int jpeg_quality) {
  validate(image);
  const std::string extension = extension_of(path);
  const bool jpeg = extension == ".jpg" || extension == ".jpeg";
  const bool pnm = extension == ".pgm" || extension == ".ppm" || extension == ".pnm";
  if (image.has_alpha() && (jpeg || pnm)) {
    throw InvalidArgument(
        fmt::format("{}: {} files hold no transparency, which the picture has; write .png or .pam",
                    path, extension));
  }
  if (extension == ".png") return io::write_text(path, encode_png(image));
  if (jpeg) return io::write_text(path, encode_jpeg(image, jpeg_quality));
  if (pnm || extension == ".pam") return io::write_text(path, encode_pnm(image));
  throw InvalidArgument(fmt::format(
      "{}: pictures are written as .png, .jpg, .pgm, .ppm or .pam, by the extension", path));
}

}  // namespace eckart::image
