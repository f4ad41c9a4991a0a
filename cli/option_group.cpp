#include "option_group.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "exit_code.hpp"
#include "parse_value.hpp"

namespace eckart::cli {

std::vector<std::string> split_choices(const std::string& words) {
  std::vector<std::string> choices;
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::size_t end = std::min(words.find('|', begin), words.size());
    choices.push_back(words.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

std::string not_empty(const std::string& option, const std::string& name) {
  if (name.empty()) throw UsageError(option + ": the name is empty; expected a file or folder");
  return name;
}

void Group::value(const std::string& names,
                  const char* type,
                  const std::string& help,
                  std::function<void(const std::string&)> read) {
  command.add_option_function<std::string>(names, std::move(read), help)
      ->type_name(type)
      ->group(heading);
}

void Group::text(const std::string& names,
                 const char* type,
                 const std::string& help,
                 std::string& target) {
  value(names, type, help, [names, &target](const std::string& text) {
    target = not_empty(names.substr(names.rfind(',') + 1), text);
  });
}

void Group::flag(const std::string& names, const std::string& help, bool& target) {
  command.add_flag(names, target, help)->disable_flag_override()->group(heading);
}

void Group::choice(const std::string& names,
                   const char* words,
                   const std::string& help,
                   std::string& target) {
  const std::vector<std::string> choices = split_choices(words);
  const std::string last = names.substr(names.rfind(',') + 1);
  value(names, words, help, [choices, last, &target](const std::string& word) {
    if (std::find(choices.begin(), choices.end(), word) == choices.end()) {
      throw UsageError(fmt::format("{}: '{}' will not do; expected one of {}", last, word,
                                   fmt::join(choices, ", ")));
    }
    target = word;
  });
}

void add_argument(
    CLI::App& command, const char* name, const char* help, std::string& target, bool required) {
  command
      .add_option_function<std::string>(
          name, [name, &target](const std::string& text) { target = not_empty(name, text); }, help)
      ->required(required)
      ->type_name(std::string(name) == "DIR" ? "DIR" : "")
      ->group("Arguments");
}

void add_target(CLI::App& command, const char* type, const char* help, std::string& target) {
  command
      .add_option_function<std::string>(
          "-o,--output",
          [&target](const std::string& name) { target = not_empty("--output", name); }, help)
      ->required()
      ->type_name(type)
      ->group("Output");
}

void add_output(CLI::App& command, OutputOptions& o) {
  Group group{command, "Output"};
  group.flag("--json", "one JSON object on standard output, nothing else", o.json);
  group.flag("-q,--quiet", "no progress, no warnings", o.quiet);
  group.choice("--color", "auto|always|never", "colour (auto obeys NO_COLOR, CLICOLOR_FORCE)",
               o.color);
}

void add_threads(CLI::App& command, std::optional<index_t>& threads) {
  Group{command, "Running"}.value(
      "--threads", "T", "CPUs to use; the result is the same bits for any",
      [&threads](const std::string& text) {
        const index_t count = parse_count("--threads", text, 1);
        if (count > 4096) throw UsageError("--threads: '" + text + "' is more than 4096");
        threads = count;
      });
}

void add_format(CLI::App& command, RunOptions& o) {
  Group input{command, "Input"};
  input.choice("--input-format", "auto|npy|npz|mtx|csv|tsv|safetensors",
               "instead of going by the file's name", o.input_format);
  input.choice("--missing", "error|zero", "what an empty or NA field of a table is", o.missing);
}

void add_input(CLI::App& command, RunOptions& o, const char* help) {
  add_argument(command, "FILE", help, o.input);
  add_format(command, o);
}

void add_run(CLI::App& command, RunOptions& o) {
  add_threads(command, o.threads);
  Group{command, "Running"}.value(
      "--max-memory", "BYTES", "hard cap such as 500M or 1.5GiB: re-plan or refuse, never more",
      [&o](const std::string& text) { o.max_memory_bytes = parse_bytes("--max-memory", text); });
  Group{command, "Running"}.value(
      "--max-time", "TIME", "such as 90s, 5m or 2h: then stop with what there is, exit code 4",
      [&o](const std::string& text) { o.max_seconds = parse_seconds("--max-time", text); });
  add_output(command, o.output);
}

void add_out_of_core(CLI::App& command, OutOfCoreOptions& o) {
  Group input{command, "Larger than memory"};
  input.flag("--out-of-core", "leave the matrix in its file; so it is anyway above --max-memory",
             o.wanted);
  input.text("--shape", "RxC", "rows and columns of a raw binary file", o.shape);
  input.text("--dtype", "TYPE", "its elements, such as float32, bfloat16 or int8", o.element);
  input.flag("--fortran", "its columns, not its rows, come one after another", o.fortran_order);
  input.value(
      "--max-passes", "N", "passes over the matrix at most; 1: one look, error estimated",
      [&o](const std::string& text) { o.max_passes = parse_count("--max-passes", text, 1); });
  input.text("--checkpoint", "DIR", "keep every product there; the same command goes on from it",
             o.checkpoint);
}

void add_seed(CLI::App& command, std::uint64_t& seed) {
  Group{command, "Running"}.value(
      "--seed", "S", "of the random vectors; same seed, same bits",
      [&seed](const std::string& text) { seed = parse_seed("--seed", text); });
}

void add_accuracy(CLI::App& command, double& accuracy) {
  Group{command, "Accuracy"}.value(
      "--accuracy", "R", "residual / sigma_1 to reach; 1e-10, or 1e-4 in single precision",
      [&accuracy](const std::string& text) { accuracy = parse_accuracy("--accuracy", text); });
}

void add_plot(CLI::App& command, const char* help, std::string& plot) {
  Group{command, "Output"}.text("--plot", "FILE", help, plot);
}

void add_rank(CLI::App& command, RankRule& rank) {
  Group group{command, "How many triplets"};
  group.value("-k,--rank", "N", "the N leading ones",
              [&rank](const std::string& text) { rank.rank = parse_count("-k", text, 1); });
  group.value("--energy", "P", "the fewest that hold this share of ||A||_F^2: 0.95 or 95%",
              [&rank](const std::string& text) { rank.energy = parse_share("--energy", text); });
  group.value(
      "--tolerance", "E", "the fewest with ||A - A_k||_F <= E ||A||_F",
      [&rank](const std::string& text) { rank.tolerance = parse_tolerance("--tolerance", text); });
  group.value("--choose", "gavish-donoho|elbow",
              "those above the noise, or before the bend of the spectrum",
              [&rank](const std::string& text) { rank.choice = parse_choice("--choose", text); });
  group.value("--noise", "S", "standard deviation of every entry, if known (for gavish-donoho)",
              [&rank](const std::string& text) { rank.noise = parse_noise("--noise", text); });
}

void add_method(CLI::App& command, std::string& method) {
  Group{command, "Running"}.choice("--method",
                                   "auto|dense|gram|randomized|lanczos|single-pass|jacobi|smallest",
                                   "instead of the planner's choice", method);
}

}  // namespace eckart::cli
