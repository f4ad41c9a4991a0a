// eckart model lora: adapters taken from, added to and made smaller for models.
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
#include "model_options.hpp"
#include "model_text.hpp"
#include "request.hpp"
#include "session.hpp"

namespace eckart::cli {
namespace {

using nlohmann::ordered_json;

io::ElementType type_named(const std::string& name, io::ElementType automatic) {
  if (name == "f32") return io::ElementType::f32;
  if (name == "f16") return io::ElementType::f16;
  if (name == "bf16") return io::ElementType::bf16;
  return automatic;
}

AdapterStyle style_named(const std::string& name) {
  return name == "kohya" ? AdapterStyle::kohya : AdapterStyle::peft;
}

// The files that an adapter of the style will be.
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

template <Scalar T>
ordered_json part_json(const std::string& name,
                       index_t rows,
                       index_t cols,
                       const LowRank<T>& part) {
  return {{"name", name},
          {"rows", rows},
          {"cols", cols},
          {"rank", part.rank()},
          {"energy", part.energy},
          {"held", part.held},
          {"relative_error", part.relative_error()},
          {"method", part.method},
          {"sigma", part.sigma}};
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

// Tensors whose numbers mean nothing without others.
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

// The modules of an adapter in the making.
struct Making {
  AdapterStyle style;
  std::vector<NewModule> modules;
  std::vector<io::Tensor> tensors;
  ordered_json report = ordered_json::array();
};

ordered_json kept_json(const NewModule& module) {
  return {{"name", module.name},     {"embedding", module.embedding},
          {"rank", module.rank},     {"alpha", module.alpha},
          {"kernel", module.kernel}, {"inputs_first", module.inputs_first}};
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

// Takes a finished step of the spool into the adapter.
void take(Making& making, const io::TensorSpool& spool, const std::string& step) {
  const ordered_json note = ordered_json::parse(spool.note(step));
  making.report.push_back(note["report"]);
  if (note["module"].is_null()) return;
  making.modules.push_back(kept_module(note["module"]));
  for (io::Tensor& tensor : spool.tensors(step)) making.tensors.push_back(std::move(tensor));
}

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

int run_lora_resize(const LoraResizeOptions& o) {
  check_rank(o.rank, true);
  Session session(o.run);
  const Adapter adapter = read_adapter(o.run.input);
  check_adapter_target(o.target, adapter.style, o.force);
  const InterruptGuard guard(session.context);
  session.context.set_stop_at_once(true);
  Making making{adapter.style, {}, {}, ordered_json::array()};
  std::vector<std::string> zero;
  for (std::size_t i = 0; i < adapter.modules.size(); ++i) {
    const AdapterModule& old = adapter.modules[i];
    session.progress.update(
        {"modules", static_cast<double>(i) / static_cast<double>(adapter.modules.size()), -1, -1});
    const Matrix<double> B = old.B(session.context), A = old.A(session.context);
    // What the stored factors themselves may be wrong by, from their rounding.
    double edge = 0;
    if (o.rank.noise_floor) {
      const auto norm = [](const Matrix<double>& X) {
        double sum = 0;
        for (index_t p = 0; p < X.rows() * X.cols(); ++p) sum += X.data()[p] * X.data()[p];
        return std::sqrt(sum);
      };
      edge = std::abs(old.scale) *
             (io::rounding_edge(old.up, old.rows(), old.rank(), session.context) * norm(A) +
              io::rounding_edge(old.down, old.rank(), old.cols(), session.context) * norm(B));
    }
    const LowRank<double> part = [&] {
      try {
        return leading_part_of_product<double>(
            B.view(), A.view(), old.scale,
            rule_of(o.rank, {}, spike_threshold(edge, old.rows(), old.cols())), session.context);
      } catch (const NonFiniteInput& error) {
        throw IoError(o.run.input, "module '" + old.name + "': " + error.what());
      }
    }();
    if (part.rank() == 0) {
      zero.push_back(old.name);
      continue;
    }
    NewModule module;
    module.name = old.name;
    module.embedding = old.embedding;
    module.inputs_first = adapter.inputs_first;
    module.kernel.assign(old.down.shape.begin() + 2, old.down.shape.end());
    module.rank = part.rank();
    // The scale stays: factors keep their size.
    const auto k = static_cast<double>(part.rank());
    module.alpha = old.scale * (adapter.root_scale ? std::sqrt(k) : k);
    ordered_json report = part_json(old.name, old.rows(), old.cols(), part);
    report["old_rank"] = old.rank();
    report["alpha"] = module.alpha;
    making.report.push_back(std::move(report));
    const io::ElementType type = type_named(o.scalar, old.up.type);
    for (io::Tensor& tensor :
         module_tensors(adapter.style, module, balanced_factors(part, old.scale), type)) {
      making.tensors.push_back(std::move(tensor));
    }
    making.modules.push_back(std::move(module));
  }
  for (const io::Tensor& tensor : adapter.others) making.tensors.push_back(tensor);
  const ordered_json report = {{"schema", 1},
                               {"adapter", o.run.input},
                               {"modules", making.report},
                               {"zero", names_json(zero)},
                               {"output", o.target}};
  write_adapter(o.target, adapter.style, making.modules, std::move(making.tensors),
                adapter.metadata, adapter.config, adapter.root_scale);
  finish(session, report, "adapter  " + printable(o.run.input) + "\n",
         {{"zero", "were zero and are left out"}});
  if (!adapter.alpha_known && !session.quiet) {
    warn("some modules had no alpha; alpha = rank was assumed, as loaders do");
  }
  return exit_met;
}

namespace {

std::vector<double> weights_of(const std::vector<double>& given, std::size_t count) {
  if (given.empty()) return std::vector<double>(count, 1.0);
  if (given.size() != count) {
    throw UsageError(fmt::format("--weights: {} given for {} adapters", given.size(), count));
  }
  return given;
}

// Modules of several adapters by name, with the weights of the adapters that have them.
struct Gathered {
  std::vector<const AdapterModule*> modules;
  std::vector<double> weights;
};
std::map<std::string, Gathered> gather(const std::vector<Adapter>& adapters,
                                       const std::vector<double>& weights) {
  std::map<std::string, Gathered> all;
  for (std::size_t i = 0; i < adapters.size(); ++i) {
    if (adapters[i].style != adapters[0].style) {
      throw UsageError("the adapters are of two styles, PEFT's and kohya's");
    }
    for (const AdapterModule& module : adapters[i].modules) {
      all[module.name].modules.push_back(&module);
      all[module.name].weights.push_back(weights[i]);
    }
  }
  return all;
}

}  // namespace

int run_lora_merge(const LoraMergeOptions& o) {
  check_rank(o.rank, false);
  if (o.adapters.size() < 2) throw UsageError("merge: give two adapters or more");
  if (o.rank.noise_floor) throw UsageError("merge: --noise-floor needs one adapter; use resize");
  const std::vector<double> weights = weights_of(o.weights, o.adapters.size());
  Session session(o.run);
  std::vector<Adapter> adapters;
  for (const std::string& path : o.adapters) adapters.push_back(read_adapter(path));
  const AdapterStyle style = adapters[0].style;
  check_adapter_target(o.target, style, o.force);
  const InterruptGuard guard(session.context);
  session.context.set_stop_at_once(true);
  Making making{style, {}, {}, ordered_json::array()};
  const bool lossless = !o.rank.rank && !o.rank.energy;
  std::vector<std::string> partly, left_out;
  for (const auto& [name, gathered] : gather(adapters, weights)) {
    if (gathered.modules.size() < adapters.size()) partly.push_back(name);
    const StackedFactors stacked =
        stack_factors(gathered.modules, gathered.weights, session.context);
    const AdapterModule& first = *gathered.modules[0];
    NewModule module;
    module.name = name;
    module.embedding = first.embedding;
    module.inputs_first = adapters[0].inputs_first;
    module.kernel.assign(first.down.shape.begin() + 2, first.down.shape.end());
    FactorPair<double> pair;
    const LowRank<double> part = leading_part_of_product<double>(
        stacked.B.view(), stacked.A.view(), 1.0,
        lossless ? LowRankRule{.rank = stacked.B.cols()} : rule_of(o.rank, {}, 0), session.context);
    if (lossless) {
      module.rank = stacked.B.cols();
      pair.B_transposed = Matrix<double>(stacked.B.cols(), stacked.B.rows());
      for (index_t j = 0; j < stacked.B.cols(); ++j) {
        for (index_t p = 0; p < stacked.B.rows(); ++p) pair.B_transposed(j, p) = stacked.B(p, j);
      }
      pair.A_transposed = stacked.A.clone();
    } else {
      module.rank = std::max<index_t>(1, part.rank());
      if (part.rank() == 0) continue;
      pair = balanced_factors(part, 1.0);
    }
    module.alpha = static_cast<double>(module.rank);
    ordered_json report = part_json(name, stacked.B.rows(), stacked.A.rows(), part);
    index_t numerical = 0;
    for (const double s : part.sigma) numerical += s > 1e-7 * part.sigma[0];
    report["rank"] = module.rank;
    report["stacked_rank"] = stacked.B.cols();
    report["numerical_rank"] = numerical;
    making.report.push_back(std::move(report));
    const io::ElementType type = type_named(o.scalar, first.up.type);
    for (io::Tensor& tensor : module_tensors(style, module, pair, type)) {
      making.tensors.push_back(std::move(tensor));
    }
    making.modules.push_back(std::move(module));
  }
  for (const Adapter& adapter : adapters) {
    for (const io::Tensor& tensor : adapter.others) left_out.push_back(tensor.name);
  }
  const ordered_json report = {{"schema", 1},
                               {"adapters", o.adapters},
                               {"weights", weights},
                               {"lossless", lossless},
                               {"modules", making.report},
                               {"partly", names_json(partly)},
                               {"left_out", names_json(left_out)},
                               {"output", o.target}};
  write_adapter(o.target, style, making.modules, std::move(making.tensors), adapters[0].metadata,
                adapters[0].config);
  finish(session, report, fmt::format("adapters {}\n", o.adapters.size()),
         {{"partly", "are in some of the adapters alone"},
          {"left_out", "are whole tensors, which are NOT merged"}});
  return left_out.empty() ? exit_met : exit_not_met;
}

int run_lora_apply(const LoraApplyOptions& o) {
  const std::vector<double> weights = weights_of(o.weights, o.adapters.size());
  check_target(o.target, o.force, false);
  Session session(o.run);
  const io::Model base = io::read_model(o.run.input, o.run.max_memory_bytes);
  std::vector<Adapter> adapters;
  for (const std::string& path : o.adapters) adapters.push_back(read_adapter(path));
  check_not_input(o.target, base.files);
  const auto all = gather(adapters, weights);
  std::map<std::string, std::string> module_of;  // tensor of the base, module
  for (const auto& [name, gathered] : all) {
    const io::Tensor* tensor = base_tensor(base, *gathered.modules[0], adapters[0].style);
    if (!tensor) {
      throw IoError(o.run.input, "the base has no tensor for module '" + name + "'");
    }
    if (!module_of.emplace(tensor->name, name).second) {
      throw IoError(o.run.input, "two modules fit tensor '" + tensor->name + "'");
    }
  }
  std::vector<std::string> replaced, left_out;
  std::map<std::string, const io::Tensor*> whole;
  for (const Adapter& adapter : adapters) {
    for (const io::Tensor& tensor : adapter.others) {
      std::string name = tensor.name;
      if (name.starts_with("base_model.model.")) name = name.substr(17);
      const io::Tensor* old = base.find(name);
      const bool fits =
          adapters[0].style == AdapterStyle::peft && old && adapters.size() == 1 && weights[0] == 1;
      if (fits) {
        whole[name] = &tensor;
        replaced.push_back(name);
      } else {
        left_out.push_back(tensor.name);
      }
    }
  }
  std::vector<io::Model> inputs = {base};
  for (const std::string& path : o.adapters) inputs.push_back(io::read_model(path));
  io::TensorSpool spool(
      o.target, fingerprint(inputs, fmt::format("apply {} {}", fmt::join(weights, " "), o.scalar)));
  const InterruptGuard guard(session.context);
  session.context.set_stop_at_once(true);
  std::vector<io::Tensor> tensors;
  ordered_json changed = ordered_json::array();
  for (const io::Tensor& tensor : base.tensors) {
    const auto module = module_of.find(tensor.name);
    if (const auto full = whole.find(tensor.name); full != whole.end()) {
      tensors.push_back(*full->second);
      tensors.back().name = tensor.name;
      continue;
    }
    if (module == module_of.end()) {
      tensors.push_back(tensor);
      continue;
    }
    if (!spool.has(tensor.name)) {
      const Gathered& gathered = all.at(module->second);
      const StackedFactors stacked =
          stack_factors(gathered.modules, gathered.weights, session.context);
      const bool turned = adapters[0].inputs_first || gathered.modules[0]->embedding;
      const index_t rows = turned ? stacked.A.rows() : stacked.B.rows();
      if (rows * (turned ? stacked.B.rows() : stacked.A.rows()) != tensor.count()) {
        throw IoError(
            o.run.input,
            fmt::format("tensor '{}' is {}; the adapter's product is {} x {}", tensor.name,
                        io::format_shape(tensor), stacked.B.rows(), stacked.A.rows()));
      }
      std::optional<io::ElementType> type;
      if (o.scalar != "auto") type = type_named(o.scalar, tensor.type);
      spool.put(tensor.name, {apply_factors(tensor, stacked, turned, type, session.context)}, "");
      io::release(tensor);
    }
    tensors.push_back(spool.tensors(tensor.name).at(0));
    changed.push_back(tensor.name);
  }
  io::write_safetensors(o.target, std::move(tensors), base.metadata);
  spool.remove();
  const ordered_json report = {{"schema", 1},
                               {"base", model_json(base)},
                               {"adapters", o.adapters},
                               {"weights", weights},
                               {"modules", ordered_json::array()},
                               {"changed", changed},
                               {"replaced", names_json(replaced)},
                               {"left_out", names_json(left_out)},
                               {"output", o.target}};
  finish(session, report, model_line(base, session),
         {{"changed", "changed"},
          {"replaced", "replaced by those of the adapter"},
          {"left_out", "of the adapters NOT applied"}});
  return left_out.empty() ? exit_met : exit_not_met;
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
