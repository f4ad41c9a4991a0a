// eckart model lora resize, merge and apply: adapters made smaller, joined, and added to models.
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

}  // namespace eckart::cli
