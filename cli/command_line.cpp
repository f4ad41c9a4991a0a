#include "command_line.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "eckart/machine.hpp"
#include "exit_code.hpp"
#include "option_group.hpp"
#include "parse_value.hpp"

namespace eckart::cli {
namespace {

void add_svd(CLI::App& top, SvdOptions& o) {
  CLI::App& command =
      *top.add_subcommand("svd", "decompose a matrix and say how right the result is");
  command.footer(
      "eckart svd A.npy -k 20 -o result      the 20 leading triplets, saved in a folder\n"
      "eckart svd ratings.mtx --energy 90%   as many as hold 90 % of the energy\n"
      "eckart svd \"[[3,2],[2,3]]\"            a small matrix, typed in\n"
      "eckart svd big.npy -k 50 --max-memory 1G --checkpoint run -o result\n"
      "                                      larger than memory, and may be interrupted");
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
  Group running{command, "Running"};
  running.choice("--method",
                 "auto|dense|gram|randomized|lanczos|single-pass|jacobi|smallest|scalapack",
                 "instead of the planner's choice; scalapack: all, over ranks", o.method);
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
  add_out_of_core(command, o.out_of_core);
  Group{command, "Output"}.text("-o,--output", "DIR",
                                "write U.npy s.npy Vt.npy report.json into DIR", o.folder);
  add_plot(command, "spectrum and energy as a picture, .png or .svg", o.plot);
  Group{command, "Output"}.flag("--force", "replace an earlier result in DIR, or FILE", o.force);
  add_run(command, o.run);
}

void add_info(CLI::App& top, InfoOptions& o) {
  CLI::App& command =
      *top.add_subcommand("info", "norms, rank, condition number, energy table, spectrum");
  command.footer(
      "eckart info A.mtx.gz\n"
      "eckart info table.csv --missing zero --plot spectrum.png\n"
      "zcat A.csv.gz | eckart info - --input-format csv");
  add_input(command, o.run, file_help);
  add_seed(command, o.seed);
  add_plot(command, "spectrum and energy as a picture, .png or .svg", o.plot);
  Group{command, "Output"}.flag("--force", "replace the picture if it exists", o.force);
  add_run(command, o.run);
}

void add_check(CLI::App& top, CheckOptions& o) {
  CLI::App& command =
      *top.add_subcommand("check", "certify a factorisation, whoever made it; compare two");
  command.footer(
      "eckart check A.npy result                                a folder of eckart svd\n"
      "eckart check A.npy --u U.npy --s s.npy --vt Vt.npy       numpy.linalg.svd's output\n"
      "eckart check A.npy result --accuracy 1e-12 && echo good  exit code 1: not met\n"
      "eckart check A.npy --u W.csv --vt H.csv                  a product without values\n"
      "eckart check A.npy --compare other                       eckart svd and another tool\n"
      "eckart check one --compare other                         two folders, without the matrix");
  add_input(command, o.run, "a matrix (as for svd); with --compare also a folder of factors");
  command
      .add_option_function<std::string>(
          "DIR", [&o](const std::string& name) { o.folder = not_empty("DIR", name); },
          "a folder with U, s and Vt (or V) as .npy, .mtx, .csv or .tsv")
      ->type_name("")
      ->group("Arguments");
  Group factors{command, "The factorisation"};
  factors.text("--u", "FILE", "left vectors, m x k", o.u);
  factors.text("--s", "FILE", "singular values, k; without them U Vt is a product such as W H",
               o.s);
  factors.text("--vt", "FILE", "right vectors transposed, k x n", o.vt);
  factors.text("--v", "FILE", "right vectors, n x k, in the place of --vt", o.v);
  factors.text("--compare", "DIR", "and compare it with the factors in this folder", o.compare);
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
  add_target(command, "OUT.npy", "where the approximation goes", o.file);
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

void add_man(CLI::App& top, ManOptions& o) {
  CLI::App& command = *top.add_subcommand("man", "print the manual page of a command");
  command.footer(
      "eckart man svd | man -l -\n"
      "eckart man lsa fit | man -l -\n"
      "eckart man -o ~/.local/share/man/man1");
  command.add_option("COMMAND", o.words, "its words; none: the overview")
      ->type_name("")
      ->group("Arguments");
  Group{command, "Output"}.text("-o,--output", "DIR", "write the pages of all commands there",
                                o.folder);
}

void add_help(CLI::App& command) {
  for (CLI::App* sub : command.get_subcommands({})) add_help(*sub);
  command.set_help_flag("-h,--help", "print this");
  command.set_help_all_flag("--help-all", "with every option");
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
  add_uses(*top, options);
  add_study(*top, options);
  add_lsa(*top, options.lsa);
  add_image(*top, options.image);
  add_recommend(*top, options.recommend);
  add_model(*top, options.model);
  add_doctor(*top, options.doctor);
  add_accelerate(*top, options.accelerate);
  add_completion(*top, options.shell);
  add_man(*top, options.man);
  add_help(*top);
  top->require_subcommand(1);
  return top;
}

std::vector<const CLI::App*> subcommands_of(const CLI::App& command) {
  return command.get_subcommands([](const CLI::App*) { return true; });
}

std::vector<const CLI::Option*> options_of(const CLI::App& command) {
  return command.get_options();
}

std::string path_of(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  if (!parent) return "";
  return parent->get_parent() ? path_of(*parent) + " " + command.get_name() : command.get_name();
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
