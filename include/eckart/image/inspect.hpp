// eckart/image/inspect.hpp - what each rank of a picture is worth, beside JPEG.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/image/image.hpp"
#include "eckart/image/low_rank.hpp"

namespace eckart::image {

// A JPEG file of a picture.
struct JpegPeer {
  int quality = 0;  // 1 to 100
  std::uint64_t bytes = 0;
  double psnr = 0;
};

// Returns the smallest JPEG file of the picture with at least this PSNR; nothing if none has, the
// picture has 16 bits, which JPEG lacks, or more than 65500 pixels on a side. Alpha does not count.
// Cost: seven times writing and reading a JPEG.
std::optional<JpegPeer> jpeg_with_psnr(const Image& image,
                                       double psnr,
                                       const Context& context = default_context());

// A picture of some rank, and as a file.
struct RankQuality {
  index_t rank = 0;  // of the first plane
  Ranks ranks;       // of all
  double energy = 0;
  double psnr = 0;                       // rounded and clipped, as one sees it
  std::optional<double> psnr_unclipped;  // from the singular values; not of Y, Cb and Cr
  std::optional<double> ssim;            // nothing if the picture is smaller than its window
  std::uint64_t packed_bytes = 0;        // as pack makes it
  double packed_psnr = 0;                // of what is unpacked
  std::optional<JpegPeer> jpeg;          // with at least the PSNR of the packed one
};

// Returns the quality of the picture at rank k. image must be decomposed from original.
// Throws InvalidArgument if k < 0.
RankQuality quality_at(const LowRankImage& image,
                       const Image& original,
                       index_t k,
                       Context& context = default_context());

}  // namespace eckart::image
