// eckart/image/packed.hpp - a picture of low rank as a small file (.eck).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eckart/image/image.hpp"
#include "eckart/image/low_rank.hpp"

namespace eckart::image {

// A file, and what is in it.
struct Packed {
  std::string bytes;
  Ranks ranks;

  // Squared error that rounding the factors adds, as a share of what low rank leaves out (or, where
  // that is less, of 1/48 for each sample, which rounding samples takes away): a quarter loses 1
  // dB.
  double share = 0.25;
};

// Returns the picture of the given ranks as a file. The columns sigma_i u_i and sigma_i v_i are
// rounded to multiples of one step, deflated and protected by checksums; alpha is kept exactly.
// The same picture gives the same bytes. Errors add up: the squared error of the unpacked picture,
// before rounding and clipping, is about (1 + share) squared_error(image, ranks).
// See docs/decisions/0011-packed-pictures.md.
// REQUIRES: 0 < share <= 1; ranks as for reconstruct
Packed pack(const LowRankImage& image, const Ranks& ranks, double share = 0.25);

// Returns the file of least error among those of at most this many bytes: of all ranks, and of
// shares down to 1/8. Throws InvalidArgument, telling the least number, if no file is so small.
Packed pack_within(const LowRankImage& image, std::uint64_t bytes);

// Returns the smallest file found whose unpacked picture has at least this PSNR. original is what
// was decomposed. Throws InvalidArgument, telling the best, if all triplets do not reach it.
// REQUIRES: psnr > 0, finite
Packed pack_to_psnr(const LowRankImage& image,
                    const Image& original,
                    double psnr,
                    Context& context = default_context());

// Whether the bytes begin as such a file does.
bool is_packed(std::string_view bytes);

// Returns what was packed: the planes with the ranks of the file, as reconstruct takes them.
// Plane::square is what the triplets hold. name is for messages.
// Throws IoError naming the byte: no such file, of a later version, damaged, incomplete, or with
// sizes that contradict each other or the limits; MemoryLimit.
LowRankImage unpack(std::string_view bytes,
                    const std::string& name,
                    const ImageLimits& limits = {});

// A picture as a file holds it.
struct PictureFile {
  Image image;                         // of a packed file, what it unpacks to
  std::optional<LowRankImage> packed;  // what a packed file holds
  std::uint64_t bytes = 0;             // of the file, inflated if it was gzip's
};

// Returns the picture in the file, packed or of the formats of read_image. Throws as these.
PictureFile read_picture(const std::string& path,
                         const ImageLimits& limits = {},
                         Context& context = default_context());

// The ranks of all planes: what unpack returned, complete.
Ranks all_ranks(const LowRankImage& image);

}  // namespace eckart::image
