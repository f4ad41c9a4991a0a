// eckart/models/adapter.hpp - LoRA adapters: W + scale B A, in the files of PEFT and of kohya.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/io/tensors.hpp"
#include "eckart/models/low_rank.hpp"

namespace eckart {

// How the keys of an adapter are spelt.
enum class AdapterStyle {
  peft,   // a folder: adapter_config.json, adapter_model.safetensors with lora_A and lora_B
  kohya,  // a file: lora_down, lora_up and alpha
};

// One adapted module: scale up down.
struct AdapterModule {
  std::string name;  // PEFT: the module's path; kohya: with prefix and underscores
  bool embedding = false;
  io::Tensor down;   // r x inputs, or r x inputs x kernel
  io::Tensor up;     // outputs x r, or outputs x r x 1 x 1
  double alpha = 0;  // as the file has it; r if it has none
  double scale = 1;  // alpha / r, or alpha / sqrt(r)
  index_t rank() const { return down.shape[0]; }
  index_t rows() const { return up.shape[0]; }
  index_t cols() const { return down.count() / rank(); }

  // up as m x r and down as n x r.
  Matrix<double> B(const Context& context = default_context()) const;
  Matrix<double> A(const Context& context = default_context()) const;
};

struct Adapter {
  std::string path;
  AdapterStyle style = AdapterStyle::peft;
  std::vector<AdapterModule> modules;  // by name
  std::vector<io::Tensor> others;      // kept in full: biases, norms, whole modules
  io::Metadata metadata;
  std::string config;         // text of adapter_config.json
  bool root_scale = false;    // scale = alpha / sqrt(r)
  bool inputs_first = false;  // the base stores inputs x outputs ("fan_in_fan_out")
  bool alpha_known = true;    // false: some module had none, and alpha = r was assumed
};

// Returns the adapter in a folder or a file.
// Throws IoError naming the module: halves without their partner, shapes that do not fit, kinds
// that are no product of two factors (LoHa, LoKr, lora_mid, DoRA).
Adapter read_adapter(const std::string& path);

// What a module of an adapter becomes.
struct NewModule {
  std::string name;  // as in AdapterModule
  bool embedding = false;
  bool inputs_first = false;
  std::vector<index_t> kernel;  // shape of a convolution beyond outputs and inputs
  index_t rank = 0;
  double alpha = 0;
};

// Returns down, up and (kohya) alpha as they stand in a file of the style.
template <Scalar T>
std::vector<io::Tensor> module_tensors(AdapterStyle style,
                                       const NewModule& module,
                                       const FactorPair<T>& factors,
                                       io::ElementType type);

// Writes an adapter: a folder of two files for PEFT, one file for kohya. Each file appears
// complete. config: that of an earlier adapter, or empty. Rank and alpha are written for every
// module.
void write_adapter(const std::string& target,
                   AdapterStyle style,
                   const std::vector<NewModule>& modules,
                   std::vector<io::Tensor> tensors,
                   const io::Metadata& metadata,
                   const std::string& config,
                   bool root_scale = false);

// Returns the name of a tensor's module in an adapter: PEFT "model.layers.0.mlp", kohya
// "lora_unet_layers_0_mlp".
std::string module_name(AdapterStyle style, const std::string& tensor, const std::string& prefix);

// Returns the tensor of the base that the module adapts, or null.
const io::Tensor* base_tensor(const io::Model& base,
                              const AdapterModule& module,
                              AdapterStyle style);

// Returns the columns of the factors side by side: sum_i w_i s_i B_i A_i = B A with
// B = [c_1 B_1, ...] and A^T = [d_1 A_1^T, ...], c_i d_i = w_i s_i and |c_i| = |d_i|.
struct StackedFactors {
  Matrix<double> B;  // m x R
  Matrix<double> A;  // n x R
};
StackedFactors stack_factors(const std::vector<const AdapterModule*>& modules,
                             const std::vector<double>& weights,
                             const Context& context = default_context());

// Returns base + sum_i w_i s_i B_i A_i in the type of the base, or the one given.
io::Tensor apply_factors(const io::Tensor& base,
                         const StackedFactors& factors,
                         bool transposed,
                         std::optional<io::ElementType> type,
                         Context& context = default_context());

}  // namespace eckart
