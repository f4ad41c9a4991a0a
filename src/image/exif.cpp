#include "exif.hpp"

#include <utility>

namespace eckart::image {
namespace {

// TIFF numbers in the byte order that the data announce; 0 beyond the end.
class Numbers {
 public:
  Numbers(std::string_view bytes, bool big) : bytes_(bytes), big_(big) {}

  std::uint32_t read(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const std::size_t from = at + (big_ ? i : size - 1 - i);
      value = value << 8 | static_cast<unsigned char>(bytes_[from]);
    }
    return value;
  }

 private:
  std::string_view bytes_;
  bool big_;
};

}  // namespace

int exif_orientation(std::string_view exif) {
  using namespace std::literals;
  constexpr std::string_view start = "Exif\0\0"sv;
  if (!exif.starts_with(start)) return 1;
  const std::string_view tiff = exif.substr(start.size());
  const bool big = tiff.starts_with("MM\0*"sv);
  if (!big && !tiff.starts_with("II*\0"sv)) return 1;
  const Numbers numbers(tiff, big);
  const std::size_t directory = numbers.read(4, 4);
  const std::size_t entries = numbers.read(directory, 2);
  constexpr std::size_t entry_bytes = 12;
  constexpr std::uint32_t orientation_tag = 274, short_type = 3;
  for (std::size_t i = 0; i < entries; ++i) {
    const std::size_t entry = directory + 2 + i * entry_bytes;
    if (entry >= tiff.size()) break;
    if (numbers.read(entry, 2) != orientation_tag) continue;
    const std::uint32_t value = numbers.read(entry + 8, 2);
    const bool valid = numbers.read(entry + 2, 2) == short_type && value >= 1 && value <= 8;
    return valid ? static_cast<int>(value) : 1;
  }
  return 1;
}

Image upright(Image image, int orientation) {
  if (orientation == 1) return image;
  // 5 to 8 lie on their side; then rows are mirrored top to bottom, columns left to right.
  const bool turned = orientation >= 5;
  const bool from_bottom =
      orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
  const bool from_right =
      orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
  Image result{turned ? image.height : image.width, turned ? image.width : image.height,
               image.channels, image.bits, std::vector<std::uint16_t>(image.samples.size())};
  for (index_t i = 0; i < result.height; ++i) {
    for (index_t j = 0; j < result.width; ++j) {
      const index_t y = from_bottom ? result.height - 1 - i : i;
      const index_t x = from_right ? result.width - 1 - j : j;
      for (int c = 0; c < image.channels; ++c) {
        result.at(i, j, c) = turned ? image.at(x, y, c) : image.at(y, x, c);
      }
    }
  }
  return result;
}

}  // namespace eckart::image
