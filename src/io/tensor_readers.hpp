// One reader per container of tensors; eckart/io/tensors.hpp chooses.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eckart/io/tensors.hpp"
#include "io/input.hpp"

namespace eckart::io {

// The tensors of one file, by rising name.
struct TensorFile {
  std::vector<Tensor> tensors;
  Metadata metadata;
};

// Whether the bytes begin as a safetensors file does: a length, then "{".
bool looks_like_safetensors(std::string_view bytes);

TensorFile read_safetensors(const Input& input);
TensorFile read_gguf(const Input& input);
TensorFile read_npz_tensors(const Input& input, std::uint64_t max_bytes);

// Returns the names of the files of a sharded model by tensor, from the text of an index.json.
std::vector<std::pair<std::string, std::string>> parse_shard_index(std::string_view text,
                                                                   const std::string& name);

// Puts tensors in the order of their names. Throws IoError if two have one.
void sort_by_name(std::vector<Tensor>& tensors, const std::string& file);

}  // namespace eckart::io
