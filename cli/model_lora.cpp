// What the commands on adapters share: options, reports, adapters in the making.
#include "model_lora.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "exit_code.hpp"
#include "model_text.hpp"
#include "request.hpp"

namespace eckart::cli {

using nlohmann::ordered_json;

namespace {

// One line of the report for each module, as JSON: the spool keeps it.
std::string module_lines(const ordered_json& modules) {
  std::string text = fmt::format("  {:<48} {:>12} {:>6} {:>9} {:>10}\n", "module", "shape", "rank",
                                 "energy", "left out");
  constexpr std::size_t most = 40;
  double left = 0, total = 0;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto& m = modules[i];
    const double energy = m["energy"], held = m["held"];
    left += std::max(0.0, energy - held);
    total += energy;
    if (i >= most) continue;
    text += fmt::format("  {:<48} {:>12} {:>6} {:>9} {:>10.3g}\n",
                        printable(m["name"].get<std::string>()),
                        fmt::format("{}x{}", m["rows"].get<index_t>(), m["cols"].get<index_t>()),
                        m["rank"].get<index_t>(), energy > 0 ? percent(held / energy) : "-",
                        m["relative_error"].get<double>());
  }
  if (modules.size() > most) {
    text += fmt::format("  ...  ({} more)\n", modules.size() - most);
  }
  return text + fmt::format("  all together: {:.4g} of the Frobenius norm left out\n",
                            total > 0 ? std::sqrt(left / total) : 0);
}

NewModule kept_module(const ordered_json& note) {
  NewModule module;
  module.name = note["name"];
  module.embedding = note["embedding"];
  module.rank = note["rank"];
  module.alpha = note["alpha"];
  module.kernel = note["kernel"].get<std::vector<index_t>>();
  module.inputs_first = note["inputs_first"];
  return module;
}

}  // namespace

io::ElementType type_named(const std::string& name, io::ElementType automatic) {
  if (name == "f32") return io::ElementType::f32;
  if (name == "f16") return io::ElementType::f16;
  if (name == "bf16") return io::ElementType::bf16;
  return automatic;
}

AdapterStyle style_named(const std::string& name) {
  return name == "kohya" ? AdapterStyle::kohya : AdapterStyle::peft;
}

void check_adapter_target(const std::string& target, AdapterStyle style, bool force) {
  if (style == AdapterStyle::kohya) {
    if (!target.ends_with(".safetensors")) {
      throw UsageError("--output: '" + target + "' will not do; expected FILE.safetensors");
    }
    return check_target(target, force, false);
  }
  if (target.ends_with(".safetensors")) {
    throw UsageError("--output: PEFT's adapters are folders; expected the name of one, not '" +
                     target + "'");
  }
  check_free(target + "/adapter_model.safetensors", force);
  check_free(target + "/adapter_config.json", force);
}

void check_rank(const ModelRank& rank, bool needed) {
  const int named = rank.rank.has_value() + rank.energy.has_value() + rank.noise_floor;
  if (named > 1 || (needed && named == 0)) {
    throw UsageError("give one of --rank, --energy and --noise-floor: how many triplets to keep");
  }
}

LowRankRule rule_of(const ModelRank& rank, std::optional<index_t> most, double noise) {
  LowRankRule rule;
  rule.rank = rank.rank;
  rule.energy = rank.energy;
  if (rank.noise_floor) rule.above = noise;
  if (most) rule.most = *most;
  return rule;
}

ordered_json names_json(const std::vector<std::string>& names) { return names; }

void finish(Session& session,
            const ordered_json& report,
            const std::string& head,
            const std::vector<std::pair<std::string, std::string>>& lists) {
  session.progress.clear();
  if (session.json) return write_json(report);
  std::string text = head;
  if (!report["modules"].empty()) text += "\n" + module_lines(report["modules"]);
  for (const auto& [key, meaning] : lists) {
    const auto& names = report[key];
    if (names.empty()) continue;
    text +=
        fmt::format("\n  {} {}:", counted(static_cast<index_t>(names.size()), "tensor"), meaning);
    for (std::size_t i = 0; i < std::min<std::size_t>(8, names.size()); ++i) {
      text += "\n    " + printable(names[i].get<std::string>());
    }
    text += names.size() > 8 ? "\n    ...\n" : "\n";
  }
  text += "\nwritten  " + printable(report["output"].get<std::string>()) + "\n";
  write_stdout(session.terminal.text(text));
}

void refuse_packed(const io::Model& model) {
  for (const io::Tensor& tensor : model.tensors) {
    for (const char* part : {".qweight", "weight_scale_inv", ".scale_weight", ".quant_state",
                             ".absmax", ".weight_scale"}) {
      if (tensor.name.find(part) == std::string::npos) continue;
      throw IoError(model.path, fmt::format("'{}': its weights are quantised, with scales in other "
                                            "tensors; dequantise the model first",
                                            tensor.name));
    }
  }
}

NewModule new_module(const std::string& name, const io::Tensor& tensor, const Layer& layer) {
  NewModule module;
  module.name = name;
  module.embedding = layer.kind == LayerKind::embedding;
  if (layer.kind == LayerKind::convolution) {
    module.kernel.assign(tensor.shape.begin() + 2, tensor.shape.end());
  }
  module.inputs_first = layer.kind == LayerKind::transposed ||
                        (layer.kind == LayerKind::fused && tensor.shape[1] > tensor.shape[0]);
  return module;
}

ordered_json kept_json(const NewModule& module) {
  return {{"name", module.name},     {"embedding", module.embedding},
          {"rank", module.rank},     {"alpha", module.alpha},
          {"kernel", module.kernel}, {"inputs_first", module.inputs_first}};
}

void take(Making& making, const io::TensorSpool& spool, const std::string& step) {
  const ordered_json note = ordered_json::parse(spool.note(step));
  making.report.push_back(note["report"]);
  if (note["module"].is_null()) return;
  making.modules.push_back(kept_module(note["module"]));
  for (io::Tensor& tensor : spool.tensors(step)) making.tensors.push_back(std::move(tensor));
}

}  // namespace eckart::cli
