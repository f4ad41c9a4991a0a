// Reading and writing adapters: which keys belong together, and what they mean.
#include "eckart/models/adapter.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "eckart/copy.hpp"
#include "eckart/error.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/operators.hpp"

namespace eckart {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

constexpr const char* peft_prefix = "base_model.model.";

// One half of a module, known by the end of its key.
struct Half {
  const char* suffix;
  bool down;
  bool embedding;
  AdapterStyle style;
};
constexpr std::array<Half, 10> halves{{
    {".lora_A.weight", true, false, AdapterStyle::peft},
    {".lora_B.weight", false, false, AdapterStyle::peft},
    {".lora_A.default.weight", true, false, AdapterStyle::peft},
    {".lora_B.default.weight", false, false, AdapterStyle::peft},
    {".lora_embedding_A", true, true, AdapterStyle::peft},
    {".lora_embedding_B", false, true, AdapterStyle::peft},
    {".lora_down.weight", true, false, AdapterStyle::kohya},
    {".lora_up.weight", false, false, AdapterStyle::kohya},
    {".lora.down.weight", true, false, AdapterStyle::kohya},
    {".lora.up.weight", false, false, AdapterStyle::kohya},
}};

// Keys of adapters that are no product of two factors.
constexpr std::array<std::pair<const char*, const char*>, 5> foreign{{
    {"hada_w", "LoHa (a product of entries)"},
    {"lokr_w", "LoKr (a Kronecker product)"},
    {".lora_mid.", "a Tucker decomposition (lora_mid)"},
    {"lora_magnitude_vector", "DoRA (directions and lengths apart)"},
    {".dora_scale", "DoRA (directions and lengths apart)"},
}};

bool ends_with(const std::string& name, const std::string& suffix) {
  return name.ends_with(suffix);
}

std::string without_prefix(const std::string& name, AdapterStyle style) {
  const std::string prefix = peft_prefix;
  return style == AdapterStyle::peft && name.starts_with(prefix) ? name.substr(prefix.size())
                                                                 : name;
}

ordered_json parse_config(const std::string& text, const std::string& path) {
  ordered_json config = ordered_json::parse(text, nullptr, false);
  if (config.is_object()) return config;
  throw IoError(path, "adapter_config.json is not a JSON object");
}

// PEFT's patterns: a key matches the end of a module's name; the first that does decides.
double from_pattern(const ordered_json& config,
                    const char* pattern,
                    const std::string& module,
                    double otherwise,
                    const std::string& path) {
  if (!config.contains(pattern) || !config[pattern].is_object()) return otherwise;
  for (const auto& [key, value] : config[pattern].items()) {
    try {
      if (value.is_number() && std::regex_match(module, std::regex("(.*\\.)?(" + key + ")"))) {
        return value.get<double>();
      }
    } catch (const std::regex_error&) {
      throw IoError(path, fmt::format("{}: '{}' is no regular expression", pattern, key));
    }
  }
  return otherwise;
}

// Sets alpha and scale of every module from the configuration and the alpha tensors.
void set_scales(Adapter& adapter, const std::map<std::string, double>& alphas) {
  const ordered_json config =
      adapter.config.empty() ? ordered_json::object() : parse_config(adapter.config, adapter.path);
  const auto truth = [&](const char* key) {
    return config.contains(key) && config[key].is_boolean() && config[key].get<bool>();
  };
  if (truth("use_dora")) {
    throw IoError(adapter.path, "a DoRA adapter is not scale B A; it cannot be changed as one");
  }
  adapter.root_scale = truth("use_rslora");
  adapter.inputs_first = truth("fan_in_fan_out");
  const bool has_alpha = config.contains("lora_alpha") && config["lora_alpha"].is_number();
  for (AdapterModule& module : adapter.modules) {
    const auto rank = static_cast<double>(module.rank());
    const double global = has_alpha ? config["lora_alpha"].get<double>() : rank;
    const auto own = alphas.find(module.name);
    if (own == alphas.end() && !has_alpha) adapter.alpha_known = false;
    module.alpha = own != alphas.end()
                       ? own->second
                       : from_pattern(config, "alpha_pattern", module.name, global, adapter.path);
    module.scale = module.alpha / (adapter.root_scale ? std::sqrt(rank) : rank);
  }
}

void check_shapes(const AdapterModule& module, const std::string& path) {
  const auto& down = module.down.shape;
  const auto& up = module.up.shape;
  const bool fits = down.size() >= 2 && up.size() >= 2 && down[0] > 0 && up[1] == down[0] &&
                    module.up.count() == up[0] * up[1] && up[0] > 0 && module.down.count() > 0 &&
                    is_weight(module.down.type) && is_weight(module.up.type);
  if (fits) return;
  throw IoError(path,
                fmt::format("module '{}': up is {} ({}), down is {} ({}); expected outputs x "
                            "r and r x inputs, of floating-point numbers",
                            module.name, io::format_shape(module.up), io::to_string(module.up.type),
                            io::format_shape(module.down), io::to_string(module.down.type)));
}

std::string read_text(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  errno = 0;
  if (!(text << file.rdbuf()) && errno != 0) {  // or it is empty
    throw IoError(path, std::string("cannot be read: ") + std::strerror(errno));
  }
  return text.str();
}

// For PEFT's patterns: every sign means itself.
std::string escaped(const std::string& name) {
  std::string text;
  for (const char c : name) {
    if (std::string_view(".^$|()[]{}*+?\\").find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

}  // namespace

Matrix<double> AdapterModule::A(const Context& context) const {
  return io::to_transposed<double>(down, rank(), cols(), context);
}

Matrix<double> AdapterModule::B(const Context& context) const {
  const Matrix<double> transposed = io::to_transposed<double>(up, rows(), rank(), context);
  Matrix<double> matrix(rows(), rank());
  copy_adjoint<double>(transposed.view(), matrix.view(), context);
  return matrix;
}

Adapter read_adapter(const std::string& path) {
  io::Model model = io::read_model(path);
  Adapter adapter;
  adapter.path = path;
  adapter.metadata = model.metadata;
  const fs::path config = fs::path(model.files.at(0)).parent_path() / "adapter_config.json";
  std::map<std::string, AdapterModule> modules;
  std::map<std::string, double> alphas;
  std::set<std::string> seen[2];
  for (io::Tensor& tensor : model.tensors) {
    for (const auto& [part, kind] : foreign) {
      if (tensor.name.find(part) == std::string::npos) continue;
      throw IoError(path, fmt::format("'{}' belongs to {}; only products of two factors can be "
                                      "changed",
                                      tensor.name, kind));
    }
    const auto half = std::find_if(halves.begin(), halves.end(),
                                   [&](const Half& h) { return ends_with(tensor.name, h.suffix); });
    if (half != halves.end()) {
      std::string name =
          tensor.name.substr(0, tensor.name.size() - std::string(half->suffix).size());
      name = without_prefix(name, half->style);
      adapter.style = half->style;
      AdapterModule& module = modules[name];
      module.name = name;
      module.embedding = half->embedding;
      if (!seen[half->down].insert(name).second) {
        throw IoError(path, fmt::format("module '{}' has two factors of one kind", name));
      }
      (half->down ? module.down : module.up) = std::move(tensor);
    } else if (ends_with(tensor.name, ".alpha") && tensor.count() == 1) {
      const std::string name = tensor.name.substr(0, tensor.name.size() - 6);
      double alpha = 0;
      io::unpack(tensor, 0, 1, &alpha);
      if (!(alpha > 0) || !std::isfinite(alpha)) {
        throw IoError(path, fmt::format("alpha of module '{}' is {}", name, alpha));
      }
      alphas[without_prefix(name, AdapterStyle::peft)] = alpha;
    } else {
      adapter.others.push_back(std::move(tensor));
    }
  }
  if (modules.empty()) {
    throw IoError(path, "no lora_A and lora_B, and no lora_down and lora_up: this is no adapter");
  }
  for (auto& [name, module] : modules) {
    if (module.down.shape.empty() || module.up.shape.empty()) {
      throw IoError(path, fmt::format("module '{}' has no {}; expected both factors", name,
                                      module.down.shape.empty() ? "lora_A or lora_down"
                                                                : "lora_B or lora_up"));
    }
    check_shapes(module, path);
    adapter.modules.push_back(std::move(module));
  }
  if (adapter.style == AdapterStyle::peft && fs::exists(config)) adapter.config = read_text(config);
  set_scales(adapter, alphas);
  return adapter;
}

template <Scalar T>
std::vector<io::Tensor> module_tensors(AdapterStyle style,
                                       const NewModule& module,
                                       const FactorPair<T>& factors,
                                       io::ElementType type) {
  const bool peft = style == AdapterStyle::peft;
  const std::string name = (peft ? peft_prefix : "") + module.name;
  const index_t k = module.rank, m = factors.B_transposed.cols(), n = factors.A_transposed.rows();
  std::vector<index_t> down = {k, n}, up = {m, k};
  if (!module.kernel.empty()) {
    index_t size = 1;
    for (const index_t length : module.kernel) size *= length;
    down[1] = n / size;
    down.insert(down.end(), module.kernel.begin(), module.kernel.end());
    up.insert(up.end(), module.kernel.size(), 1);
  }
  const std::string down_key =
      peft ? module.embedding ? ".lora_embedding_A" : ".lora_A.weight" : ".lora_down.weight";
  const std::string up_key =
      peft ? module.embedding ? ".lora_embedding_B" : ".lora_B.weight" : ".lora_up.weight";
  std::vector<io::Tensor> tensors;
  tensors.push_back(io::make_tensor<T>(name + down_key, type, down, factors.A_transposed.view()));
  tensors.push_back(io::make_tensor<T>(name + up_key, type, up, factors.B_transposed.view()));
  if (!peft) {
    Matrix<T> alpha(1, 1);
    alpha(0, 0) = static_cast<T>(module.alpha);
    tensors.push_back(
        io::make_tensor<T>(name + ".alpha", io::ElementType::f32, {}, std::as_const(alpha).view()));
  }
  return tensors;
}

void write_adapter(const std::string& target,
                   AdapterStyle style,
                   const std::vector<NewModule>& modules,
                   std::vector<io::Tensor> tensors,
                   const io::Metadata& metadata,
                   const std::string& config_text,
                   bool root_scale) {
  io::Metadata notes = metadata;
  if (style == AdapterStyle::kohya) {
    // Hashes and ranks of what the file was before.
    for (const char* key : {"sshs_model_hash", "sshs_legacy_hash"}) notes.erase(key);
    notes["ss_network_module"] = "networks.lora";
    notes["ss_network_dim"] = "Dynamic";
    notes["ss_network_alpha"] = "Dynamic";
    return io::write_safetensors(target, std::move(tensors), notes);
  }
  notes["format"] = "pt";
  ordered_json config =
      config_text.empty() ? ordered_json::object() : parse_config(config_text, target);
  const ordered_json defaults = {{"peft_type", "LORA"},           {"task_type", nullptr},
                                 {"base_model_name_or_path", ""}, {"bias", "none"},
                                 {"lora_dropout", 0.0},           {"inference_mode", true},
                                 {"init_lora_weights", true},     {"use_dora", false},
                                 {"modules_to_save", nullptr}};
  for (const auto& [key, value] : defaults.items()) {
    if (!config.contains(key)) config[key] = value;
  }
  index_t most = 1;
  std::set<std::string> ends;
  ordered_json ranks = ordered_json::object(), alphas = ordered_json::object();
  bool inputs_first = false;
  for (const NewModule& module : modules) {
    most = std::max(most, module.rank);
    ranks[escaped(module.name)] = module.rank;
    alphas[escaped(module.name)] = module.alpha;
    ends.insert(module.name.substr(module.name.rfind('.') + 1));
    inputs_first = inputs_first || module.inputs_first;
  }
  config["r"] = most;
  config["lora_alpha"] = most;
  config["rank_pattern"] = ranks;
  config["alpha_pattern"] = alphas;
  config["target_modules"] = ends;
  config["use_rslora"] = root_scale;
  config["fan_in_fan_out"] = inputs_first;
  std::set<std::string> whole;
  for (const io::Tensor& tensor : tensors) {
    if (tensor.name.find(".lora_") != std::string::npos) continue;
    const std::string name = without_prefix(tensor.name, style);
    const std::string module = name.substr(0, name.rfind('.'));
    whole.insert(module.substr(module.rfind('.') + 1));
  }
  config["modules_to_save"] = whole.empty() ? ordered_json() : ordered_json(whole);
  std::error_code error;
  fs::create_directories(target, error);
  if (error) throw IoError(target, "cannot create the folder: " + error.message());
  io::write_safetensors(target + "/adapter_model.safetensors", std::move(tensors), notes);
  io::write_text(target + "/adapter_config.json", config.dump(2) + "\n");
}

std::string module_name(AdapterStyle style, const std::string& tensor, const std::string& prefix) {
  const std::string suffix = ".weight";
  std::string name =
      ends_with(tensor, suffix) ? tensor.substr(0, tensor.size() - suffix.size()) : tensor;
  if (style == AdapterStyle::peft) return name;
  std::replace(name.begin(), name.end(), '.', '_');
  return prefix.empty() ? name : prefix + "_" + name;
}

const io::Tensor* base_tensor(const io::Model& base,
                              const AdapterModule& module,
                              AdapterStyle style) {
  if (style == AdapterStyle::peft) {
    if (const io::Tensor* tensor = base.find(module.name + ".weight")) return tensor;
    // Heads and wrappers: the base may have the path without its first part, or with "model.".
    const std::string suffix = module.name + ".weight";
    for (const io::Tensor& tensor : base.tensors) {
      if (suffix.ends_with("." + tensor.name) || tensor.name.ends_with("." + suffix))
        return &tensor;
    }
    return base.find(module.name);
  }
  // Dots have become underscores: compare what is left without a prefix.
  for (const io::Tensor& tensor : base.tensors) {
    const std::string name = module_name(style, tensor.name, "");
    if (module.name == name || module.name.ends_with("_" + name)) return &tensor;
  }
  return nullptr;
}

StackedFactors stack_factors(const std::vector<const AdapterModule*>& modules,
                             const std::vector<double>& weights,
                             const Context& context) {
  index_t total = 0;
  for (const AdapterModule* module : modules) total += module->rank();
  const index_t m = modules.at(0)->rows(), n = modules.at(0)->cols();
  StackedFactors stacked{Matrix<double>(m, total), Matrix<double>(n, total)};
  index_t at = 0;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const AdapterModule& module = *modules[i];
    require(module.rows() == m && module.cols() == n,
            fmt::format("module '{}' is {} x {} in one adapter and {} x {} in another", module.name,
                        m, n, module.rows(), module.cols()));
    const double product = weights[i] * module.scale;
    const double right = std::sqrt(std::abs(product));
    const double left = std::copysign(right, product);
    const Matrix<double> B = module.B(context), A = module.A(context);
    for (index_t j = 0; j < module.rank(); ++j, ++at) {
      for (index_t p = 0; p < m; ++p) stacked.B(p, at) = left * B(p, j);
      for (index_t p = 0; p < n; ++p) stacked.A(p, at) = right * A(p, j);
    }
  }
  return stacked;
}

io::Tensor apply_factors(const io::Tensor& base,
                         const StackedFactors& factors,
                         bool transposed,
                         std::optional<io::ElementType> type,
                         Context& context) {
  // Stored outputs x inputs, the transpose of the tensor is W^T += A B^T; else it is B A^T.
  const Matrix<double>& tall = transposed ? factors.B : factors.A;
  const Matrix<double>& wide = transposed ? factors.A : factors.B;
  const index_t rows = wide.rows(), cols = tall.rows();
  Matrix<double> W = io::to_transposed<double>(base, rows, cols, context);
  const auto left = make_operator<double>(tall.view());
  constexpr index_t block = 512;
  for (index_t first = 0; first < rows; first += block) {
    const index_t count = std::min(block, rows - first);
    Matrix<double> right(wide.cols(), count), sum(cols, count);
    copy_adjoint<double>(wide.view().block(first, 0, count, wide.cols()), right.view(), context);
    left->apply(std::as_const(right).view(), sum.view(), context);
    for (index_t j = 0; j < count; ++j) {
      for (index_t i = 0; i < cols; ++i) W(i, first + j) += sum(i, j);
    }
  }
  return io::make_tensor<double>(base.name, type.value_or(base.type), base.shape,
                                 std::as_const(W).view());
}

template std::vector<io::Tensor> module_tensors(AdapterStyle,
                                                const NewModule&,
                                                const FactorPair<float>&,
                                                io::ElementType);
template std::vector<io::Tensor> module_tensors(AdapterStyle,
                                                const NewModule&,
                                                const FactorPair<double>&,
                                                io::ElementType);

}  // namespace eckart
