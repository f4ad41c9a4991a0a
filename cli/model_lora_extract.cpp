// eckart model lora extract and pissa: adapters taken from models.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "eckart/io/tensors.hpp"
#include "eckart/models/adapter.hpp"
#include "eckart/models/layers.hpp"
#include "eckart/models/low_rank.hpp"
#include "eckart/models/weight_spectrum.hpp"
#include "exit_code.hpp"
#include "model_lora.hpp"
#include "model_options.hpp"
#include "model_text.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {

using nlohmann::ordered_json;

namespace {

template <Scalar T>
void extract_one(const io::Tensor& base,
                 const io::Tensor& tuned,
                 const Layer& layer,
                 const LoraExtractOptions& o,
                 io::TensorSpool& spool,
                 Session& session) {
  const AdapterStyle style = style_named(o.style);
  NewModule module = new_module(module_name(style, tuned.name, o.prefix), tuned, layer);
  const index_t m = layer.matrices[0].rows, n = layer.matrices[0].cols;
  const auto difference = io::transposed_difference<T>(tuned, base, m, n, session.context);
  if (!std::isfinite(difference.energy)) {
    for (index_t i = 0; i < m * n; ++i) {
      if (std::isfinite(difference.transposed.data()[i])) continue;
      throw IoError(o.tuned + "#" + tuned.name,
                    fmt::format("entry {} of the difference is not finite", i + 1));
    }
  }
  const double edge = io::rounding_edge(tuned, m, n, session.context);
  const double noise = spike_threshold(edge, m, n);
  LowRank<T> part = leading_part<T>(difference.transposed.view(), difference.energy,
                                    rule_of(o.rank, o.most, noise), o.seed, session.context);
  io::release(base);
  io::release(tuned);
  // The stored matrix is inputs x outputs, or tokens x size: the adapter's is its transpose.
  const bool turned = module.inputs_first || module.embedding;
  if (turned) std::swap(part.U, part.V);
  module.rank = part.rank();
  module.alpha = static_cast<double>(part.rank());
  index_t above = 0;
  for (const double s : part.sigma) above += s > noise;
  ordered_json report = part_json(tuned.name, m, n, part);
  report["noise_edge"] = edge;
  report["above_noise"] = above;
  ordered_json note = {{"report", report}, {"module", nullptr}};
  std::vector<io::Tensor> tensors;
  if (part.rank() > 0) {
    const io::ElementType type = type_named(o.scalar, io::ElementType::f32);
    tensors = module_tensors(style, module, balanced_factors(part, 1.0), type);
    note["module"] = kept_json(module);
  }
  spool.put(tuned.name, tensors, note.dump());
}

std::string module_of(const std::string& tensor) {
  return tensor.substr(0, std::min(tensor.rfind('.'), tensor.size()));
}

// PEFT expects every tensor of a module that is saved whole, those that did not change too.
void complete_modules(const std::vector<io::Tensor>& tuned,
                      const std::vector<std::string>& full,
                      Making& making) {
  std::set<std::string> modules;
  for (const std::string& name : full) modules.insert(module_of(name));
  for (const io::Tensor& tensor : tuned) {
    if (!modules.contains(module_of(tensor.name))) continue;
    if (std::find(full.begin(), full.end(), tensor.name) != full.end()) continue;
    making.tensors.push_back(tensor);
    making.tensors.back().name = "base_model.model." + tensor.name;
  }
}

// Where a changed tensor goes that has no two factors, or shall not have them.
std::optional<io::Tensor> in_full(const io::Tensor& base,
                                  const io::Tensor& tuned,
                                  const Layer& layer,
                                  const LoraExtractOptions& o) {
  const bool embedding = layer.kind == LayerKind::embedding;
  if ((embedding ? o.embeddings : o.others) == "skip") return std::nullopt;
  io::Tensor copy = tuned;
  const std::size_t dot = tuned.name.rfind('.');
  const std::string last = dot == std::string::npos ? tuned.name : tuned.name.substr(dot + 1);
  if (style_named(o.style) == AdapterStyle::peft) {
    // PEFT saves whole modules; the bias of an adapted module has no place.
    const bool norm =
        tuned.name.find("norm") != std::string::npos || tuned.name.find("ln_") != std::string::npos;
    if (!embedding && !norm) return std::nullopt;
    copy.name = "base_model.model." + tuned.name;
    return copy;
  }
  if (base.shape != tuned.shape || !is_weight(tuned.type)) return std::nullopt;
  const index_t count = tuned.count();
  const auto difference = io::transposed_difference<double>(tuned, base, 1, count);
  const std::string name = module_name(AdapterStyle::kohya, tuned.name.substr(0, dot), o.prefix);
  return io::make_tensor<double>(name + (last == "bias" ? ".diff_b" : ".diff"),
                                 type_named(o.scalar, io::ElementType::f32), tuned.shape,
                                 difference.transposed.view());
}

}  // namespace

