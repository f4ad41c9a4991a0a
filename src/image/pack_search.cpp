// How many triplets, and how finely rounded, a file of given size or quality has. Files grow, and
// errors fall, with the number of leading triplets: both searches are over it.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "eckart/error.hpp"
#include "eckart/image/packed.hpp"
#include "eckart/image/quality.hpp"
#include "levels.hpp"

namespace eckart::image {
namespace {

index_t count_triplets(const LowRankImage& image) {
  index_t count = 0;
  for (const Plane& plane : image.planes) count += plane.rank();
  return count;
}

double samples_of(const LowRankImage& image) {
  double samples = 0;
  for (const Plane& plane : image.planes) {
    samples += double(plane.svd.U.rows()) * double(plane.svd.V.rows());
  }
  return samples;
}

// What the squared error of the unpacked picture will be.
double expected_error(const LowRankImage& image, const Packed& packed) {
  const double error = squared_error(image, packed.ranks);
  return error + packed.share * std::max(error, harmless_error * samples_of(image));
}

// Returns the file of the largest count for which fits(file) holds; nothing if there is none.
template <class Fits>
std::optional<Packed> largest(const LowRankImage& image, double share, const Fits& fits) {
  std::optional<Packed> best;
  index_t low = 0, high = count_triplets(image);  // [low, high]: counts not tried
  while (low <= high) {
    // Most answers are near the small end.
    const index_t middle = low + (high - low) / 4;
    Packed packed = pack(image, leading_ranks(image, middle), share);
    if (fits(packed)) {
      best = std::move(packed);
      low = middle + 1;
    } else {
      high = middle - 1;
    }
  }
  return best;
}

// Returns the least count of triplets for which the file should have at most this squared error.
index_t count_for(const LowRankImage& image, double share, double error) {
  index_t low = 0, high = count_triplets(image);
  while (low < high) {
    const index_t middle = low + (high - low) / 2;
    if (expected_error(image, {"", leading_ranks(image, middle), share}) <= error) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

// Returns the file of the smallest count for which reaches(file) holds; nothing if there is none.
// It is looked for from a guess, in strides that double until it lies between two of them.
template <class Reaches>
std::optional<Packed> smallest(const LowRankImage& image,
                               double share,
                               index_t guess,
                               const Reaches& reaches) {
  std::optional<Packed> best;
  const auto tried = [&](index_t count) {
    Packed packed = pack(image, leading_ranks(image, count), share);
    if (!reaches(packed)) return false;
    best = std::move(packed);
    return true;
  };
  index_t low = 0, high = count_triplets(image);  // [low, high]: counts not tried
  for (index_t at = std::min(guess, high), stride = 1; low <= high; stride *= 2) {
    if (tried(at)) {
      high = at - 1;
      if (low > 0) break;
      at = std::max(low, at - stride);
    } else {
      low = at + 1;
      if (best) break;
      at = std::min(high, at + stride);
    }
  }
  while (low <= high) {
    const index_t middle = low + (high - low) / 2;
    if (tried(middle)) {
      high = middle - 1;
    } else {
      low = middle + 1;
    }
  }
  return best;
}

double psnr_of(const Packed& packed, const Image& original, Context& context) {
  const LowRankImage back =
      unpack(packed.bytes, "the packed picture", {.max_pixels = original.pixels()});
  return psnr(mean_squared_error(original, reconstruct(back, packed.ranks, context), context),
              original.peak());
}

}  // namespace

Packed pack_within(const LowRankImage& image, std::uint64_t bytes) {
  std::optional<Packed> best;
  double least = std::numeric_limits<double>::infinity();
  for (const double share : {0.125, 0.25, 0.5, 1.0}) {
    auto packed = largest(image, share, [&](const Packed& p) { return p.bytes.size() <= bytes; });
    if (!packed) break;
    const double error = expected_error(image, *packed);
    if (error < least) {
      least = error;
      best = std::move(packed);
    }
  }
  if (!best) {
    const Packed empty = pack(image, Ranks(image.planes.size(), 0), 1);
    throw InvalidArgument(
        fmt::format("no file of {} bytes holds this picture; one of no triplets "
                    "takes {}",
                    bytes, empty.bytes.size()));
  }
  return *best;
}

Packed pack_to_psnr(const LowRankImage& image,
                    const Image& original,
                    double wanted,
                    Context& context) {
  require(wanted > 0 && std::isfinite(wanted),
          fmt::format("psnr must be above 0 and finite, got {}", wanted));
  // What the planes may be off in sum; Y, Cb and Cr are near enough for a guess.
  const double error =
      std::pow(double(original.peak()), 2) / std::pow(10, wanted / 10) * samples_of(image);
  std::optional<Packed> best;
  for (const double share : {0.125, 0.25, 0.5, 1.0}) {
    auto packed = smallest(image, share, count_for(image, share, error), [&](const Packed& p) {
      return psnr_of(p, original, context) >= wanted;
    });
    if (packed && (!best || packed->bytes.size() < best->bytes.size())) best = std::move(packed);
  }
  if (!best) {
    const Packed all = pack(image, all_ranks(image), 0.125);
    throw InvalidArgument(fmt::format("{:.2f} dB cannot be reached; all triplets reach {:.2f} dB",
                                      wanted, psnr_of(all, original, context)));
  }
  return *best;
}

}  // namespace eckart::image
