// A picture as the matrices that are decomposed, and back.
#pragma once

#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/image/low_rank.hpp"
#include "eckart/matrix.hpp"

namespace eckart::image {

// The shape of the matrix of a plane.
struct PlaneShape {
  index_t rows = 0;
  index_t cols = 0;
};
PlaneShape plane_shape(index_t width, index_t height, index_t block);

// "grey"; "Y", "Cb", "Cr"; "red", "green", "blue".
std::vector<std::string> plane_names(int count, Colors colors);

// Returns the planes of the colours of the picture, each transposed: cols x rows of plane_shape, so
// that what is beside each other in the picture is so in memory.
std::vector<Matrix<double>> to_planes(const Image& image,
                                      Colors colors,
                                      index_t block,
                                      const Context& context);

// Writes the colours of the picture from such planes, rounded and clipped. Alpha stays.
void from_planes(const std::vector<Matrix<double>>& planes,
                 Colors colors,
                 index_t block,
                 Image& image,
                 const Context& context);

}  // namespace eckart::image
