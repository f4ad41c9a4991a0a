// The table of the commands for weights of models.
#include <CLI/CLI.hpp>

#include "command_line.hpp"
#include "model_options.hpp"
#include "option_group.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

constexpr const char* model_help =
    "a .safetensors file, its .index.json, a folder with one of them, .npz, .gguf";

void add_only(CLI::App& command, std::string& only) {
  Group{command, "Which tensors"}.text("--only", "PATTERN",
                                       "those whose name matches, as in '*.mlp.*'", only);
}

void add_spectrum(CLI::App& model, ModelSpectrumOptions& o) {
  CLI::App& command =
      *model.add_subcommand("spectrum", "ranks, energies and noise edge of every weight matrix");
  command.footer(
      "eckart model spectrum model.safetensors\n"
      "eckart model spectrum folder --only '*.self_attn.*' --json\n"
      "eckart model spectrum model.safetensors --plot spectra.png\n"
      "eckart model spectrum model.safetensors.index.json -o spectra.json\n"
      "\n"
      "With -o a run that was stopped goes on where it was: what is finished waits in\n"
      "spectra.json.partial.");
  add_argument(command, "MODEL", model_help, o.run.input);
  add_only(command, o.only);
  Group table{command, "Table"};
  table.value("--energy", "P", "also the rank that holds this share: 0.999 or 99.9%",
              [&o](const std::string& text) { o.energy = parse_share("--energy", text); });
  table.flag("--values", "all singular values too (in JSON)", o.values);
  Group out{command, "Output"};
  out.text("-o,--output", "FILE", "write the JSON object to FILE", o.file);
  out.flag("--force", "replace files that exist", o.force);
  add_plot(command, "the spectra as a picture, .png or .svg", o.plot);
  add_run(command, o.run);
}

void add_rank(CLI::App& command, ModelRank& rank, bool noise_floor) {
  Group group{command, "How many triplets"};
  group.value("--rank", "N", "the N leading ones of every matrix",
              [&rank](const std::string& text) { rank.rank = parse_count("--rank", text, 1); });
  group.value("--energy", "P", "the fewest that hold this share of the energy: 0.95 or 95%",
              [&rank](const std::string& text) { rank.energy = parse_share("--energy", text); });
  if (noise_floor) {
    group.flag("--noise-floor", "those above what rounding of the stored numbers can make",
               rank.noise_floor);
  }
}

void add_scalar(CLI::App& command, const char* help, std::string& scalar) {
  Group{command, "Output"}.choice("--type", "auto|f32|f16|bf16", help, scalar);
}

void add_weights(CLI::App& command, std::vector<double>& weights) {
  Group{command, "Weights"}.value(
      "--weights", "LIST", "one for each adapter, such as 0.7,-0.4; all 1",
      [&weights](const std::string& text) {
        weights.clear();
        for (std::size_t begin = 0; begin <= text.size();) {
          const std::size_t end = std::min(text.find(',', begin), text.size());
          weights.push_back(parse_weight("--weights", text.substr(begin, end - begin)));
          begin = end + 1;
        }
      });
}

void add_adapters(CLI::App& command, std::vector<std::string>& adapters) {
  command
      .add_option("ADAPTER", adapters, "a folder of PEFT, or a .safetensors file of kohya; several")
      ->required()
      ->type_name("")
      ->group("Arguments");
}

void add_output_target(
    CLI::App& command, const char* type, const char* help, std::string& target, bool& force) {
  add_target(command, type, help, target);
  Group{command, "Output"}.flag("--force", "replace what is there", force);
}

void add_extract(CLI::App& lora, LoraExtractOptions& o) {
  CLI::App& command =
      *lora.add_subcommand("extract", "an adapter from the difference of two models");
  command.footer(
      "eckart model lora extract base tuned --rank 64 -o adapter\n"
      "eckart model lora extract base.safetensors tuned.safetensors --noise-floor -o adapter\n"
      "eckart model lora extract base tuned --energy 95% --style kohya -o lora.safetensors\n"
      "\n"
      "Differences are taken in single precision. What has no two factors (norms, embeddings,\n"
      "biases) is saved in full where the style has a place for it; what has none is listed, and\n"
      "the exit code is 1. A run that was stopped goes on where it was.");
  add_argument(command, "BASE", model_help, o.run.input);
  add_argument(command, "TUNED", "the same model after training", o.tuned);
  add_rank(command, o.rank, true);
  Group{command, "How many triplets"}.value(
      "--max-rank", "N", "but no more than these",
      [&o](const std::string& text) { o.most = parse_count("--max-rank", text, 1); });
  add_only(command, o.only);
  Group which{command, "Which tensors"};
  which.choice("--embeddings", "full|lora|skip", "changed embeddings and heads", o.embeddings);
  which.choice("--others", "full|skip", "changed norms and biases", o.others);
  which.flag("--partial", "leave out tensors that one model alone has", o.partial);
  Group out{command, "Output"};
  out.choice("--style", "peft|kohya", "how the keys are spelt", o.style);
  out.text("--prefix", "TEXT", "of kohya's keys; lora_unet", o.prefix);
  add_scalar(command, "of the factors; f32", o.scalar);
  add_output_target(command, "TARGET", "a folder (PEFT) or a file (kohya)", o.target, o.force);
  add_seed(command, o.seed);
  add_run(command, o.run);
}

