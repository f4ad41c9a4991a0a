#include "eckart/models/layers.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>

#include "eckart/error.hpp"

namespace eckart {
namespace {

std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

bool contains(std::string_view name, std::string_view part) {
  return name.find(part) != std::string_view::npos;
}

template <std::size_t N>
bool contains_any(std::string_view name, const std::array<std::string_view, N>& parts) {
  return std::any_of(parts.begin(), parts.end(),
                     [&](std::string_view part) { return contains(name, part); });
}

// Layers of GPT-2 and its kin that are stored inputs x outputs.
constexpr std::array<std::string_view, 3> transposed_names{".c_attn.weight", ".c_proj.weight",
                                                           ".c_fc.weight"};
// The outputs of queries, keys and values one after the other.
constexpr std::array<std::string_view, 5> fused_names{
    "c_attn.weight", "qkv.weight", "in_proj_weight", "Wqkv.weight", "qkv_proj.weight"};
constexpr std::array<std::string_view, 6> embedding_names{"wte",     "wpe",        "emb",
                                                          "lm_head", "token_embd", "shared"};

// Goes by the last part of the module's name: the layers of a "time_embedding" are linear.
bool is_embedding(std::string_view name) {
  if (name.ends_with(".weight")) name.remove_suffix(7);
  const std::string_view last = name.substr(name.rfind('.') + 1);
  return (contains(last, "embed") && !contains(last, "embedder")) ||
         std::find(embedding_names.begin(), embedding_names.end(), last) != embedding_names.end();
}

// The three thirds of a fused tensor, along its rows or its columns.
void add_thirds(Layer& layer, index_t rows, index_t cols, bool along_columns) {
  const index_t outputs = along_columns ? cols : rows;
  const index_t inputs = along_columns ? rows : cols;
  if (outputs != 3 * inputs) return;
  layer.fused = true;
  const char* names[] = {"q", "k", "v"};
  for (index_t part = 0; part < 3; ++part) {
    layer.matrices.push_back({names[part], along_columns ? Unfolding::cols : Unfolding::rows,
                              along_columns ? rows : inputs, along_columns ? inputs : cols,
                              part * inputs});
  }
}

}  // namespace

const char* to_string(LayerKind kind) {
  switch (kind) {
    case LayerKind::linear:
      return "linear";
    case LayerKind::transposed:
      return "transposed";
    case LayerKind::fused:
      return "fused";
    case LayerKind::embedding:
      return "embedding";
    case LayerKind::convolution:
      return "convolution";
    case LayerKind::other:
      break;
  }
  return "other";
}

Layer recognise(const io::Tensor& tensor) {
  Layer layer;
  const std::vector<index_t>& shape = tensor.shape;
  if (shape.size() < 2 || shape.size() > 5 || tensor.count() == 0 || !is_weight(tensor.type)) {
    return layer;
  }
  if (shape.size() > 2) {
    layer.kind = LayerKind::convolution;
    const index_t inputs = tensor.count() / shape[0];
    layer.matrices.push_back({"channel", Unfolding::channel, shape[0], inputs, 0});
    if (shape.size() == 4) {
      layer.matrices.push_back(
          {"spatial", Unfolding::spatial, shape[1] * shape[2], shape[0] * shape[3], 0});
    }
    return layer;
  }
  const index_t rows = shape[0], cols = shape[1];
  layer.matrices.push_back({"", Unfolding::whole, rows, cols, 0});
  const bool transposed = contains_any("." + tensor.name, transposed_names);
  if (is_embedding(tensor.name)) {
    layer.kind = LayerKind::embedding;
  } else if (contains_any(tensor.name, fused_names)) {
    layer.kind = LayerKind::fused;
    add_thirds(layer, rows, cols, transposed);
  } else {
    layer.kind = transposed ? LayerKind::transposed : LayerKind::linear;
  }
  return layer;
}

template <Scalar T>
Matrix<T> load_transposed(const io::Tensor& tensor,
                          const LayerMatrix& matrix,
                          const Context& context) {
  const index_t m = matrix.rows, n = matrix.cols;
  switch (matrix.unfolding) {
    case Unfolding::whole:
    case Unfolding::channel:
      return io::to_transposed<T>(tensor, m, n, context);
    case Unfolding::rows: {
      Matrix<T> W = Matrix<T>::uninitialized(n, m);
      io::unpack(tensor, matrix.first * n, m * n, W.data());
      return W;
    }
    case Unfolding::cols: {
      Matrix<T> W = Matrix<T>::uninitialized(n, m);
      for (index_t i = 0; i < m; ++i) {
        io::unpack(tensor, i * tensor.shape[1] + matrix.first, n, W.view().column(i));
      }
      return W;
    }
    case Unfolding::spatial:
      break;
  }
  // M[(i, y), (o, x)] = K[o, i, y, x].
  const index_t outputs = tensor.shape[0], inputs = tensor.shape[1];
  const index_t height = tensor.shape[2], width = tensor.shape[3];
  Matrix<T> W = Matrix<T>::uninitialized(n, m);
  std::vector<T> line(at(width));
  for (index_t o = 0; o < outputs; ++o) {
    for (index_t iy = 0; iy < inputs * height; ++iy) {
      io::unpack(tensor, (o * inputs * height + iy) * width, width, line.data());
      std::copy(line.begin(), line.end(), &W(o * width, iy));
    }
  }
  return W;
}

std::vector<std::size_t> find_tied(const std::vector<io::Tensor>& tensors) {
  std::vector<std::size_t> first(tensors.size());
  std::map<std::pair<io::ElementType, std::vector<index_t>>, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    first[i] = i;
    const io::Tensor& tensor = tensors[i];
    if (tensor.shape.size() < 2) continue;
    auto& candidates = alike[{tensor.type, tensor.shape}];
    for (const std::size_t j : candidates) {
      // Different weights differ within a few bytes.
      if (tensors[j].data != tensor.data) continue;
      first[i] = j;
      break;
    }
    if (first[i] == i) candidates.push_back(i);
  }
  return first;
}

bool matches(const std::string& name, const std::string& pattern) {
  // The last * is the only one that need be tried again.
  std::size_t n = 0, p = 0, star = std::string::npos, mark = 0;
  while (n < name.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n]) && pattern[p] != '*') {
      ++n;
      ++p;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      mark = n;
    } else if (star != std::string::npos) {
      p = star + 1;
      n = ++mark;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

template Matrix<float> load_transposed(const io::Tensor&, const LayerMatrix&, const Context&);
template Matrix<double> load_transposed(const io::Tensor&, const LayerMatrix&, const Context&);

}  // namespace eckart
