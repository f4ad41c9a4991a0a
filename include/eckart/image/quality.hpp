// eckart/image/quality.hpp - how near a picture is to another: mean squared error, PSNR, SSIM.
// Alpha does not count.
#pragma once

#include <optional>

#include "eckart/context.hpp"
#include "eckart/image/image.hpp"

namespace eckart::image {

// Returns the mean of the squares of the differences of all colour samples.
// Throws InvalidArgument if the pictures differ in size, channels or bits.
double mean_squared_error(const Image& a,
                          const Image& b,
                          const Context& context = default_context());

// Returns 10 log10(peak^2 / mse) in dB, infinity if mse is 0. The peak is the largest value that a
// sample can have: 255 of 8 bits, 65535 of 16.
double psnr(double mse, int peak);

// Returns the mean structural similarity [1], the mean of those of the colour channels: 1 for equal
// pictures. Gaussian window of 11 x 11 samples with standard deviation 1.5, K1 = 0.01, K2 = 0.03,
// where the window fits into the picture. Nothing if it fits nowhere.
// Cost: about 120 flops for each sample.
// Throws as mean_squared_error.
//
// [1] Wang, Bovik, Sheikh, Simoncelli, IEEE Trans. Image Process. 13(4):600-612, 2004.
std::optional<double> ssim(const Image& a,
                           const Image& b,
                           const Context& context = default_context());

}  // namespace eckart::image
