// cli/option_group.hpp - how options are declared, and the groups that several subcommands share.
#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "options.hpp"

namespace eckart::cli {

// Returns "a", "b", "c" of "a|b|c".
std::vector<std::string> split_choices(const std::string& words);

// Returns the name of a file or folder as it is. Throws UsageError if it is empty, as from an
// unset variable of a script.
std::string not_empty(const std::string& option, const std::string& name);

// Where one option is declared: its group heading, and the app that gets it.
struct Group {
  CLI::App& command;
  const char* heading;

  // An option with a value that read turns into its place.
  void value(const std::string& names,
             const char* type,
             const std::string& help,
             std::function<void(const std::string&)> read);
  // The name of a file or folder.
  void text(const std::string& names,
            const char* type,
            const std::string& help,
            std::string& target);
  void flag(const std::string& names, const std::string& help, bool& target);
  // An option with one of the words of "a|b|c".
  void choice(const std::string& names,
              const char* words,
              const std::string& help,
              std::string& target);
};

// A positional argument that names a file or folder.
void add_argument(CLI::App& command,
                  const char* name,
                  const char* help,
                  std::string& target,
                  bool required = true);
// "-o" that must be given.
void add_target(CLI::App& command, const char* type, const char* help, std::string& target);

void add_output(CLI::App& command, OutputOptions& o);
void add_threads(CLI::App& command, std::optional<index_t>& threads);
// The options that say how to read matrices.
void add_format(CLI::App& command, RunOptions& o);
// The argument FILE, and how to read it.
void add_input(CLI::App& command, RunOptions& o, const char* help);
void add_run(CLI::App& command, RunOptions& o);
// The options of matrices that stay in their files.
void add_out_of_core(CLI::App& command, OutOfCoreOptions& o);

void add_seed(CLI::App& command, std::uint64_t& seed);
void add_accuracy(CLI::App& command, double& accuracy);
// "--plot FILE", of what the help says.
void add_plot(CLI::App& command, const char* help, std::string& plot);
void add_rank(CLI::App& command, RankRule& rank);
void add_method(CLI::App& command, std::string& method);

inline constexpr const char* file_help =
    ".npy .npz .mtx .csv .tsv (.gz), M.safetensors#W, -, or \"[[3,2],[2,3]]\"";

}  // namespace eckart::cli
