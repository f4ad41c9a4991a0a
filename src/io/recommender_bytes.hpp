// A recommender from bytes that were read already: what the fuzzer calls.
#pragma once

#include "eckart/io/recommender_file.hpp"
#include "io/input.hpp"

namespace eckart::io {

recommend::Model read_recommender_bytes(const Input& input);

}  // namespace eckart::io
