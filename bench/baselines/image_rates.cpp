// How long a picture takes: its decompositions, and what is made of them.
// Usage: image_rates THREADS SIDE RANK SECONDS PICTURE
// The picture, mirrored at its edges until it has SIDE x SIDE grey pixels, is checked first. Prints
// one JSON object of seconds, each the median of five samples of SECONDS / 5:
//   {"approximate": decompose at RANK by a sketch, and reconstruct,
//    "exact": decompose completely, and reconstruct at RANK, "reconstruct": of these,
//    "psnr": ..., "ssim": ..., "pack": ..., "unpack": ...}
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "eckart/image/image_file.hpp"
#include "eckart/image/packed.hpp"
#include "eckart/image/quality.hpp"
#include "rates.hpp"

namespace {

using namespace eckart::image;
using eckart::index_t;

index_t mirrored(index_t at, index_t size) {
  const index_t place = at % (2 * size);
  return place < size ? place : 2 * size - 1 - place;
}

Image square(const Image& picture, index_t side) {
  Image image = make_image(side, side, 1, picture.bits);
  for (index_t i = 0; i < side; ++i) {
    for (index_t j = 0; j < side; ++j) {
      image.at(i, j, 0) = picture.at(mirrored(i, picture.height), mirrored(j, picture.width), 0);
    }
  }
  return image;
}

nlohmann::ordered_json measure(char** argv) {
  eckart::Context context(std::stoi(argv[1]));
  const index_t rank = std::stoll(argv[3]);
  const double seconds = std::stod(argv[4]) / 5;
  const Image picture = square(read_image(argv[5]), std::stoll(argv[2]));

  const LowRankOptions sketch{.rank = rank, .approximate = true};
  const LowRankImage exact = decompose(picture, {}, context);
  const Ranks ranks = ranks_of(exact, rank);
  const double best = squared_error(exact, ranks);
  const double error = squared_error(decompose(picture, sketch, context), ranks);
  if (!(error <= 1.1 * best)) throw std::runtime_error("the sketch misses the best by over 10 %");
  const Image shown = reconstruct(exact, ranks, context);
  const double mse = mean_squared_error(picture, shown, context);
  const double expected = best / double(picture.pixels());
  if (!(std::abs(mse - expected) <= 0.1 * expected + 0.2)) throw std::runtime_error("A_k is wrong");

  const auto time = [&](const auto& f) { return 1 / bench::rate(1, seconds, f); };
  nlohmann::ordered_json found;
  found["approximate"] =
      time([&] { (void)reconstruct(decompose(picture, sketch, context), ranks, context); });
  found["exact"] =
      time([&] { (void)reconstruct(decompose(picture, {}, context), ranks, context); });
  found["reconstruct"] = time([&] { (void)reconstruct(exact, ranks, context); });
  found["psnr"] = time([&] { (void)mean_squared_error(picture, shown, context); });
  found["ssim"] = time([&] { (void)ssim(picture, shown, context); });
  const Packed packed = pack(exact, ranks);
  found["pack"] = time([&] { (void)pack(exact, ranks); });
  found["unpack"] = time([&] { (void)unpack(packed.bytes, "packed"); });
  found["excess"] = error / best - 1;
  return found;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::cerr << "usage: image_rates THREADS SIDE RANK SECONDS PICTURE\n";
    return 2;
  }
  std::cout << measure(argv) << '\n';
}
