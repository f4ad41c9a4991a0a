// eckart image compress and expand, and what the other subcommands of image share.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "eckart/image/image_file.hpp"
#include "eckart/image/quality.hpp"
#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "image.hpp"
#include "interrupt.hpp"
#include "request.hpp"

namespace eckart::cli {

using nlohmann::ordered_json;

image::PictureFile load_picture(const ImageCommandOptions& o, Session& session) {
  if (o.run.input == "-" && isatty(STDIN_FILENO) != 0) {
    throw UsageError("standard input is a terminal; pipe a picture into it, or name a file");
  }
  refuse_device(o.run.input);
  return image::read_picture(o.run.input, {.max_bytes = o.run.max_memory_bytes}, session.context);
}

image::LowRankImage decompose_picture(const image::Image& picture,
                                      const ImageCommandOptions& o,
                                      std::optional<index_t> rank,
                                      Session& session) {
  const std::uint64_t cap = session.context.memory_cap_bytes();
  // The planes stand beside the picture while they are decomposed.
  const auto planes = static_cast<std::uint64_t>(picture.pixels() * picture.colors()) * 8;
  if (cap > 0 && planes + raw_bytes(picture) * 2 > cap) {
    throw MemoryLimit("image, which makes matrices of the picture,",
                      planes + raw_bytes(picture) * 2, cap);
  }
  const InterruptGuard guard(session.context);
  return image::decompose(
      picture,
      {.colors = o.colors == "ycbcr" ? image::Colors::ycbcr : image::Colors::channels,
       .block = o.block,
       .rank = rank},
      session.context);
}

std::string describe(const image::Image& picture) {
  return fmt::format("{} x {}, {}{}, {} bits", picture.width, picture.height,
                     picture.colors() == 1 ? "grey" : "colour",
                     picture.has_alpha() ? " with transparency" : "", picture.bits);
}

ordered_json to_json(const image::Image& picture) {
  return {{"width", picture.width},       {"height", picture.height},
          {"channels", picture.channels}, {"bits", picture.bits},
          {"alpha", picture.has_alpha()}, {"raw_bytes", raw_bytes(picture)}};
}

std::uint64_t raw_bytes(const image::Image& picture) {
  return static_cast<std::uint64_t>(picture.pixels() * picture.channels * (picture.bits / 8));
}

std::string ranks_text(const image::LowRankImage& low, const image::Ranks& ranks) {
  if (ranks.size() == 1) return fmt::format("rank {}", ranks.front());
  std::string text = "rank";
  for (std::size_t p = 0; p < ranks.size(); ++p) {
    text += fmt::format("{} {} {}", p == 0 ? "" : ",", low.planes[p].name, ranks[p]);
  }
  return text;
}

std::string decibels(double psnr) {
  return std::isinf(psnr) ? "∞ dB" : fmt::format("{:.2f} dB", psnr);
}

ordered_json decibels_json(double psnr) {
  return std::isinf(psnr) ? ordered_json(nullptr) : ordered_json(psnr);
}

int exit_code_of(const image::LowRankImage& low) {
  int code = exit_met;
  for (const image::Plane& plane : low.planes) {
    code = std::max(code, exit_code_of(plane.svd.report));
  }
  return code;
}

std::string jpeg_text(const std::optional<image::JpegPeer>& jpeg,
                      std::uint64_t packed_bytes,
                      const image::Image& picture) {
  if (picture.bits == 16) return "none: JPEG has 8 bits";
  if (!jpeg) return "no JPEG reaches this PSNR";
  const double ratio = double(packed_bytes) / double(jpeg->bytes);
  if (jpeg->quality == 1 && ratio < 1) {
    return fmt::format("{} bytes at {}: the picture is coarser than any JPEG of it",
                       grouped(index_t(jpeg->bytes)), decibels(jpeg->psnr));
  }
  return fmt::format("{} bytes at {} (quality {}): {}", grouped(index_t(jpeg->bytes)),
                     decibels(jpeg->psnr), jpeg->quality,
                     ratio > 1 ? fmt::format("JPEG is {:.1f} times smaller", ratio)
                               : fmt::format("the SVD is {:.1f} times smaller", 1 / ratio));
}

namespace {

// At most one of the ways to say how much, and at least one.
void check_compress(const ImageCommandOptions& o) {
  const int ways = (o.rank ? 1 : 0) + (o.energy ? 1 : 0) + (o.psnr ? 1 : 0) + (o.bytes ? 1 : 0);
  if (ways == 0) throw UsageError("say how much to keep: -k, --energy, --psnr or --bytes");
  if (ways > 1) {
    throw UsageError("-k, --energy, --psnr and --bytes each say how much to keep; give one");
  }
  if (o.file == "-") throw UsageError("-o -: a packed picture is no text; name a file");
  check_target(o.file, o.force, false);
  check_not_input(o.file, {o.run.input});
}

image::Packed pack_as_asked(const image::LowRankImage& low,
                            const image::Image& picture,
                            const ImageCommandOptions& o,
                            Session& session) {
  if (o.bytes) return image::pack_within(low, *o.bytes);
  if (o.psnr) return image::pack_to_psnr(low, picture, *o.psnr, session.context);
  return image::pack(
      low, o.energy ? image::ranks_for_energy(low, *o.energy) : image::ranks_of(low, *o.rank));
}

}  // namespace

int run_image_compress(const ImageCommandOptions& o) {
  check_compress(o);
  Session session(o.run);
  const image::PictureFile file = load_picture(o, session);
  const image::Image& picture = file.image;
  const image::LowRankImage low = decompose_picture(picture, o, o.rank, session);
  const image::Packed packed = pack_as_asked(low, picture, o, session);
  const image::Image shown =
      image::reconstruct(image::unpack(packed.bytes, o.file, {.max_pixels = picture.pixels()}),
                         packed.ranks, session.context);
  const double psnr =
      image::psnr(image::mean_squared_error(picture, shown, session.context), picture.peak());
  const auto ssim = image::ssim(picture, shown, session.context);
  const auto jpeg = image::jpeg_with_psnr(picture, psnr, session.context);
  session.progress.clear();
  check_free(o.file, o.force);
  io::write_text(o.file, packed.bytes);

  const double energy = image::energy(low, packed.ranks);
  const std::uint64_t png = image::encode_png(picture).size(), raw = raw_bytes(picture);
  if (session.json) {
    ordered_json report = {{"picture", to_json(picture)},
                           {"source", o.run.input},
                           {"file", o.file},
                           {"ranks", packed.ranks},
                           {"energy", energy},
                           {"psnr", decibels_json(psnr)},
                           {"peak", picture.peak()},
                           {"ssim", ssim ? ordered_json(*ssim) : ordered_json(nullptr)},
                           {"share", packed.share},
                           {"bytes", packed.bytes.size()},
                           {"source_bytes", file.bytes},
                           {"png_bytes", png},
                           {"jpeg", nullptr}};
    if (jpeg) {
      report["jpeg"] = {
          {"quality", jpeg->quality}, {"bytes", jpeg->bytes}, {"psnr", decibels_json(jpeg->psnr)}};
    }
    write_json(report);
    return exit_code_of(low);
  }
  std::string text =
      fmt::format("image    {}: {}, {} bytes\n", session.terminal.bold(printable(o.run.input)),
                  describe(picture), grouped(index_t(file.bytes)));
  text += fmt::format("kept     {}: {:.4f} % of the energy\n", ranks_text(low, packed.ranks),
                      100 * energy);
  text += fmt::format("quality  PSNR {} (peak {})", decibels(psnr), picture.peak());
  if (ssim) text += fmt::format(", SSIM {:.4f}", *ssim);
  const double size = double(packed.bytes.size());
  text +=
      fmt::format("\nsize     {} bytes: {:.1f} times smaller than the samples, {:.1f} than PNG\n",
                  grouped(index_t(packed.bytes.size())), double(raw) / size, double(png) / size);
  text += fmt::format("as JPEG  {}\n", jpeg_text(jpeg, packed.bytes.size(), picture));
  text += fmt::format("file     {}\n", printable(o.file));
  write_stdout(session.terminal.text(text));
  return exit_code_of(low);
}

int run_image_expand(const ImageCommandOptions& o) {
  if (o.file == "-") throw UsageError("-o -: a picture is no text; name a file");
  check_target(o.file, o.force, false);
  check_not_input(o.file, {o.run.input});
  Session session(o.run);
  const image::PictureFile file = load_picture(o, session);
  if (!file.packed) {
    throw IoError(o.run.input,
                  "is a picture already; expected a file that eckart image compress wrote");
  }
  const image::Ranks all = image::all_ranks(*file.packed);
  const image::Ranks ranks = o.rank ? image::ranks_of(*file.packed, *o.rank) : all;
  const image::Image picture =
      o.rank ? image::reconstruct(*file.packed, ranks, session.context) : file.image;
  check_free(o.file, o.force);
  image::write_image(o.file, picture, o.quality);
  if (session.json) {
    write_json({{"picture", to_json(picture)},
                {"source", o.run.input},
                {"file", o.file},
                {"ranks", ranks}});
  } else {
    write_stdout(fmt::format("image    {}: {}, {}\nfile     {}\n",
                             session.terminal.bold(printable(o.run.input)), describe(picture),
                             ranks_text(*file.packed, ranks), printable(o.file)));
  }
  return exit_met;
}

int run_image(const std::string& verb, const ImageCommandOptions& o) {
  if (verb == "compress") return run_image_compress(o);
  if (verb == "expand") return run_image_expand(o);
  if (verb == "inspect") return run_image_inspect(o);
  if (verb == "sheet") return run_image_sheet(o);
  return run_image_preview(o);
}

}  // namespace eckart::cli
