// eckart image inspect, sheet and preview: looking at a picture of low rank.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>

#include "eckart/image/image_file.hpp"
#include "eckart/image/preview.hpp"
#include "eckart/image/quality.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/plot/standard.hpp"
#include "exit_code.hpp"
#include "image.hpp"
#include "plot_file.hpp"
#include "request.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

// The ranks that were asked for, or round ones, as far as the picture has them.
std::vector<index_t> ranks_to_show(const ImageCommandOptions& o, const image::LowRankImage& low) {
  const index_t most = low.planes.front().rank();
  std::vector<index_t> wanted = o.ranks;
  if (wanted.empty()) wanted = {1, 2, 5, 10, 20, 50, 100, 200};
  std::vector<index_t> ranks;
  for (const index_t k : wanted) {
    if (k <= most) ranks.push_back(k);
  }
  if (!ranks.empty()) return ranks;
  throw UsageError(fmt::format("--ranks: the picture has rank {} at most", most));
}

ordered_json row_json(const image::RankQuality& q) {
  ordered_json row = {{"rank", q.rank},
                      {"ranks", q.ranks},
                      {"energy", q.energy},
                      {"psnr", decibels_json(q.psnr)},
                      {"psnr_unclipped", nullptr},
                      {"ssim", q.ssim ? ordered_json(*q.ssim) : ordered_json(nullptr)},
                      {"bytes", q.packed_bytes},
                      {"packed_psnr", decibels_json(q.packed_psnr)},
                      {"jpeg", nullptr}};
  if (q.psnr_unclipped) row["psnr_unclipped"] = decibels_json(*q.psnr_unclipped);
  if (q.jpeg) {
    row["jpeg"] = {{"quality", q.jpeg->quality},
                   {"bytes", q.jpeg->bytes},
                   {"psnr", decibels_json(q.jpeg->psnr)}};
  }
  return row;
}

// What nobody can take for an advertisement. A file that is smaller and worse than the JPEG of
// least quality cannot be compared.
std::string verdict(const std::vector<image::RankQuality>& rows, const image::Image& picture) {
  if (picture.bits == 16) return "JPEG has 8 bits: there is nothing to compare with.";
  std::size_t compared = 0, won = 0;
  index_t coarse = 0;  // up to this rank
  double least = std::numeric_limits<double>::infinity(), most = 0;
  for (const image::RankQuality& q : rows) {
    if (!q.jpeg) continue;
    const double ratio = double(q.packed_bytes) / double(q.jpeg->bytes);
    if (q.jpeg->quality == 1 && ratio < 1) {
      coarse = std::max(coarse, q.rank);
      continue;
    }
    ++compared;
    won += ratio < 1;
    least = std::min(least, ratio);
    most = std::max(most, ratio);
  }
  std::string text;
  if (compared == 0) {
    text = "No JPEG can be compared with any of these ranks.";
  } else if (won == 0) {
    text = fmt::format("JPEG wins: at equal PSNR the SVD takes {:.1f} to {:.1f} times its bytes.",
                       least, most);
  } else if (won == compared) {
    text = fmt::format("The SVD wins: at equal PSNR JPEG takes {:.1f} to {:.1f} times its bytes.",
                       1 / most, 1 / least);
  } else {
    text = fmt::format(
        "The SVD wins at {} of {} ranks: at equal PSNR it takes {:.2f} to {:.2f} times JPEG's "
        "bytes.",
        won, compared, least, most);
  }
  if (coarse > 0) {
    text += fmt::format(" Up to rank {} the picture is coarser than any JPEG of it.", coarse);
  }
  return text;
}

std::string table(const std::vector<image::RankQuality>& rows) {
  std::string text =
      fmt::format("  {:>5}  {:>9}  {:>8}  {:>6}  {:>10}  {:>8}  {:>10}  {:>7}\n", "rank", "energy",
                  "PSNR", "SSIM", "bytes", "PSNR", "JPEG bytes", "quality");
  const auto number = [](double psnr) {
    return std::isinf(psnr) ? std::string("inf") : fmt::format("{:.2f}", psnr);
  };
  for (const image::RankQuality& q : rows) {
    text +=
        fmt::format("  {:>5}  {:>7.4f} %  {:>8}  {:>6}  {:>10}  {:>8}  {:>10}  {:>7}\n", q.rank,
                    100 * q.energy, number(q.psnr), q.ssim ? fmt::format("{:.4f}", *q.ssim) : "-",
                    grouped(index_t(q.packed_bytes)), number(q.packed_psnr),
                    q.jpeg ? grouped(index_t(q.jpeg->bytes)) : "-",
                    q.jpeg ? fmt::format("{}", q.jpeg->quality) : "-");
  }
  return text;
}