void add_resize(CLI::App& lora, LoraResizeOptions& o) {
  CLI::App& command = *lora.add_subcommand("resize", "an adapter of lower rank, exactly the best");
  command.footer(
      "eckart model lora resize adapter --rank 32 -o smaller\n"
      "eckart model lora resize lora.safetensors --energy 98% -o smaller.safetensors\n"
      "\n"
      "The product is never formed: both factors are orthogonalised, and their small core is\n"
      "decomposed in double precision. Every module keeps its scale and gets its own alpha.");
  add_argument(command, "ADAPTER", "a folder of PEFT, or a .safetensors file of kohya",
               o.run.input);
  add_rank(command, o.rank, true);
  add_scalar(command, "of the factors; as they were", o.scalar);
  add_output_target(command, "TARGET", "a folder (PEFT) or a file (kohya)", o.target, o.force);
  add_run(command, o.run);
}

void add_merge(CLI::App& lora, LoraMergeOptions& o) {
  CLI::App& command = *lora.add_subcommand("merge", "one adapter that does what several do");
  command.footer(
      "eckart model lora merge one two -o both                      lossless: ranks add up\n"
      "eckart model lora merge one two --weights 0.7,-0.4 --rank 32 -o both\n"
      "\n"
      "With --rank or --energy the sum is truncated, exactly the best of that rank.");
  add_adapters(command, o.adapters);
  add_weights(command, o.weights);
  add_rank(command, o.rank, false);
  add_scalar(command, "of the factors; as they were", o.scalar);
  add_output_target(command, "TARGET", "a folder (PEFT) or a file (kohya)", o.target, o.force);
  add_run(command, o.run);
}

void add_apply(CLI::App& lora, LoraApplyOptions& o) {
  CLI::App& command = *lora.add_subcommand("apply", "a model with adapters added to its weights");
  command.footer(
      "eckart model lora apply base adapter -o tuned.safetensors\n"
      "eckart model lora apply base one two --weights 1,0.5 -o tuned.safetensors");
  add_argument(command, "BASE", model_help, o.run.input);
  add_adapters(command, o.adapters);
  add_weights(command, o.weights);
  add_scalar(command, "of the changed tensors; as they were", o.scalar);
  add_output_target(command, "FILE", "where the model goes", o.target, o.force);
  add_run(command, o.run);
}

void add_pissa(CLI::App& model, PissaOptions& o) {
  CLI::App& command = *model.add_subcommand(
      "pissa", "an adapter of the leading triplets, and the model without them");
  command.footer(
      "eckart model pissa base --rank 16 -o start\n"
      "\n"
      "Training starts from the principal part of the weights: base = residual + B A. The folder\n"
      "gets model.safetensors (the residual) and PEFT's adapter.");
  add_argument(command, "BASE", model_help, o.run.input);
  command
      .add_option_function<std::string>(
          "--rank", [&o](const std::string& text) { o.rank = parse_count("--rank", text, 1); },
          "the N leading triplets of every linear layer")
      ->required()
      ->type_name("N")
      ->group("How many triplets");
  add_only(command, o.only);
  add_output_target(command, "DIR", "the folder for both", o.target, o.force);
  add_seed(command, o.seed);
  add_run(command, o.run);
}

