// JPEG by libjpeg. It leaves a failed call by longjmp: what it jumps over has no destructors.

#include <fmt/format.h>

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>
// libjpeg's headers use FILE and size_t without declaring them.
#include <jerror.h>
#include <jpeglib.h>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "exif.hpp"
#include "formats.hpp"

namespace eckart::image {
namespace {

struct Failure {
  jpeg_error_mgr manager;  // first: libjpeg knows its address alone
  std::jmp_buf before;
  char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void fail(j_common_ptr jpeg) {
  auto* failure = reinterpret_cast<Failure*>(jpeg->err);
  jpeg->err->format_message(jpeg, failure->message);
  std::longjmp(failure->before, 1);
}

// A warning says that samples are made up, but for those about what does not matter.
void judge_message(j_common_ptr jpeg, int level) {
  const int code = jpeg->err->msg_code;
  const bool harmless = level >= 0 || code == JWRN_EXTRANEOUS_DATA || code == JWRN_ADOBE_XFORM ||
                        code == JWRN_JFIF_MAJOR;
  if (!harmless) fail(jpeg);
}

void ignore(j_common_ptr) {}

// Every scan of a progressive file goes over the whole picture: a small file can hold thousands.
void count_scans(j_common_ptr jpeg) {
  constexpr int most_scans = 200;
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(jpeg);
  if (decompress->input_scan_number <= most_scans) return;
  auto* failure = reinterpret_cast<Failure*>(jpeg->err);
  std::snprintf(failure->message, sizeof failure->message, "more than %d scans", most_scans);
  std::longjmp(failure->before, 1);
}

void set_handlers(Failure& failure) {
  jpeg_std_error(&failure.manager);
  failure.manager.error_exit = fail;
  failure.manager.emit_message = judge_message;
  failure.manager.output_message = ignore;
}

// Returns whether the calls of libjpeg in step ended well. Nothing in it may have a destructor.
template <class Step>
bool run(Failure& failure, const Step& step) {
  if (setjmp(failure.before)) return false;
  step();
  return true;
}

struct Reader {
  jpeg_decompress_struct jpeg{};
  jpeg_progress_mgr progress{};
  Failure failure{};

  explicit Reader(std::string_view bytes) {
    set_handlers(failure);
    jpeg.err = &failure.manager;
    progress.progress_monitor = count_scans;
    const auto start = [&] {
      jpeg_create_decompress(&jpeg);
      jpeg.progress = &progress;
      jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
      jpeg_save_markers(&jpeg, JPEG_APP0 + 1, 0xffff);
    };
    if (!run(failure, start)) throw std::bad_alloc();
  }
  ~Reader() { jpeg_destroy_decompress(&jpeg); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
};

[[noreturn]] void throw_damaged(const Reader& reader,
                                std::string_view bytes,
                                index_t row,
                                const std::string& name) {
  // At its end libjpeg has moved on to bytes of its own.
  const auto* next = reinterpret_cast<const char*>(reader.jpeg.src->next_input_byte);
  const bool inside = next >= bytes.data() && next <= bytes.data() + bytes.size();
  const auto at = inside ? static_cast<std::size_t>(next - bytes.data()) : bytes.size();
  throw IoError(name,
                row < 0 ? fmt::format("byte {}", at)
                        : fmt::format("byte {}, row {} of the picture", at, row + 1),
                fmt::format("the JPEG file is damaged or incomplete ({}); fetch or save it again",
                            reader.failure.message));
}

int orientation_of(const jpeg_decompress_struct& jpeg) {
  for (auto* marker = jpeg.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with("Exif")) return exif_orientation(data);
  }
  return 1;
}

unsigned char eight_bits(std::uint16_t sample, int bits) {
  return static_cast<unsigned char>(bits == 8 ? sample : (sample + 128) / 257);
}

}  // namespace

Image read_jpeg(std::string_view bytes, const std::string& name, const ImageLimits& limits) {
  Reader reader(bytes);
  jpeg_decompress_struct& jpeg = reader.jpeg;
  if (!run(reader.failure, [&] { jpeg_read_header(&jpeg, TRUE); })) {
    throw_damaged(reader, bytes, -1, name);
  }
  if (jpeg.num_components != 1 && jpeg.num_components != 3) {
    throw IoError(name, fmt::format("is a JPEG for print, of {} inks (CMYK); expected grey or "
                                    "colour (RGB): convert it",
                                    jpeg.num_components));
  }
  // Plain files spend two bits on 64 pixels at least, arithmetic coding less on flat pictures.
  constexpr double most_pixels_per_byte = 10000;
  check_size(jpeg.image_width, jpeg.image_height, bytes, most_pixels_per_byte, name, limits);

  const int orientation = orientation_of(jpeg);  // finishing forgets the markers
  const int channels = jpeg.num_components;
  Image image = make_image(jpeg.image_width, jpeg.image_height, channels, 8, limits);
  std::vector<JSAMPLE> buffer(static_cast<std::size_t>(image.width * channels));
  JSAMPROW row = buffer.data();
  std::uint16_t* to = image.samples.data();
  index_t number = -1;
  const auto read_rows = [&] {
    jpeg.out_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(&jpeg);
    for (number = 0; number < image.height; ++number) {
      jpeg_read_scanlines(&jpeg, &row, 1);
      for (std::size_t i = 0; i < buffer.size(); ++i) *to++ = buffer[i];
    }
    number = -1;
    jpeg_finish_decompress(&jpeg);
  };
  if (!run(reader.failure, read_rows)) throw_damaged(reader, bytes, number, name);
  return upright(std::move(image), orientation);
}

std::string encode_jpeg(const Image& image, int quality) {
  validate(image);
  require(quality >= 1 && quality <= 100,
          fmt::format("the quality of a JPEG is 1 to 100, got {}", quality));
  constexpr index_t most_side = 65500;
  require(image.width <= most_side && image.height <= most_side,
          fmt::format("a JPEG has at most {} x {} pixels, the picture {} x {}", most_side,
                      most_side, image.width, image.height));
  const int colors = image.colors();
  std::vector<JSAMPLE> buffer(static_cast<std::size_t>(image.width * colors));
  JSAMPROW row = buffer.data();
  unsigned char* file = nullptr;
  unsigned long size = 0;
  Failure failure{};
  set_handlers(failure);
  jpeg_compress_struct jpeg{};
  jpeg.err = &failure.manager;
  const auto write = [&] {
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &file, &size);
    jpeg.image_width = static_cast<JDIMENSION>(image.width);
    jpeg.image_height = static_cast<JDIMENSION>(image.height);
    jpeg.input_components = colors;
    jpeg.in_color_space = colors == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, quality, TRUE);
    jpeg.optimize_coding = TRUE;
    jpeg_start_compress(&jpeg, TRUE);
    for (index_t i = 0; i < image.height; ++i) {
      for (index_t j = 0; j < image.width; ++j) {
        for (int c = 0; c < colors; ++c)
          row[j * colors + c] = eight_bits(image.at(i, j, c), image.bits);
      }
      jpeg_write_scanlines(&jpeg, &row, 1);
    }
    jpeg_finish_compress(&jpeg);
  };
  const bool done = run(failure, write);
  jpeg_destroy_compress(&jpeg);
  const std::unique_ptr<unsigned char, decltype(&std::free)> owner(file, std::free);
  if (!done) throw Error(fmt::format("a JPEG cannot be made: {}", failure.message));
  return {reinterpret_cast<const char*>(file), size};
}

}  // namespace eckart::image
