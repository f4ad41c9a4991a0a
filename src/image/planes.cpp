#include "planes.hpp"

#include <algorithm>
#include <array>

#include "core/parallel.hpp"

namespace eckart::image {
namespace {

constexpr index_t rows_per_chunk = 16;

// Where the sample of a picture is in a transposed plane.
class Layout {
 public:
  Layout(index_t width, index_t block)
      : width_(width), block_(block), across_(block > 0 ? (width + block - 1) / block : 0) {}

  index_t operator()(index_t row, index_t col) const {
    if (block_ == 0) return row * width_ + col;
    const index_t number = row / block_ * across_ + col / block_;
    return (number * block_ + row % block_) * block_ + col % block_;
  }

 private:
  index_t width_, block_, across_;
};

// JFIF 1.02 (Hamilton 1992), the differences around 0 and without rounding.
using Pixel = std::array<double, 3>;

Pixel to_ycbcr(const Pixel& rgb) {
  const double y = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  return {y, (rgb[2] - y) / 1.772, (rgb[0] - y) / 1.402};
}

Pixel to_rgb(const Pixel& ycbcr) {
  const double red = ycbcr[0] + 1.402 * ycbcr[2], blue = ycbcr[0] + 1.772 * ycbcr[1];
  return {red, (ycbcr[0] - 0.299 * red - 0.114 * blue) / 0.587, blue};
}

std::uint16_t rounded(double value, double peak) {
  return static_cast<std::uint16_t>(std::clamp(value, 0.0, peak) + 0.5);
}

index_t rounded_up(index_t count, index_t block) { return (count + block - 1) / block * block; }

}  // namespace

PlaneShape plane_shape(index_t width, index_t height, index_t block) {
  if (block == 0) return {height, width};
  return {rounded_up(height, block) / block * (rounded_up(width, block) / block), block * block};
}

std::vector<std::string> plane_names(int count, Colors colors) {
  if (count == 1) return {"grey"};
  if (colors == Colors::ycbcr) return {"Y", "Cb", "Cr"};
  return {"red", "green", "blue"};
}

std::vector<Matrix<double>> to_planes(const Image& image,
                                      Colors colors,
                                      index_t block,
                                      const Context& context) {
  const PlaneShape shape = plane_shape(image.width, image.height, block);
  const Layout place(image.width, block);
  std::vector<Matrix<double>> planes;
  for (int c = 0; c < image.colors(); ++c) {
    planes.push_back(Matrix<double>::uninitialized(shape.cols, shape.rows));
  }
  const bool mix = planes.size() == 3 && colors == Colors::ycbcr;
  const index_t height = block > 0 ? rounded_up(image.height, block) : image.height;
  const index_t width = block > 0 ? rounded_up(image.width, block) : image.width;
  core::for_each_chunk(height, rows_per_chunk, context, [&](index_t, index_t first, index_t last) {
    for (index_t i = first; i < last; ++i) {
      const index_t row = std::min(i, image.height - 1);
      for (index_t j = 0; j < width; ++j) {
        const index_t col = std::min(j, image.width - 1), to = place(i, j);
        if (!mix) {
          for (std::size_t c = 0; c < planes.size(); ++c) {
            planes[c].data()[to] = image.at(row, col, static_cast<int>(c));
          }
          continue;
        }
        const Pixel p = to_ycbcr({double(image.at(row, col, 0)), double(image.at(row, col, 1)),
                                  double(image.at(row, col, 2))});
        for (std::size_t c = 0; c < 3; ++c) planes[c].data()[to] = p[c];
      }
    }
  });
  return planes;
}

void from_planes(const std::vector<Matrix<double>>& planes,
                 Colors colors,
                 index_t block,
                 Image& image,
                 const Context& context) {
  const Layout place(image.width, block);
  const bool mixed = planes.size() == 3 && colors == Colors::ycbcr;
  const double peak = image.peak();
  core::for_each_chunk(image.height, rows_per_chunk, context,
                       [&](index_t, index_t first, index_t last) {
                         for (index_t i = first; i < last; ++i) {
                           for (index_t j = 0; j < image.width; ++j) {
                             const index_t from = place(i, j);
                             Pixel p{};
                             for (std::size_t c = 0; c < planes.size(); ++c)
                               p[c] = planes[c].data()[from];
                             if (mixed) p = to_rgb(p);
                             for (std::size_t c = 0; c < planes.size(); ++c) {
                               image.at(i, j, static_cast<int>(c)) = rounded(p[c], peak);
                             }
                           }
                         }
                       });
}

}  // namespace eckart::image
