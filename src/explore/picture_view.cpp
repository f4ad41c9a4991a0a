// The view of pictures: what each rank keeps of them, and what it costs.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"
#include "eckart/image/image_file.hpp"
#include "eckart/image/inspect.hpp"
#include "eckart/image/preview.hpp"
#include "eckart/image/quality.hpp"
#include "explore/views.hpp"

namespace eckart::explore {
namespace {

using nlohmann::ordered_json;

constexpr index_t most_side = 4096;

image::Colors colors_of(const Question& question) {
  return question.flag("channels") ? image::Colors::channels : image::Colors::ycbcr;
}

index_t rank_of(const Question& question, const image::Image& picture) {
  return question.integer("rank", 1, most_rank(picture));
}

// JSON has no infinity.
ordered_json decibels(double psnr) {
  return std::isinf(psnr) ? ordered_json(nullptr) : ordered_json(psnr);
}

// The samples as 8 bits, no larger than the page shows them.
Response pixels(const image::Image& picture, index_t side, ordered_json facts) {
  const image::Image shown = image::fitted(picture, side, side);
  facts["width"] = shown.width;
  facts["height"] = shown.height;
  facts["channels"] = shown.channels;
  std::string bytes(shown.samples.size(), '\0');
  const int shift = shown.bits - 8;
  std::ranges::transform(shown.samples, bytes.begin(), [shift](std::uint16_t sample) {
    return static_cast<char>(sample >> shift);
  });
  return {.type = "application/octet-stream",
          .body = std::move(bytes),
          .headers = {{"X-Facts", facts.dump()}}};
}

// Means of the values in at most `most` cells of equal width, but for the last.
ordered_json reduced(const double* values, index_t n, index_t most) {
  ordered_json cells = ordered_json::array();
  const index_t width = (n + most - 1) / most;
  for (index_t first = 0; first < n; first += width) {
    const index_t last = std::min(n, first + width);
    double sum = 0;
    for (index_t i = first; i < last; ++i) sum += values[i];
    cells.push_back(sum / double(last - first));
  }
  return cells;
}

}  // namespace

Response answer_sample(const Question& question, Shelf& shelf) {
  const int id = shelf.sample(question.text("name", 100));
  return answer_with({{"id", id}, {"data", shelf.list()}});
}

Response answer_image_original(const Question& question, const Shelf& shelf) {
  const auto set = question.data(shelf);
  return pixels(picture_of(*set).image, question.integer("side", 1, most_side),
                ordered_json::object());
}

Response answer_image_rank(const Question& question,
                           const Shelf& shelf,
                           Pictures& pictures,
                           Context& context) {
  const auto set = question.data(shelf);
  const image::Image& original = picture_of(*set).image;
  const index_t rank = rank_of(question, original);
  const index_t side = question.integer("side", 1, most_side);
  const image::LowRankImage& low = question.flag("exact")
                                       ? pictures.exact(*set, colors_of(question), context)
                                       : pictures.sketch(*set, colors_of(question), rank, context);
  const image::Ranks ranks = image::ranks_of(low, rank);
  const image::Image shown = image::reconstruct(low, ranks, context);
  const double error = image::mean_squared_error(original, shown, context);
  return pixels(shown, side,
                {{"exact", pictures.is_exact()},
                 {"ranks", ranks},
                 {"energy", image::energy(low, ranks)},
                 {"psnr", decibels(image::psnr(error, original.peak()))}});
}

Response answer_image_spectrum(const Question& question,
                               const Shelf& shelf,
                               Pictures& pictures,
                               Context& context) {
  const auto set = question.data(shelf);
  const image::Image& original = picture_of(*set).image;
  const index_t side = question.integer("side", 1, most_side);
  const index_t wanted = question.integer("patterns", 0, 64);
  const image::LowRankImage& low = pictures.exact(*set, colors_of(question), context);
  ordered_json planes = ordered_json::array();
  for (const image::Plane& plane : low.planes) {
    planes.push_back({{"name", plane.name}, {"square", plane.square}, {"sigma", plane.svd.sigma}});
  }
  const image::Plane& first = low.planes.front();
  ordered_json patterns = ordered_json::array();
  for (index_t i = 0; i < std::min(wanted, first.rank()); ++i) {
    patterns.push_back({{"sigma", first.svd.sigma[std::size_t(i)]},
                        {"u", reduced(first.svd.U.view().column(i), first.svd.U.rows(), side)},
                        {"v", reduced(first.svd.V.view().column(i), first.svd.V.rows(), side)}});
  }
  return answer_with({{"planes", std::move(planes)},
                      {"patterns", std::move(patterns)},
                      {"raw_bytes", original.pixels() * original.channels * (original.bits / 8)},
                      {"png_bytes", image::encode_png(original).size()}});
}

Response answer_image_quality(const Question& question,
                              const Shelf& shelf,
                              Pictures& pictures,
                              Context& context) {
  const auto set = question.data(shelf);
  const image::Image& original = picture_of(*set).image;
  const index_t rank = rank_of(question, original);
  const image::LowRankImage& low = pictures.exact(*set, colors_of(question), context);
  const image::RankQuality q = image::quality_at(low, original, rank, context);
  ordered_json answer = {{"rank", q.rank},
                         {"ranks", q.ranks},
                         {"energy", q.energy},
                         {"psnr", decibels(q.psnr)},
                         {"ssim", q.ssim ? ordered_json(*q.ssim) : ordered_json(nullptr)},
                         {"bytes", q.packed_bytes},
                         {"packed_psnr", decibels(q.packed_psnr)},
                         {"jpeg", nullptr}};
  if (q.jpeg) {
    answer["jpeg"] = {
        {"quality", q.jpeg->quality}, {"bytes", q.jpeg->bytes}, {"psnr", decibels(q.jpeg->psnr)}};
  }
  return answer_with(answer);
}

Response answer_image_packed(const Question& question,
                             const Shelf& shelf,
                             Pictures& pictures,
                             Context& context) {
  const auto set = question.data(shelf);
  const index_t rank = rank_of(question, picture_of(*set).image);
  const image::LowRankImage& low = pictures.exact(*set, colors_of(question), context);
  return {.type = "application/octet-stream",
          .body = image::pack(low, image::ranks_of(low, rank)).bytes};
}

}  // namespace eckart::explore