void add_compress(CLI::App& model, ModelCompressOptions& o) {
  CLI::App& command =
      *model.add_subcommand("compress", "layers as products of two factors, where that saves");
  command.footer(
      "eckart model compress model --ratio 0.8 --activations inputs.npz -o small.safetensors\n"
      "eckart model compress model --budget 500M --activations inputs.npz -o small.safetensors\n"
      "eckart model compress cnn.safetensors --rank 16 --unfolding spatial -o small.safetensors\n"
      "\n"
      "A layer W (m x n) becomes MODULE.B.weight (m x k) and MODULE.A.weight (k x n) where\n"
      "k < m n / (m + n); y = B (A x) + b. examples/low_rank_loader.py runs the result.\n"
      "Activations: for each module MODULE.samples (one input in each row), MODULE.gram (the sum\n"
      "of x x^T) or MODULE.diagonal; what is left out is then least for these inputs.");
  add_argument(command, "MODEL", model_help, o.run.input);
  add_rank(command, o.rank, false);
  Group many{command, "How many triplets"};
  many.value("--ratio", "P", "as many as make every layer this share of its size: 0.8 or 80%",
             [&o](const std::string& text) { o.ratio = parse_share("--ratio", text); });
  many.value("--budget", "BYTES", "such that all tensors together take this, shared out by error",
             [&o](const std::string& text) { o.budget_bytes = parse_bytes("--budget", text); });
  Group inputs{command, "Inputs of the layers"};
  inputs.text("--activations", "FILE", "a .safetensors or .npz file, or a folder", o.activations);
  inputs.choice("--weighting", "full|diagonal|none",
                "by second moments, by sizes of inputs, not at all", o.weighting);
  inputs.value("--ridge", "R", "add R times their mean square to all inputs: for few samples",
               [&o](const std::string& text) { o.ridge = parse_at_least_zero("--ridge", text); });
  add_only(command, o.only);
  Group{command, "Which tensors"}.choice("--unfolding", "channel|spatial",
                                         "how convolutions become matrices", o.unfolding);
  Group{command, "Output"}.flag("--dense", "write B A in the place of W: any loader reads it",
                                o.dense);
  add_output_target(command, "FILE", "where the model goes", o.target, o.force);
  add_run(command, o.run);
}

void add_embed(CLI::App& model, EmbedOptions& o) {
  CLI::App& command = *model.add_subcommand("embed", "word vectors of fewer dimensions");
  command.footer(
      "eckart model embed glove.txt -k 100 -o small.txt\n"
      "eckart model embed vectors.bin -k 100 --remove-top 3 -o small.bin\n"
      "\n"
      "Text with or without a first line, word2vec's .bin, or .npy; the result has the format of\n"
      "the input. The file is read row by row.");
  add_argument(command, "FILE", "word2vec, GloVe or fastText vectors (.vec .txt .bin), or .npy",
               o.run.input);
  command
      .add_option_function<std::string>(
          "-k,--rank", [&o](const std::string& text) { o.rank = parse_count("-k", text, 1); },
          "dimensions that remain")
      ->required()
      ->type_name("N")
      ->group("How many");
  Group many{command, "How many"};
  many.value(
      "--remove-top", "D", "subtract the mean and the D leading components before",
      [&o](const std::string& text) { o.remove_top = parse_count("--remove-top", text, 0); });
  many.value("--sample", "S", "tokens whose neighbours are compared; 1000, 0 for none",
             [&o](const std::string& text) { o.sample = parse_count("--sample", text, 0); });
  add_output_target(command, "FILE", "where the vectors go", o.target, o.force);
  add_run(command, o.run);
}

// Lets the parsed command say what runs it.
template <class Options>
void runs(CLI::App& model,
          const char* name,
          ModelOptions& all,
          int (*run)(const Options&),
          const Options& options) {
  model.get_subcommand(name)->callback(
      [&all, run, &options] { all.run = [run, &options] { return run(options); }; });
}

}  // namespace

void add_model(CLI::App& top, ModelOptions& o) {
  CLI::App& model = *top.add_subcommand("model", "spectra, adapters and smaller weights of models");
  model.footer(
      "eckart model spectrum model.safetensors\n"
      "eckart help model spectrum");
  add_spectrum(model, o.spectrum);
  runs(model, "spectrum", o, run_model_spectrum, o.spectrum);
  CLI::App& lora = *model.add_subcommand("lora", "adapters: extract, resize, merge, apply");
  lora.footer(
      "eckart model lora extract base tuned --rank 64 -o adapter\n"
      "eckart model lora resize adapter --rank 16 -o smaller");
  add_extract(lora, o.extract);
  add_resize(lora, o.resize);
  add_merge(lora, o.merge);
  add_apply(lora, o.apply);
  runs(lora, "extract", o, run_lora_extract, o.extract);
  runs(lora, "resize", o, run_lora_resize, o.resize);
  runs(lora, "merge", o, run_lora_merge, o.merge);
  runs(lora, "apply", o, run_lora_apply, o.apply);
  lora.require_subcommand(1);
  add_compress(model, o.compress);
  runs(model, "compress", o, run_model_compress, o.compress);
  add_embed(model, o.embed);
  runs(model, "embed", o, run_embed, o.embed);
  add_pissa(model, o.pissa);
  runs(model, "pissa", o, run_pissa, o.pissa);
  model.require_subcommand(1);
}

}  // namespace eckart::cli
