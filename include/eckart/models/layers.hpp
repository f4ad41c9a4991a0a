// eckart/models/layers.hpp - which matrices the tensors of a model stand for.
#pragma once

#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/io/tensors.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// What a tensor is, judged by its name and shape.
enum class LayerKind {
  linear,       // outputs x inputs
  transposed,   // a linear layer stored inputs x outputs: Conv1D of GPT-2
  fused,        // the matrices of queries, keys and values in one: outputs of the three in turn
  embedding,    // one row for each token
  convolution,  // outputs x inputs x kernel
  other,        // vectors, scalars, elements that are no numbers of a weight
};
const char* to_string(LayerKind kind);

// How a tensor becomes a matrix.
enum class Unfolding {
  whole,    // rows x cols as it lies
  rows,     // some of its rows
  cols,     // some of its columns
  channel,  // convolution: outputs x (inputs kernel)
  spatial,  // convolution of two dimensions: (inputs height) x (outputs width)
};

// One matrix of a tensor.
struct LayerMatrix {
  std::string part;  // "", "q", "k", "v", "channel", "spatial"
  Unfolding unfolding = Unfolding::whole;
  index_t rows = 0;
  index_t cols = 0;
  index_t first = 0;  // of some rows or columns
};

struct Layer {
  LayerKind kind = LayerKind::other;
  bool fused = false;  // queries, keys and values, in equal parts, are matrices of their own too
  std::vector<LayerMatrix> matrices;
};

// Returns what the tensor is, and its matrices. A fused tensor has its whole and, where the three
// are equally many, its parts; a convolution both unfoldings (one where the kernel has one or three
// dimensions). Grouped convolutions are taken as they lie.
Layer recognise(const io::Tensor& tensor);

// Returns the matrix, transposed: cols x rows, column-major.
// Throws IoError naming the tensor if its elements are no real numbers.
template <Scalar T>
Matrix<T> load_transposed(const io::Tensor& tensor,
                          const LayerMatrix& matrix,
                          const Context& context = default_context());

// Returns for each tensor the first one before it with the same type, shape and bytes, or its own
// place: tied weights, stored twice. Tensors of fewer than two dimensions are never tied.
std::vector<std::size_t> find_tied(const std::vector<io::Tensor>& tensors);

// Returns whether a name matches a pattern in which * stands for any characters and ? for one.
bool matches(const std::string& name, const std::string& pattern);

}  // namespace eckart
