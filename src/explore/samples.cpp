#include "explore/samples.hpp"

#include <algorithm>
#include <random>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "explore/assets.hpp"

namespace eckart::explore {
namespace {

// Returns a grey picture of the values f(row, col).
template <class F>
image::Image drawn(index_t side, F&& f) {
  image::Image picture = image::make_image(side, side, 1, 8);
  for (index_t i = 0; i < side; ++i) {
    for (index_t j = 0; j < side; ++j) picture.at(i, j, 0) = static_cast<std::uint16_t>(f(i, j));
  }
  return picture;
}

image::PictureFile as_file(image::Image picture) {
  const std::uint64_t bytes = image::encode_png(picture).size();
  return {.image = std::move(picture), .packed = {}, .bytes = bytes};
}

image::PictureFile photograph(const std::string& name) {
  const std::string path = "/samples/" + name + ".png";
  const std::string_view content = std::ranges::find(assets(), path, &Asset::path)->content;
  return {.image = image::decode_image(content, path), .packed = {}, .bytes = content.size()};
}

}  // namespace

image::PictureFile sample_picture(const std::string& name) {
  // Sums of a function of the row and one of the column: whole numbers, so that nothing is rounded.
  if (name == "gradient") {
    return as_file(drawn(512, [](index_t i, index_t j) { return i / 4 + j / 4; }));
  }
  if (name == "checkerboard") {
    return as_file(drawn(512, [](index_t i, index_t j) { return (i / 64 + j / 64) % 2 * 255; }));
  }
  if (name == "noise") {
    std::mt19937 random;  // the same on every machine
    return as_file(drawn(512, [&](index_t, index_t) { return random() >> 24; }));
  }
  if (name == "camera" || name == "chelsea") return photograph(name);
  throw InvalidArgument("there is no sample '" + name.substr(0, 80) +
                        "'; there are gradient, checkerboard, noise, camera and chelsea");
}

}  // namespace eckart::explore
