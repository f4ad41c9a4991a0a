// Pictures decomposed, kept for the questions that follow: a slider asks for one rank after the
// other.
#pragma once

#include "eckart/context.hpp"
#include "eckart/image/low_rank.hpp"
#include "explore/shelf.hpp"

namespace eckart::explore {

// Returns the largest rank that the page offers: all triplets of a picture of moderate size, the
// leading ones of a large one.
index_t most_rank(const image::Image& picture);

// Keeps the last decomposition. For one thread.
class Pictures {
 public:
  // Returns the picture's leading most_rank triplets. Valid until the next call.
  // Throws MemoryLimit if planes and picture exceed the cap; Cancelled; as decompose.
  const image::LowRankImage& exact(const DataSet& set, image::Colors colors, Context& context);

  // Returns a sketch with k triplets or more, or the exact one if it is there.
  const image::LowRankImage& sketch(const DataSet& set,
                                    image::Colors colors,
                                    index_t k,
                                    Context& context);

  // Whether what was returned last is no sketch.
  bool is_exact() const { return exact_; }

 private:
  bool holds(const DataSet& set, image::Colors colors) const;
  void decompose(const DataSet& set,
                 image::Colors colors,
                 const image::LowRankOptions& options,
                 Context& context);

  int data_ = 0;  // the number of its data set; 0: nothing is kept
  image::Colors colors_ = image::Colors::ycbcr;
  bool exact_ = false;
  image::LowRankImage low_;
};

}  // namespace eckart::explore