int run_lora_extract(const LoraExtractOptions& o) {
  check_rank(o.rank, true);
  const AdapterStyle style = style_named(o.style);
  check_adapter_target(o.target, style, o.force);
  Session session(o.run);
  const io::Model base = io::read_model(o.run.input, o.run.max_memory_bytes);
  const io::Model tuned = io::read_model(o.tuned, o.run.max_memory_bytes);
  refuse_packed(base);
  refuse_packed(tuned);
  // Names, shapes and memory first: nothing fails after an hour.
  std::vector<std::string> alone;
  std::vector<const io::Tensor*> bases;
  const std::vector<io::Tensor> chosen = select_tensors(tuned, o.only);
  for (const io::Tensor& tensor : chosen) {
    bases.push_back(base.find(tensor.name));
    if (!bases.back()) alone.push_back(tensor.name);
  }
  for (const io::Tensor& tensor : base.tensors) {
    if (matches(tensor.name, o.only) && !tuned.find(tensor.name)) alone.push_back(tensor.name);
  }
  if (!alone.empty() && !o.partial) {
    throw IoError(o.tuned,
                  fmt::format("{} of one model alone, '{}' among them; --partial leaves "
                              "them out and lists them",
                              counted(static_cast<index_t>(alone.size()), "tensor is"), alone[0]));
  }
  const std::uint64_t cap = session.context.memory_cap_bytes();
  std::vector<Layer> layers;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    layers.push_back(recognise(chosen[i]));
    const io::Tensor* other = bases[i];
    if (!other) continue;
    const bool embedding = layers[i].kind == LayerKind::embedding;
    if (other->shape != chosen[i].shape && !embedding) {
      throw IoError(o.tuned, fmt::format("tensor '{}' is {} and {} in the base", chosen[i].name,
                                         io::format_shape(chosen[i]), io::format_shape(*other)));
    }
    const auto bytes = static_cast<std::uint64_t>(2 * 8 * chosen[i].count());
    if (cap > 0 && !layers[i].matrices.empty() && bytes > cap) {
      throw MemoryLimit("the difference of tensor " + chosen[i].name, bytes, cap);
    }
  }
  const std::string options =
      fmt::format("extract {} {} {} {} {} {} {} {} {} {}", o.rank.rank.value_or(0),
                  o.rank.energy.value_or(0), o.rank.noise_floor, o.most.value_or(0), o.style,
                  o.prefix, o.embeddings, o.others, o.scalar, o.seed);
  io::TensorSpool spool(o.target, fingerprint({base, tuned}, options));
  const InterruptGuard guard(session.context);
  session.context.set_stop_at_once(true);
  const std::vector<std::size_t> tied = find_tied(chosen);
  Making making{style, {}, {}, ordered_json::array()};
  std::vector<std::string> unchanged, full, left_out, noise;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    const io::Tensor& tensor = chosen[i];
    if (!bases[i]) continue;
    session.progress.update(
        {"difference", static_cast<double>(i) / static_cast<double>(chosen.size()), -1, -1});
    const bool same = bases[i]->type == tensor.type && bases[i]->data == tensor.data;
    const bool embedding = layers[i].kind == LayerKind::embedding;
    if (same) {
      unchanged.push_back(tensor.name);
    } else if (layers[i].matrices.empty() || (embedding && o.embeddings != "lora") ||
               bases[i]->shape != tensor.shape) {
      if (auto copy = in_full(*bases[i], tensor, layers[i], o)) {
        making.tensors.push_back(std::move(*copy));
        full.push_back(tensor.name);
      } else {
        left_out.push_back(tensor.name);
      }
    } else {
      if (!spool.has(tensor.name)) {
        const bool wide = tensor.type == io::ElementType::f64;
        if (wide) {
          extract_one<double>(*bases[i], tensor, layers[i], o, spool, session);
        } else {
          extract_one<float>(*bases[i], tensor, layers[i], o, spool, session);
        }
      }
      take(making, spool, tensor.name);
      if (making.report.back()["rank"] == 0) {
        (making.report.back()["energy"] > 0.0 ? noise : unchanged).push_back(tensor.name);
        making.report.erase(making.report.size() - 1);
      }
    }
    io::release(tensor);
    io::release(*bases[i]);
  }
  if (style == AdapterStyle::peft) complete_modules(tuned.tensors, full, making);
  ordered_json report = {{"schema", 1},
                         {"base", model_json(base)},
                         {"tuned", model_json(tuned)},
                         {"style", o.style},
                         {"modules", making.report},
                         {"in_full", names_json(full)},
                         {"unchanged", names_json(unchanged)},
                         {"noise", names_json(noise)},
                         {"left_out", names_json(left_out)},
                         {"of_one_model", names_json(alone)},
                         {"output", o.target}};
  const bool empty = making.modules.empty() && making.tensors.empty();
  if (empty) {
    report["output"] = "nothing: no tensor differs by more than rounding";
  } else {
    write_adapter(o.target, style, making.modules, std::move(making.tensors),
                  {{"eckart.source", "lora extract"}}, "");
  }
  spool.remove();
  finish(session, report,
         "base     " + printable(base.path) + "\ntuned    " + printable(tuned.path) + "\n",
         {{"in_full", "saved in full"},
          {"noise", "changed by rounding alone, left out"},
          {"left_out", "changed and NOT in the adapter"},
          {"of_one_model", "of one model alone, left out"}});
  const bool asked = o.others == "skip" && o.embeddings == "skip";
  return left_out.empty() || asked ? exit_met : exit_not_met;
}

