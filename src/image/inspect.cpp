#include "eckart/image/inspect.hpp"

#include <algorithm>

#include "eckart/image/image_file.hpp"
#include "eckart/image/packed.hpp"
#include "eckart/image/quality.hpp"

namespace eckart::image {
namespace {

Image without_alpha(const Image& image) {
  if (!image.has_alpha()) return image;
  Image result = make_image(image.width, image.height, image.colors(), image.bits,
                            {.max_pixels = image.pixels()});
  for (index_t i = 0; i < image.height; ++i) {
    for (index_t j = 0; j < image.width; ++j) {
      for (int c = 0; c < result.channels; ++c) result.at(i, j, c) = image.at(i, j, c);
    }
  }
  return result;
}

JpegPeer jpeg_of(const Image& image, int quality, const Context& context) {
  const std::string bytes = encode_jpeg(image, quality);
  const Image back =
      decode_image(bytes, "JPEG", {.max_pixels = std::max<index_t>(1, image.pixels())});
  return {quality, bytes.size(), psnr(mean_squared_error(image, back, context), image.peak())};
}

std::optional<double> psnr_of_planes(const LowRankImage& image, const Ranks& ranks) {
  const bool samples = image.planes.size() == 1 || image.colors == Colors::channels;
  if (!samples || image.block > 0) return {};  // completed blocks hold samples of no picture
  const double count = double(image.width) * double(image.height) * double(image.planes.size());
  return psnr(squared_error(image, ranks) / count, image.peak());
}

}  // namespace

std::optional<JpegPeer> jpeg_with_psnr(const Image& image, double wanted, const Context& context) {
  constexpr index_t most_side = 65500;
  if (image.bits != 8 || image.width > most_side || image.height > most_side) return {};
  const Image opaque = without_alpha(image);
  std::optional<JpegPeer> best;
  int low = 1, high = 100;
  while (low <= high) {
    const int middle = (low + high) / 2;
    const JpegPeer peer = jpeg_of(opaque, middle, context);
    if (peer.psnr >= wanted) {
      best = peer;
      high = middle - 1;
    } else {
      low = middle + 1;
    }
  }
  return best;
}

RankQuality quality_at(const LowRankImage& image,
                       const Image& original,
                       index_t k,
                       Context& context) {
  RankQuality q;
  q.ranks = ranks_of(image, k);
  q.rank = q.ranks.front();
  q.energy = energy(image, q.ranks);
  const Image shown = reconstruct(image, q.ranks, context);
  q.psnr = psnr(mean_squared_error(original, shown, context), original.peak());
  q.psnr_unclipped = psnr_of_planes(image, q.ranks);
  q.ssim = ssim(original, shown, context);
  const Packed packed = pack(image, q.ranks);
  q.packed_bytes = packed.bytes.size();
  const LowRankImage back =
      unpack(packed.bytes, "the packed picture", {.max_pixels = original.pixels()});
  q.packed_psnr = psnr(mean_squared_error(original, reconstruct(back, q.ranks, context), context),
                       original.peak());
  q.jpeg = jpeg_with_psnr(original, q.packed_psnr, context);
  return q;
}

}  // namespace eckart::image