// What a packed file holds.
int inspect_packed(const ImageCommandOptions& o,
                   const image::PictureFile& file,
                   const Session& session) {
  if (!o.plot.empty() || !o.ranks.empty()) {
    throw UsageError("--plot and --ranks need the picture itself; a packed one has no more");
  }
  const image::LowRankImage& low = *file.packed;
  const image::Ranks ranks = image::all_ranks(low);
  if (session.json) {
    write_json({{"picture", to_json(file.image)},
                {"source", o.run.input},
                {"bytes", file.bytes},
                {"colors", low.colors == image::Colors::ycbcr ? "ycbcr" : "channels"},
                {"block", low.block},
                {"ranks", ranks}});
    return exit_met;
  }
  std::string text = fmt::format("image    {}: {}, packed in {} bytes\n",
                                 session.terminal.bold(printable(o.run.input)),
                                 describe(file.image), grouped(index_t(file.bytes)));
  text += fmt::format("kept     {}{}\n", ranks_text(low, ranks),
                      low.block > 0 ? fmt::format(", of blocks {0} x {0}", low.block) : "");
  text += fmt::format("size     {:.1f} times smaller than the samples\n",
                      double(raw_bytes(file.image)) / double(file.bytes));
  write_stdout(session.terminal.text(text));
  return exit_met;
}

plot::Image to_plot(const image::Image& picture) {
  plot::Image result{.rows = picture.height,
                     .cols = picture.width,
                     .most = double(picture.peak()),
                     .shades = plot::Image::Shades::color};
  for (index_t i = 0; i < picture.height; ++i) {
    for (index_t j = 0; j < picture.width; ++j) {
      for (int c = 0; c < 3; ++c) {
        result.values.push_back(picture.at(i, j, picture.colors() == 3 ? c : 0));
      }
    }
  }
  return result;
}

image::Graphics graphics_of(const std::string& name, const Terminal& terminal) {
  if (name == "kitty") return image::Graphics::kitty;
  if (name == "sixel") return image::Graphics::sixel;
  if (name == "blocks") return image::Graphics::blocks;
  if (name == "letters" || isatty(STDOUT_FILENO) == 0) return image::Graphics::letters;
  const auto variable = [](const char* key) {
    const char* value = std::getenv(key);
    return std::string_view(value ? value : "");
  };
  const std::string_view term = variable("TERM"), program = variable("TERM_PROGRAM");
  if (term == "xterm-kitty" || term == "xterm-ghostty" || program == "ghostty" ||
      program == "WezTerm") {
    return image::Graphics::kitty;
  }
  if (term.starts_with("foot") || term.starts_with("mlterm") ||
      term.find("sixel") != std::string_view::npos) {
    return image::Graphics::sixel;
  }
  return terminal.color && terminal.utf8 ? image::Graphics::blocks : image::Graphics::letters;
}

int terminal_rows() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 4) return size.ws_row - 2;
  return 40;
}

}  // namespace

int run_image_inspect(const ImageCommandOptions& o) {
  check_plot(o.plot, o.force, {o.run.input});
  Session session(o.run);
  const image::PictureFile file = load_picture(o, session);
  if (file.packed) return inspect_packed(o, file, session);
  const image::Image& picture = file.image;
  const image::LowRankImage low = decompose_picture(picture, o, {}, session);
  std::vector<image::RankQuality> rows;
  for (const index_t k : ranks_to_show(o, low)) {
    rows.push_back(image::quality_at(low, picture, k, session.context));
  }
  const std::uint64_t png = image::encode_png(picture).size();
  session.progress.clear();
  if (!o.plot.empty()) {
    const image::Plane& plane = low.planes.front();
    const double norm = std::sqrt(plane.square);
    write_plot(o.plot, plot::spectrum(plane.svd.sigma, norm, 1e-14 * norm), o.force);
  }
  if (session.json) {
    ordered_json planes = ordered_json::array();
    for (const image::Plane& plane : low.planes) {
      planes.push_back(
          {{"name", plane.name}, {"square", plane.square}, {"sigma", plane.svd.sigma}});
    }
    ordered_json table_json = ordered_json::array();
    for (const image::RankQuality& q : rows) table_json.push_back(row_json(q));
    write_json({{"picture", to_json(picture)},
                {"source", o.run.input},
                {"peak", picture.peak()},
                {"source_bytes", file.bytes},
                {"png_bytes", png},
                {"planes", planes},
                {"ranks", table_json},
                {"verdict", verdict(rows, picture)}});
    return exit_code_of(low);
  }
  std::string text =
      fmt::format("image    {}: {}, {} bytes\n", session.terminal.bold(printable(o.run.input)),
                  describe(picture), grouped(index_t(file.bytes)));
  text += fmt::format("size     {} bytes of samples, {} as PNG\n",
                      grouped(index_t(raw_bytes(picture))), grouped(index_t(png)));
  for (const image::Plane& plane : low.planes) {
    text += fmt::format("σ        {}:", plane.name);
    for (std::size_t i = 0; i < std::min<std::size_t>(6, plane.svd.sigma.size()); ++i) {
      text += fmt::format(" {:.6g}", plane.svd.sigma[i]);
    }
    text += plane.rank() > 6 ? " …\n" : "\n";
  }
  text += fmt::format(
      "\nat each rank: PSNR in dB (peak {}); then the packed file and the JPEG of "
      "its PSNR\n",
      picture.peak());
  text += table(rows) + "\n" + verdict(rows, picture) + "\n";
  if (!o.plot.empty()) text += "\npicture  " + printable(o.plot) + "\n";
  write_stdout(session.terminal.text(text));
  return exit_code_of(low);
}

