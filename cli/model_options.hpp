// cli/model_options.hpp - what the user asked of the weights of a model.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"

namespace eckart::cli {

struct ModelSpectrumOptions {
  RunOptions run;  // input: the model
  std::string only = "*";
  std::optional<double> energy;
  bool values = false;
  std::string file;  // -o; empty: nothing is written
  std::string plot;  // a picture; empty: none
  bool force = false;
};

// How many triplets of each matrix.
struct ModelRank {
  std::optional<index_t> rank;
  std::optional<double> energy;
  bool noise_floor = false;
};

struct LoraExtractOptions {
  RunOptions run;  // input: the base
  std::string tuned;
  ModelRank rank;
  std::optional<index_t> most;  // --max-rank
  std::string style = "peft";
  std::string prefix = "lora_unet";
  std::string only = "*";
  std::string embeddings = "full";
  std::string others = "full";
  std::string scalar = "auto";
  bool partial = false;  // tensors of one model alone are listed, not refused
  std::uint64_t seed = 0;
  std::string target;  // -o
  bool force = false;
};

struct LoraResizeOptions {
  RunOptions run;  // input: the adapter
  ModelRank rank;
  std::string scalar = "auto";
  std::string target;
  bool force = false;
};

struct LoraMergeOptions {
  RunOptions run;
  std::vector<std::string> adapters;
  std::vector<double> weights;
  ModelRank rank;  // none: lossless
  std::string scalar = "auto";
  std::string target;
  bool force = false;
};

struct LoraApplyOptions {
  RunOptions run;  // input: the base
  std::vector<std::string> adapters;
  std::vector<double> weights;
  std::string scalar = "auto";
  std::string target;
  bool force = false;
};

struct PissaOptions {
  RunOptions run;
  index_t rank = 0;
  std::string only = "*";
  std::uint64_t seed = 0;
  std::string target;
  bool force = false;
};

struct ModelCompressOptions {
  RunOptions run;
  ModelRank rank;
  std::optional<double> ratio;
  std::optional<std::uint64_t> budget_bytes;
  std::string activations;  // a folder, or a model file, of samples, Gram matrices or diagonals
  std::string weighting = "full";
  double ridge = 0;
  std::string unfolding = "channel";
  std::string only = "*";
  bool dense = false;  // write U U^T W instead of its factors
  std::string target;
  bool force = false;
};

struct EmbedOptions {
  RunOptions run;
  std::optional<index_t> rank;
  index_t remove_top = 0;
  index_t sample = 1000;  // tokens whose neighbours are compared
  std::string target;
  bool force = false;
};

// One struct for each command, and what runs the one that was parsed.
struct ModelOptions {
  ModelSpectrumOptions spectrum;
  LoraExtractOptions extract;
  LoraResizeOptions resize;
  LoraMergeOptions merge;
  LoraApplyOptions apply;
  PissaOptions pissa;
  ModelCompressOptions compress;
  EmbedOptions embed;
  std::function<int()> run;
};

int run_model_spectrum(const ModelSpectrumOptions& options);
int run_lora_extract(const LoraExtractOptions& options);
int run_lora_resize(const LoraResizeOptions& options);
int run_lora_merge(const LoraMergeOptions& options);
int run_lora_apply(const LoraApplyOptions& options);
int run_pissa(const PissaOptions& options);
int run_model_compress(const ModelCompressOptions& options);
int run_embed(const EmbedOptions& options);

}  // namespace eckart::cli
