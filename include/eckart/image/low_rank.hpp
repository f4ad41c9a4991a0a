// eckart/image/low_rank.hpp - a picture as matrices, and their best approximations of any rank.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/image/image.hpp"
#include "eckart/matrix.hpp"
#include "eckart/svd_result.hpp"

namespace eckart::image {

// What the planes of a colour picture are. A grey one has a single plane.
enum class Colors {
  ycbcr,    // brightness and two colour differences (JFIF), which need far fewer triplets
  channels  // red, green and blue
};

struct LowRankOptions {
  Colors colors = Colors::ycbcr;

  // 0: a plane is a matrix of height x width samples. Else its rows are the blocks of
  // block x block samples, the last ones completed by the samples at the edge: V then holds the
  // patterns that blocks are made of, and a picture of many sizes of detail needs fewer numbers.
  // REQUIRES: 0 <= block <= 64
  index_t block = 0;

  // The leading triplets alone, of every plane; unset: all.
  // REQUIRES: rank >= 0
  std::optional<index_t> rank = {};

  // A sketch with one power iteration instead, good enough to look at; needs rank.
  bool approximate = false;
  std::uint64_t seed = 0;  // of the sketch
};

// One matrix of a picture and its triplets.
struct Plane {
  std::string name;       // "grey", "red", ..., "Y", "Cb", "Cr"
  SvdResult<double> svd;  // its leading triplets, or all
  double square = 0;      // ||A||_F^2 of the matrix, whose SVD may be truncated

  index_t rank() const { return static_cast<index_t>(svd.sigma.size()); }
};

// How many triplets of each plane.
using Ranks = std::vector<index_t>;

// A picture whose planes are decomposed once, for every rank. Alpha is kept as it is.
struct LowRankImage {
  Image alpha;        // one channel; without samples if there is none
  index_t width = 0;  // of the picture
  index_t height = 0;
  int bits = 8;
  Colors colors = Colors::ycbcr;
  index_t block = 0;
  std::vector<Plane> planes;  // one, or three

  int peak() const { return (1 << bits) - 1; }
};

// Returns the planes of the picture and their triplets.
// Accuracy: planes[i].svd.report. Cost: one SVD for each plane.
// Throws InvalidArgument if an option breaks its REQUIRES line; as svd() does.
LowRankImage decompose(const Image& image,
                       const LowRankOptions& options = {},
                       Context& context = default_context());

// Returns the picture of the given ranks, rounded and clipped to what samples can be.
// Throws InvalidArgument if there is not one rank for each plane, or more than it has triplets.
Image reconstruct(const LowRankImage& image,
                  const Ranks& ranks,
                  Context& context = default_context());

// Returns the ranks that make k of the first plane. Other channels have k too; of the colour
// differences those triplets whose singular values reach the k-th of the brightness.
Ranks ranks_of(const LowRankImage& image, index_t k);

// Returns the ranks of the `count` triplets with the largest singular values of all planes.
Ranks leading_ranks(const LowRankImage& image, index_t count);

// Returns the fewest leading triplets, of all planes, with at least this share of the sum of
// ||A||_F^2. All that there are if they hold less.
// REQUIRES: 0 < energy <= 1
Ranks ranks_for_energy(const LowRankImage& image, double energy);

// Returns how much of the sum of ||A||_F^2 of the planes the given ranks keep, 1 if it is zero.
double energy(const LowRankImage& image, const Ranks& ranks);

// Returns the sum of ||A - A_k||_F^2 of the planes: exact, from the singular values alone.
double squared_error(const LowRankImage& image, const Ranks& ranks);

}  // namespace eckart::image