int run_image_sheet(const ImageCommandOptions& o) {
  if (!o.file.ends_with(".png")) {
    throw UsageError("-o: '" + o.file + "' will not do; expected a name that ends in .png");
  }
  check_target(o.file, o.force, false);
  check_not_input(o.file, {o.run.input});
  Session session(o.run);
  const image::PictureFile file = load_picture(o, session);
  const image::Image& picture = file.image;
  const image::LowRankImage low = decompose_picture(picture, o, {}, session);
  plot::Figure figure{.columns = 3};
  constexpr double panel_width = 290;
  constexpr index_t most_pixels = 580;
  ordered_json rows = ordered_json::array();
  const auto add = [&](const std::string& title, const image::Image& shown) {
    const image::Image small = image::fitted(shown, most_pixels, 2 * most_pixels);
    figure.panels.push_back({.title = title, .image = to_plot(small)});
  };
  for (const index_t k : ranks_to_show(o, low)) {
    const image::Ranks ranks = image::ranks_of(low, k);
    const image::Image shown = image::reconstruct(low, ranks, session.context);
    const double psnr =
        image::psnr(image::mean_squared_error(picture, shown, session.context), picture.peak());
    const std::size_t bytes = image::pack(low, ranks).bytes.size();
    add(fmt::format("rank {}: {}, {} bytes", k, decibels(psnr), grouped(index_t(bytes))), shown);
    rows.push_back({{"rank", k}, {"psnr", decibels_json(psnr)}, {"bytes", bytes}});
  }
  add(fmt::format("the picture: {} bytes", grouped(index_t(file.bytes))), picture);
  const auto lines = static_cast<double>((figure.panels.size() + 2) / 3);
  const double panel_height =
      std::min(2.0, double(picture.height) / double(picture.width)) * panel_width + 30;
  figure.width = 3 * panel_width + 2 * 22 + 24;
  figure.height = std::clamp(lines * panel_height + (lines - 1) * 22 + 24, 100.0, 8000.0);
  const std::string png = plot::to_png(figure);
  session.progress.clear();
  check_free(o.file, o.force);
  io::write_text(o.file, png);
  if (session.json) {
    write_json({{"picture", to_json(picture)},
                {"source", o.run.input},
                {"file", o.file},
                {"ranks", rows}});
  } else {
    write_stdout(fmt::format("picture  {}\n", printable(o.file)));
  }
  return exit_code_of(low);
}

int run_image_preview(const ImageCommandOptions& o) {
  Session session(o.run);
  const image::PictureFile file = load_picture(o, session);
  image::Image picture = file.image;
  int code = exit_met;
  std::string what = describe(picture);
  if (o.rank) {
    const image::LowRankImage low = decompose_picture(picture, o, o.rank, session);
    const image::Ranks ranks = image::ranks_of(low, *o.rank);
    picture = image::reconstruct(low, ranks, session.context);
    what += ", " + ranks_text(low, ranks);
    code = exit_code_of(low);
  }
  session.progress.clear();
  if (session.json) {
    write_json({{"picture", to_json(picture)}, {"source", o.run.input}});
    return code;
  }
  if (o.graphics != "none") {
    write_stdout(image::terminal_picture(picture, graphics_of(o.graphics, session.terminal),
                                         session.terminal.columns, terminal_rows()));
  }
  write_stdout(fmt::format("{}: {}\n", session.terminal.bold(printable(o.run.input)), what));
  return code;
}

}  // namespace eckart::cli
