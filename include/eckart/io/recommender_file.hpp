// eckart/io/recommender_file.hpp - a fitted recommender in one file.
#pragma once

#include <string>

#include "eckart/apps/recommend/model.hpp"

namespace eckart::io {

// The version of the layout that write_recommender writes; others are refused.
inline constexpr int recommender_version = 1;

// Writes the model as a .safetensors file, which the package of that name opens in Python: the
// arrays of the model by their names, and in the metadata kind, mean, scale, rank and options.
// Text is UTF-8 as it stood in the ratings. The file appears complete or not at all.
// Throws IoError; an existing file is then untouched.
void write_recommender(const std::string& path, const recommend::Model& model);

// Returns the model in the file. A large file is mapped: its arrays are read when they are used,
// save for names and ratings, whose structure is checked. Throws IoError naming the first thing
// that does not fit. No content of a file makes the model unsafe to use.
recommend::Model read_recommender(const std::string& path);

}  // namespace eckart::io
