#include "explore/pictures.hpp"

#include <algorithm>

#include "eckart/error.hpp"

namespace eckart::explore {
namespace {

// Above this many multiplications all triplets take longer than a page should.
constexpr double thin_flops_limit = 4e10;
constexpr index_t leading_triplets = 200;
constexpr index_t least_sketch = 48;

void check_memory(const image::Image& picture, const Context& context) {
  const std::uint64_t cap = context.memory_cap_bytes();
  const auto samples = static_cast<std::uint64_t>(picture.pixels());
  // The planes stand beside the picture and what is made of it.
  const std::uint64_t planes = samples * static_cast<std::uint64_t>(picture.colors()) * 8;
  const std::uint64_t needed = planes + samples * static_cast<std::uint64_t>(picture.channels) * 4;
  if (cap > 0 && needed > cap) throw MemoryLimit("the matrices of the picture", needed, cap);
}

}  // namespace

index_t most_rank(const image::Image& picture) {
  const index_t side = std::min(picture.width, picture.height);
  const bool large = 4.0 * double(picture.pixels()) * double(side) > thin_flops_limit;
  return large ? std::min(side, leading_triplets) : side;
}

const image::LowRankImage& Pictures::exact(const DataSet& set,
                                           image::Colors colors,
                                           Context& context) {
  if (holds(set, colors) && exact_) return low_;
  const image::Image& picture = picture_of(set).image;
  image::LowRankOptions options{.colors = colors};
  const index_t most = most_rank(picture);
  if (most < std::min(picture.width, picture.height)) options.rank = most;
  decompose(set, colors, options, context);
  exact_ = true;
  return low_;
}

const image::LowRankImage& Pictures::sketch(const DataSet& set,
                                            image::Colors colors,
                                            index_t k,
                                            Context& context) {
  if (holds(set, colors) && (exact_ || low_.planes.front().rank() >= k)) return low_;
  // A little more, so that the next move of the slider needs no other.
  const index_t rank =
      std::min(most_rank(picture_of(set).image), std::max(least_sketch, k + k / 4));
  decompose(set, colors, {.colors = colors, .rank = rank, .approximate = true}, context);
  exact_ = false;
  return low_;
}

bool Pictures::holds(const DataSet& set, image::Colors colors) const {
  return data_ == set.id && colors_ == colors;
}

void Pictures::decompose(const DataSet& set,
                         image::Colors colors,
                         const image::LowRankOptions& options,
                         Context& context) {
  const image::Image& picture = picture_of(set).image;
  check_memory(picture, context);
  if (!holds(set, colors)) {
    data_ = 0;
    low_ = {};  // the cap is for one
  }
  image::LowRankImage low = image::decompose(picture, options, context);
  if (context.must_stop()) throw Cancelled();  // nothing that is unfinished is kept
  low_ = std::move(low);
  data_ = set.id;
  colors_ = colors;
}

}  // namespace eckart::explore