int run_pissa(const PissaOptions& o) {
  check_target(o.target + "/model.safetensors", o.force, true);
  check_adapter_target(o.target, AdapterStyle::peft, o.force);
  Session session(o.run);
  const io::Model base = io::read_model(o.run.input, o.run.max_memory_bytes);
  check_not_input(o.target + "/model.safetensors", base.files);
  const std::string residual_file = o.target + "/model.safetensors";
  std::filesystem::create_directories(o.target);
  io::TensorSpool spool(residual_file,
                        fingerprint({base}, fmt::format("pissa {} {}", o.rank, o.seed)));
  const InterruptGuard guard(session.context);
  session.context.set_stop_at_once(true);
  Making making{AdapterStyle::peft, {}, {}, ordered_json::array()};
  std::vector<io::Tensor> residual;
  for (const io::Tensor& tensor : base.tensors) {
    const Layer layer = recognise(tensor);
    const bool linear = layer.kind == LayerKind::linear || layer.kind == LayerKind::transposed ||
                        layer.kind == LayerKind::fused;
    if (!linear || !matches(tensor.name, o.only)) {
      residual.push_back(tensor);
      continue;
    }
    if (!spool.has(tensor.name)) {
      NewModule module =
          new_module(module_name(AdapterStyle::peft, tensor.name, ""), tensor, layer);
      const index_t m = tensor.shape[0], n = tensor.shape[1];
      const Matrix<float> W = io::to_transposed<float>(tensor, m, n, session.context);
      double energy = 0;
      for (index_t i = 0; i < m * n; ++i) energy += double(W.data()[i]) * double(W.data()[i]);
      if (!std::isfinite(energy)) {
        throw IoError(o.run.input + "#" + tensor.name, "it holds a NaN or an infinity");
      }
      LowRank<float> part =
          leading_part<float>(W.view(), energy, {.rank = o.rank}, o.seed, session.context);
      if (module.inputs_first) std::swap(part.U, part.V);
      module.rank = part.rank();
      module.alpha = static_cast<double>(part.rank());
      std::vector<io::Tensor> tensors = module_tensors(
          AdapterStyle::peft, module, balanced_factors(part, 1.0), io::ElementType::f32);
      // What the adapter as written holds is what the base loses.
      AdapterModule written{module.name, false, tensors[0], tensors[1], module.alpha, -1.0};
      tensors.push_back(apply_factors(tensor, stack_factors({&written}, {1.0}, session.context),
                                      module.inputs_first, std::nullopt, session.context));
      spool.put(tensor.name, tensors,
                ordered_json{{"report", part_json(tensor.name, m, n, part)},
                             {"module", kept_json(module)}}
                    .dump());
      io::release(tensor);
    }
    take(making, spool, tensor.name);
    const auto own = std::find_if(making.tensors.begin(), making.tensors.end(),
                                  [&](const io::Tensor& t) { return t.name == tensor.name; });
    residual.push_back(std::move(*own));
    making.tensors.erase(own);
  }
  if (making.modules.empty()) throw IoError(o.run.input, "no linear layer matches --only");
  write_adapter(o.target, AdapterStyle::peft, making.modules, std::move(making.tensors), {}, "");
  io::write_safetensors(residual_file, std::move(residual), base.metadata);
  spool.remove();
  const ordered_json report = {{"schema", 1},
                               {"base", model_json(base)},
                               {"modules", making.report},
                               {"residual", residual_file},
                               {"output", o.target}};
  finish(session, report, model_line(base, session), {});
  return exit_met;
}

}  // namespace eckart::cli
