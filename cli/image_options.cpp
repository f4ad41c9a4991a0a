// The table of image and its subcommands.
#include <CLI/CLI.hpp>
#include <cmath>

#include "command_line.hpp"
#include "exit_code.hpp"
#include "option_group.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

constexpr const char* picture_help = "a picture: PNG, JPEG, PNM, .eck, or - for stdin";

double parse_psnr(const std::string& text) {
  const double psnr = parse_at_least_zero("--psnr", text);
  if (psnr > 0 && psnr <= 200) return psnr;
  throw UsageError("--psnr: '" + text + "' will not do; expected decibels such as 35, up to 200");
}

// "1,5,20"
std::vector<index_t> parse_ranks(const std::string& text) {
  std::vector<index_t> ranks;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    ranks.push_back(parse_count("--ranks", text.substr(begin, end - begin), 1));
    begin = end + 1;
  }
  constexpr std::size_t most = 24;
  if (ranks.size() <= most) return ranks;
  throw UsageError("--ranks: more than 24 ranks are no overview");
}

void add_matrix(CLI::App& command, ImageCommandOptions& o) {
  Group group{command, "What is decomposed"};
  group.choice("--colors", "ycbcr|channels",
               "brightness and two differences, or red, green and blue (ycbcr)", o.colors);
  group.value("--block", "B", "rows of the matrix are blocks of B x B pixels, 2 to 64",
              [&o](const std::string& text) {
                o.block = parse_count("--block", text, 2);
                if (o.block > 64) throw UsageError("--block: '" + text + "' is more than 64");
              });
}

void add_ranks(CLI::App& command, ImageCommandOptions& o) {
  Group{command, "Output"}.value("--ranks", "N,N,...",
                                 "which ranks to show (1,2,5,10,20,50,100,200 as far as there are)",
                                 [&o](const std::string& text) { o.ranks = parse_ranks(text); });
}

void add_picture_target(CLI::App& command, const char* help, ImageCommandOptions& o) {
  add_target(command, "FILE", help, o.file);
  Group{command, "Output"}.flag("--force", "replace the file if it exists", o.force);
}

void add_picture(CLI::App& command, ImageCommandOptions& o, const char* help = picture_help) {
  add_argument(command, "FILE", help, o.run.input);
}

void add_compress(CLI::App& image, ImageCommandOptions& o) {
  CLI::App& command = *image.add_subcommand("compress", "pack a picture of low rank");
  command.footer(
      "eckart image compress photo.jpg -k 50 -o photo.eck\n"
      "eckart image compress photo.png --psnr 32 -o photo.eck    as small as that allows\n"
      "eckart image compress photo.png --bytes 20K -o photo.eck  as good as fits\n"
      "eckart image compress photo.png --energy 99.5% --block 8 -o photo.eck\n"
      "\n"
      "It says how a JPEG of the same quality compares. For photographs JPEG is smaller.");
  add_picture(command, o);
  Group group{command, "How much to keep"};
  group.value("-k,--rank", "N", "the N leading triplets, of colour differences those that matter",
              [&o](const std::string& text) { o.rank = parse_count("-k", text, 1); });
  group.value("--energy", "P", "the fewest triplets that hold this share: 0.995 or 99.5%",
              [&o](const std::string& text) { o.energy = parse_share("--energy", text); });
  group.value("--psnr", "DB", "the smallest file of this quality, such as 32 (decibels)",
              [&o](const std::string& text) { o.psnr = parse_psnr(text); });
  group.value("--bytes", "BYTES", "the best file of at most this size, such as 20000 or 20K",
              [&o](const std::string& text) { o.bytes = parse_bytes("--bytes", text); });
  add_matrix(command, o);
  add_picture_target(command, "where the packed picture goes (.eck)", o);
  add_run(command, o.run);
}

void add_expand(CLI::App& image, ImageCommandOptions& o) {
  CLI::App& command = *image.add_subcommand("expand", "make a picture of a packed one");
  command.footer(
      "eckart image expand photo.eck -o photo.png\n"
      "eckart image expand photo.eck -k 10 -o rough.png    with fewer of its triplets\n"
      "eckart image expand photo.eck --quality 85 -o photo.jpg");
  add_picture(command, o, "what eckart image compress wrote, - for stdin");
  Group{command, "How much to keep"}.value(
      "-k,--rank", "N", "only the N leading triplets of those in the file",
      [&o](const std::string& text) { o.rank = parse_count("-k", text, 1); });
  Group{command, "Output"}.value("--quality", "Q", "of a .jpg, 1 to 100 (90)",
                                 [&o](const std::string& text) {
                                   const index_t quality = parse_count("--quality", text, 1);
                                   if (quality > 100)
                                     throw UsageError("--quality: '" + text + "' is more than 100");
                                   o.quality = static_cast<int>(quality);
                                 });
  add_picture_target(command, "the picture: .png .jpg .pgm .ppm .pam, by the extension", o);
  add_run(command, o.run);
}

void add_inspect(CLI::App& image, ImageCommandOptions& o) {
  CLI::App& command =
      *image.add_subcommand("inspect", "what each rank is worth: energy, PSNR, SSIM, bytes");
  command.footer(
      "eckart image inspect photo.png\n"
      "eckart image inspect photo.jpg --ranks 10,20,40 --block 8\n"
      "eckart image inspect photo.png --plot spectrum.png\n"
      "eckart image inspect photo.eck       what a packed picture holds");
  add_picture(command, o);
  add_matrix(command, o);
  add_ranks(command, o);
  add_plot(command, "spectrum and energy of the first plane, .png or .svg", o.plot);
  Group{command, "Output"}.flag("--force", "replace the picture if it exists", o.force);
  add_run(command, o.run);
}

void add_sheet(CLI::App& image, ImageCommandOptions& o) {
  CLI::App& command = *image.add_subcommand("sheet", "one PNG that shows a picture at many ranks");
  command.footer(
      "eckart image sheet photo.jpg -o sheet.png\n"
      "eckart image sheet photo.jpg --ranks 1,5,25,125 -o sheet.png");
  add_picture(command, o);
  add_matrix(command, o);
  add_ranks(command, o);
  add_picture_target(command, "where the sheet goes (.png)", o);
  add_run(command, o.run);
}

void add_preview(CLI::App& image, ImageCommandOptions& o) {
  CLI::App& command = *image.add_subcommand("preview", "show a picture in the terminal");
  command.footer(
      "eckart image preview photo.jpg\n"
      "eckart image preview photo.jpg -k 5       at rank 5\n"
      "eckart image preview photo.eck --graphics sixel");
  add_picture(command, o);
  Group{command, "How much to keep"}.value(
      "-k,--rank", "N", "at this rank; without it, as it is",
      [&o](const std::string& text) { o.rank = parse_count("-k", text, 1); });
  add_matrix(command, o);
  Group{command, "Output"}.choice("--graphics", "auto|blocks|kitty|sixel|letters|none",
                                  "how the terminal draws (auto: what it is known to do)",
                                  o.graphics);
  add_run(command, o.run);
}

}  // namespace

void add_image(CLI::App& top, ImageCommandOptions& o) {
  CLI::App& image = *top.add_subcommand("image", "pictures of low rank: pack, judge, show");
  image.footer(
      "eckart image inspect photo.jpg\n"
      "eckart image compress photo.jpg -k 50 -o photo.eck\n"
      "eckart image expand photo.eck -o photo.png");
  image.require_subcommand(1);
  add_compress(image, o);
  add_expand(image, o);
  add_inspect(image, o);
  add_sheet(image, o);
  add_preview(image, o);
}

}  // namespace eckart::cli
