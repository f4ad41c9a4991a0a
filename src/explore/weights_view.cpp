// The view of a model's weights: the spectrum of every matrix.
#include <cmath>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"
#include "eckart/models/layers.hpp"
#include "eckart/models/weight_spectrum.hpp"
#include "explore/views.hpp"

namespace eckart::explore {
namespace {

using nlohmann::ordered_json;

// What decomposing the matrix takes, as the command line counts it.
void check_memory(const io::Tensor& tensor, const LayerMatrix& matrix, const Context& context) {
  const std::uint64_t cap = context.memory_cap_bytes();
  const index_t size = tensor.type == io::ElementType::f64 ? 8 : 4;
  const auto bytes = static_cast<std::uint64_t>(matrix.rows * matrix.cols * size) / 2 * 5;
  if (cap > 0 && bytes > cap) throw MemoryLimit("tensor " + tensor.name, bytes, cap);
}

template <Scalar T>
WeightSpectrum spectrum_of(const io::Tensor& tensor, const LayerMatrix& matrix, Context& context) {
  try {
    return weight_spectrum(load_transposed<T>(tensor, matrix, context), context);
  } catch (const NonFiniteInput& error) {  // of the transpose
    throw InvalidArgument(tensor.name + ": " +
                          NonFiniteInput(error.col(), error.row(), error.value()).what());
  }
}

ordered_json spectrum_json(const WeightSpectrum& s) {
  ordered_json ranks = ordered_json::object();
  for (const auto& [name, share] :
       {std::pair{"0.8", 0.8}, {"0.9", 0.9}, {"0.95", 0.95}, {"0.99", 0.99}}) {
    ranks[name] = s.energy_rank(share);
  }
  ordered_json object = {{"frobenius_norm", s.frobenius},
                         {"numerical_rank", s.numerical_rank},
                         {"effective_rank", s.effective_rank},
                         {"stable_rank", s.stable_rank},
                         {"energy_ranks", std::move(ranks)},
                         {"condition_number", nullptr},
                         {"noise_edge", s.edge},
                         {"spikes", s.spikes},
                         {"alpha", nullptr},
                         {"sigma", s.sigma}};
  if (std::isfinite(s.condition)) object["condition_number"] = s.condition;
  if (s.tail.count > 0) object["alpha"] = s.tail.alpha;
  return object;
}

}  // namespace

Response answer_model_layers(const Question& question, const Shelf& shelf) {
  const auto set = question.data(shelf);
  const io::Model& model = weights_of(*set);
  const std::vector<std::size_t> tied = find_tied(model.tensors);
  ordered_json tensors = ordered_json::array();
  for (std::size_t i = 0; i < model.tensors.size(); ++i) {
    const io::Tensor& tensor = model.tensors[i];
    const Layer layer = recognise(tensor);
    ordered_json matrices = ordered_json::array();
    for (const LayerMatrix& matrix : layer.matrices) {
      matrices.push_back({{"part", matrix.part}, {"rows", matrix.rows}, {"cols", matrix.cols}});
    }
    ordered_json entry = {{"name", tensor.name},
                          {"type", to_string(tensor.type)},
                          {"shape", tensor.shape},
                          {"kind", to_string(layer.kind)},
                          {"matrices", std::move(matrices)}};
    if (tied[i] != i) entry["same_as"] = model.tensors[tied[i]].name;
    tensors.push_back(std::move(entry));
  }
  return answer_with({{"tensors", std::move(tensors)}});
}

Response answer_model_spectrum(const Question& question, const Shelf& shelf, Context& context) {
  const auto set = question.data(shelf);
  const io::Model& model = weights_of(*set);
  const auto last = static_cast<index_t>(model.tensors.size()) - 1;
  require(last >= 0, "the model has no tensors");
  const io::Tensor& tensor = model.tensors[std::size_t(question.integer("tensor", 0, last))];
  const Layer layer = recognise(tensor);
  require(!layer.matrices.empty(), tensor.name + " is no matrix");
  const index_t number =
      question.integer("matrix", 0, static_cast<index_t>(layer.matrices.size()) - 1);
  const LayerMatrix& matrix = layer.matrices[std::size_t(number)];
  check_memory(tensor, matrix, context);
  const WeightSpectrum s = tensor.type == io::ElementType::f64
                               ? spectrum_of<double>(tensor, matrix, context)
                               : spectrum_of<float>(tensor, matrix, context);
  io::release(tensor);
  return answer_with(spectrum_json(s));
}

}  // namespace eckart::explore
