// cli/image.hpp - what the subcommands of image share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "eckart/image/inspect.hpp"
#include "eckart/image/low_rank.hpp"
#include "eckart/image/packed.hpp"
#include "options.hpp"
#include "session.hpp"

namespace eckart::cli {

// Returns the picture that the options name. Throws UsageError instead of waiting for a person to
// type one; as read_picture.
image::PictureFile load_picture(const ImageCommandOptions& o, Session& session);

// Returns the planes of the picture, decomposed as the options say; rank: the leading triplets
// alone. Ctrl-C cancels.
image::LowRankImage decompose_picture(const image::Image& picture,
                                      const ImageCommandOptions& o,
                                      std::optional<index_t> rank,
                                      Session& session);

// "512 x 512, grey, 8 bits"
std::string describe(const image::Image& picture);
nlohmann::ordered_json to_json(const image::Image& picture);

// Bytes of the samples alone.
std::uint64_t raw_bytes(const image::Image& picture);

// "rank 50", "rank Y 50, Cb 7, Cr 9"
std::string ranks_text(const image::LowRankImage& low, const image::Ranks& ranks);

// "29.41 dB", "∞ dB" of equal pictures.
std::string decibels(double psnr);
// As JSON has it: null for infinity.
nlohmann::ordered_json decibels_json(double psnr);

// The worst of the planes' codes.
int exit_code_of(const image::LowRankImage& low);

// "a JPEG of the same PSNR takes 9,000 bytes: ..." or why there is none.
std::string jpeg_text(const std::optional<image::JpegPeer>& jpeg,
                      std::uint64_t packed_bytes,
                      const image::Image& picture);

// Of each subcommand; they return an exit code.
int run_image_compress(const ImageCommandOptions& o);
int run_image_expand(const ImageCommandOptions& o);
int run_image_inspect(const ImageCommandOptions& o);
int run_image_sheet(const ImageCommandOptions& o);
int run_image_preview(const ImageCommandOptions& o);

}  // namespace eckart::cli
