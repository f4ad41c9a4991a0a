// cli/command_line.hpp - the table of subcommands and options.
#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conversion.hpp"
#include "explore.hpp"
#include "model_options.hpp"
#include "options.hpp"

namespace eckart::cli {

// Where the parsed command line lands.
struct Options {
  SvdOptions svd;
  InfoOptions info;
  CheckOptions check;
  LowrankOptions lowrank;
  ConvertCommandOptions convert;
  UpdateOptions update;
  TransformOptions transform;
  TransformOptions inverse;
  EnergyOptions energy;
  PcaCommandOptions pca;
  ScoreOptions score;
  SolveOptions solve;
  RobustPcaCommandOptions robust_pca;
  ZeroOptions rank, cond, norm, pinv, null, range;
  EigenOptions eigen;
  ExplainOptions explain;
  ExploreOptions explore;
  LsaCommandOptions lsa;
  ImageCommandOptions image;
  RecommendOptions recommend;
  ModelOptions model;
  DoctorOptions doctor;
  AccelerateOptions accelerate;
  std::string shell;  // of completion
  ManOptions man;
};

// Returns the option table; parsing with it fills options, which must outlive it.
// Help, completion and suggestions all walk this one table.
// The type name of an option lists its choices as "a|b|c"; a footer holds the examples.
std::unique_ptr<CLI::App> make_command_line(Options& options);

// Declare the subcommands that put an SVD to use.
void add_uses(CLI::App& top, Options& options);
// And those that explain and compare.
void add_study(CLI::App& top, Options& options);

// Declare lsa and its subcommands.
void add_lsa(CLI::App& top, LsaCommandOptions& o);
// Declare image and its subcommands.
void add_image(CLI::App& top, ImageCommandOptions& o);

// Declare recommend and its subcommands.
void add_recommend(CLI::App& top, RecommendOptions& o);

// Declares the commands for weights of models.
void add_model(CLI::App& top, ModelOptions& options);

// Returns the help of one subcommand, or the overview when command is the top. Unless all is set
// it fits a screen: options that are seldom needed are only listed.
std::string help_text(const CLI::App& command, bool all);

// The options under one heading of the help, in its order.
struct OptionGroup {
  std::string heading;
  std::vector<const CLI::Option*> options;
};
std::vector<OptionGroup> option_groups_of(const CLI::App& command);

// Returns the exit codes of a command, and what they mean.
std::vector<std::pair<std::string, std::string>> exit_codes_of(const CLI::App& command);

// Throws UsageError for the first subcommand or option that does not exist, with the nearest
// that does. arguments excludes the program name.
void check_names(const CLI::App& top, const std::vector<std::string>& arguments);

// Returns the words that call a command: "svd", "model lora extract"; nothing for the top.
std::string command_path(const CLI::App& command);

// Returns a completion script for "bash", "zsh" or "fish".
std::string completion_script(const CLI::App& top, const std::string& shell);

// Prints the manual page of one command in troff, or writes those of all. Returns the exit code.
// Throws UsageError, IoError.
int run_man(const CLI::App& top, const ManOptions& options);

// The subcommands and options of a command that users can type.
std::vector<const CLI::App*> subcommands_of(const CLI::App& command);
std::vector<const CLI::Option*> options_of(const CLI::App& command);

// Returns what is typed for it behind "eckart": "svd", "lsa fit"; empty for the top.
std::string path_of(const CLI::App& command);

// Returns the subcommand of that name, or null.
const CLI::App* subcommand_named(const CLI::App& top, const std::string& name);

// Returns "a", "b", "c" of an option whose type name is "a|b|c"; empty for others.
std::vector<std::string> choices_of(const CLI::Option& option);

}  // namespace eckart::cli
