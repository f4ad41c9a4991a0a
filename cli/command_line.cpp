#include "command_line.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>

#include "eckart/machine.hpp"
#include "exit_code.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

std::vector<std::string> split_choices(const std::string& words) {
  std::vector<std::string> choices;
  for (std::size_t begin = 0; begin <= words.size();) {
    const std::size_t end = std::min(words.find('|', begin), words.size());
    choices.push_back(words.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

// Returns the name of a file or folder as it is. Throws UsageError if it is empty, as from an
// unset variable of a script.
std::string not_empty(const std::string& option, const std::string& name) {
  if (name.empty()) throw UsageError(option + ": the name is empty; expected a file or folder");
  return name;
}

// Where one option is declared: its group heading, and the app that gets it.
struct Group {
  CLI::App& command;
  const char* heading;

  // An option with a value that read turns into its place.
  void value(const std::string& names,
             const char* type,
             const std::string& help,
             std::function<void(const std::string&)> read) {
    command.add_option_function<std::string>(names, std::move(read), help)
        ->type_name(type)
        ->group(heading);
  }
  void text(const std::string& names,
            const char* type,
            const std::string& help,
            std::string& target) {
    value(names, type, help, [names, &target](const std::string& text) {
      target = not_empty(names.substr(names.rfind(',') + 1), text);
    });
  }
  void flag(const std::string& names, const std::string& help, bool& target) {
    command.add_flag(names, target, help)->disable_flag_override()->group(heading);
  }
  // An option with one of the words of "a|b|c".
  void choice(const std::string& names,
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
};

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

void add_input(CLI::App& command, RunOptions& o, const char* help) {
  command
      .add_option_function<std::string>(
          "FILE", [&o](const std::string& name) { o.input = not_empty("FILE", name); }, help)
      ->required()
      ->type_name("")
      ->group("Arguments");
  Group input{command, "Input"};
  input.choice("--input-format", "auto|npy|npz|mtx|csv|tsv", "instead of going by the file's name",
               o.input_format);
  input.choice("--missing", "error|zero", "what an empty or NA field of a table is", o.missing);
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
  Group{command, "Running"}.choice("--method", "auto|dense|gram|randomized|lanczos|jacobi|smallest",
                                   "instead of the planner's choice", method);
}

constexpr const char* file_help =
    ".npy .npz .mtx .csv .tsv (or .gz), - for stdin, or \"[[3,2],[2,3]]\"";

void add_svd(CLI::App& top, SvdOptions& o) {
  CLI::App& command =
      *top.add_subcommand("svd", "decompose a matrix and say how right the result is");
  command.footer(
      "eckart svd A.npy -k 20 -o result      the 20 leading triplets, saved in a folder\n"
      "eckart svd ratings.mtx --energy 90%   as many as hold 90 % of the energy\n"
      "eckart svd \"[[3,2],[2,3]]\"            a small matrix, typed in");
  add_input(command, o.run, file_help);
  add_rank(command, o.rank);
  Group many{command, "How many triplets"};
  many.flag("--thin", "all min(m, n) of them (the default)", o.thin);
  many.flag("--full", "all, and U and V completed to square matrices", o.full);
  many.flag("--smallest", "the N smallest instead (with -k)", o.smallest);
  many.value("--target", "X", "the N nearest to X instead (with -k)",
             [&o](const std::string& text) { o.target = parse_target("--target", text); });
  many.flag("--values-only", "singular values without vectors", o.values_only);
  Group before{command, "Before the decomposition"};
  before.flag("--center", "subtract the mean of every column; sparse input stays sparse", o.center);
  before.flag("--scale", "divide every column by its standard deviation", o.scale);
  Group{command, "Accuracy"}.value("--accuracy", "R",
                                   "residual / sigma_1 to reach (1e-10; float32 1e-4), or "
                                   "relative",
                                   [&o](const std::string& text) {
                                     o.relative_accuracy = text == "relative";
                                     if (!o.relative_accuracy)
                                       o.accuracy = parse_accuracy("--accuracy", text,
                                                                   ", or the word relative");
                                   });
  add_method(command, o.method);
  Group running{command, "Running"};
  running.value(
      "--oversampling", "P", "columns of the randomized method beyond N",
      [&o](const std::string& text) { o.oversampling = parse_count("--oversampling", text, 0); });
  running.value("--power-iterations", "Q", "of the randomized method at most; 0: the sketch alone",
                [&o](const std::string& text) {
                  o.power_iterations = parse_count("--power-iterations", text, 0);
                });
  running.flag("--hermitian", "A is Hermitian: take its eigenvalues; refused if it is not",
               o.hermitian);
  add_seed(command, o.seed);
  running.flag("--plan", "say what would be done, at what cost, and do nothing", o.plan);
  Group{command, "Output"}.text("-o,--output", "DIR",
                                "write U.npy s.npy Vt.npy report.json into DIR", o.folder);
  Group{command, "Output"}.flag("--force", "replace an earlier result in DIR", o.force);
  add_run(command, o.run);
}

void add_info(CLI::App& top, InfoOptions& o) {
  CLI::App& command =
      *top.add_subcommand("info", "norms, rank, condition number, energy table, spectrum");
  command.footer(
      "eckart info A.mtx.gz\n"
      "eckart info table.csv --missing zero\n"
      "zcat A.csv.gz | eckart info - --input-format csv");
  add_input(command, o.run, file_help);
  add_seed(command, o.seed);
  add_run(command, o.run);
}

void add_check(CLI::App& top, CheckOptions& o) {
  CLI::App& command = *top.add_subcommand("check", "certify a factorisation, whoever made it");
  command.footer(
      "eckart check A.npy result                                a folder of eckart svd\n"
      "eckart check A.npy --u U.npy --s s.npy --vt Vt.npy       numpy.linalg.svd's output\n"
      "eckart check A.npy result --accuracy 1e-12 && echo good  exit code 1: not met");
  add_input(command, o.run, file_help);
  command
      .add_option_function<std::string>(
          "DIR", [&o](const std::string& name) { o.folder = not_empty("DIR", name); },
          "a folder with U.npy, s.npy and Vt.npy")
      ->type_name("")
      ->group("Arguments");
  Group factors{command, "The factorisation"};
  factors.text("--u", "FILE", "left vectors, m x k", o.u);
  factors.text("--s", "FILE", "singular values, k", o.s);
  factors.text("--vt", "FILE", "right vectors transposed, k x n", o.vt);
  factors.flag("--any-triplets", "they need not be the leading ones", o.any_triplets);
  Group before{command, "The matrix they belong to"};
  before.flag("--center", "the matrix with the mean of every column subtracted", o.center);
  before.flag("--scale", "the matrix with columns divided by their standard deviation", o.scale);
  add_accuracy(command, o.accuracy);
  add_seed(command, o.seed);
  add_run(command, o.run);
}

void add_lowrank(CLI::App& top, LowrankOptions& o) {
  CLI::App& command =
      *top.add_subcommand("lowrank", "write the best rank-k approximation as a matrix");
  command.footer(
      "eckart lowrank A.npy -k 10 -o A10.npy\n"
      "eckart lowrank A.npy --tolerance 0.01 -o A1.npy   1 % error at most\n"
      "eckart lowrank result -k 5 -o A5.npy              from a folder of eckart svd");
  add_input(command, o.run, "a matrix (as for svd), or a folder that eckart svd -o wrote");
  add_rank(command, o.rank);
  add_accuracy(command, o.accuracy);
  add_method(command, o.method);
  add_seed(command, o.seed);
  command
      .add_option_function<std::string>(
          "-o,--output", [&o](const std::string& name) { o.file = not_empty("--output", name); },
          "where the approximation goes")
      ->required()
      ->type_name("OUT.npy")
      ->group("Output");
  Group{command, "Output"}.flag("--force", "replace OUT.npy if it exists", o.force);
  add_run(command, o.run);
}

void add_doctor(CLI::App& top, DoctorOptions& o) {
  CLI::App& command =
      *top.add_subcommand("doctor", "what this machine computes with, and what is wrong with it");
  command.footer(
      "eckart doctor\n"
      "eckart doctor --threads 1\n"
      "\n"
      "OPENBLAS_CORETYPE chooses OpenBLAS's kernel; when it is unset and OpenBLAS does not\n"
      "know the CPU, eckart sets it and restarts itself once (ECKART_BLAS_REPAIRED marks\n"
      "that this has happened: it holds the replaced kernel and the process).");
  add_threads(command, o.threads);
  add_output(command, o.output);
}

void add_accelerate(CLI::App& top, AccelerateOptions& o) {
  CLI::App& command = *top.add_subcommand(
      "accelerate", "run a program that uses LAPACK with Eckart's decompositions");
  command.footer(
      "eckart accelerate -- python3 script.py\n"
      "eckart accelerate --stats -- Rscript analysis.R      how many calls, and their time\n"
      "eckart accelerate --compare -- Rscript analysis.R    and how much time they saved\n"
      "\n"
      "The drop-in is preloaded (LD_PRELOAD), and OpenBLAS is told the right kernels for this\n"
      "CPU where it would not find them. Numpy, SciPy, R and Octave need nothing else. The exit\n"
      "code is that of the program; if it made no call that Eckart took over, a line on\n"
      "standard error says so.");
  Group group{command, "Options"};
  group.flag("--stats", "print how many calls were taken over, and their time", o.statistics);
  group.flag("--compare",
             "also estimate the time saved, by repeating one call of each kind with the machine's "
             "LAPACK",
             o.compare);
  group.flag("--ilp64", "the program calls plain names with 64-bit integers", o.ilp64);
  group.flag("-q,--quiet", "do not say that no call was taken over", o.quiet);
}

void add_completion(CLI::App& top, std::string& shell) {
  CLI::App& command =
      *top.add_subcommand("completion", "print a script that completes commands in your shell");
  command.footer(
      "eckart completion bash > ~/.local/share/bash-completion/completions/eckart\n"
      "eckart completion zsh > ~/.zfunc/_eckart\n"
      "eckart completion fish > ~/.config/fish/completions/eckart.fish");
  command.add_option("SHELL", shell, "which shell")
      ->required()
      ->type_name("bash|zsh|fish")
      ->group("Arguments");
}

}  // namespace

std::unique_ptr<CLI::App> make_command_line(Options& options) {
  auto top = std::make_unique<CLI::App>(
      "The singular value decomposition of any matrix, with a certificate.", "eckart");
  top->footer(
      "eckart svd \"[[3,2],[2,3]]\"\n"
      "eckart svd A.npy -k 20 -o result\n"
      "eckart info A.mtx.gz");
  top->set_version_flag("--version", std::string("eckart ") + version(), "print the version");
  add_svd(*top, options.svd);
  add_info(*top, options.info);
  add_check(*top, options.check);
  add_lowrank(*top, options.lowrank);
  add_doctor(*top, options.doctor);
  add_accelerate(*top, options.accelerate);
  add_completion(*top, options.shell);
  for (CLI::App* command : top->get_subcommands({}))
    command->set_help_flag("-h,--help", "print this");
  top->set_help_flag("-h,--help", "print this");
  top->require_subcommand(1);
  return top;
}

std::vector<const CLI::App*> subcommands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  return command.get_options();
}

const CLI::App* subcommand_named(const CLI::App& top, const std::string& name) {
  for (const CLI::App* command : subcommands_of(top)) {
    if (command->get_name() == name) return command;
  }
  return nullptr;
}

std::vector<std::string> choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (type.find('|') == std::string::npos) return {};
  return split_choices(type);
}

}  // namespace eckart::cli
