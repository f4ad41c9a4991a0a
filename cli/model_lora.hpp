// cli/model_lora.hpp - what the commands on adapters share.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eckart/io/tensors.hpp"
#include "eckart/models/adapter.hpp"
#include "eckart/models/layers.hpp"
#include "eckart/models/low_rank.hpp"
#include "model_options.hpp"
#include "session.hpp"

namespace eckart::cli {

// The type of a --type option; automatic where it says nothing.
io::ElementType type_named(const std::string& name, io::ElementType automatic);

AdapterStyle style_named(const std::string& name);

// Throws UsageError unless an adapter of the style can be written there.
void check_adapter_target(const std::string& target, AdapterStyle style, bool force);

// Throws UsageError unless at most one way to choose the rank is named, or one if it is needed.
void check_rank(const ModelRank& rank, bool needed);

// noise: what singular values must pass with --noise-floor.
LowRankRule rule_of(const ModelRank& rank, std::optional<index_t> most, double noise);

template <Scalar T>
nlohmann::ordered_json part_json(const std::string& name,
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

nlohmann::ordered_json names_json(const std::vector<std::string>& names);

// Prints the report: as JSON, or the head, a line for each module, and the lists of names that are
// not empty, with what they mean.
void finish(Session& session,
            const nlohmann::ordered_json& report,
            const std::string& head,
            const std::vector<std::pair<std::string, std::string>>& lists);

// Throws IoError if the model has tensors whose numbers mean nothing without others.
void refuse_packed(const io::Model& model);

NewModule new_module(const std::string& name, const io::Tensor& tensor, const Layer& layer);

// The modules of an adapter in the making.
struct Making {
  AdapterStyle style;
  std::vector<NewModule> modules;
  std::vector<io::Tensor> tensors;
  nlohmann::ordered_json report = nlohmann::ordered_json::array();
};

// A module as the spool keeps it.
nlohmann::ordered_json kept_json(const NewModule& module);

// Takes a finished step of the spool into the adapter.
void take(Making& making, const io::TensorSpool& spool, const std::string& step);

}  // namespace eckart::cli
