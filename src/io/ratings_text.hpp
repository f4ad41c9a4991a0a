// Ratings from bytes that were read already: what the fuzzer calls.
#pragma once

#include "eckart/io/ratings.hpp"
#include "io/input.hpp"

namespace eckart::io {

Ratings read_ratings_text(const Input& input, const RatingsOptions& options, RatingsReport& report);

}  // namespace eckart::io
