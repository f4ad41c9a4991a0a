// The command-line tool: parses, runs one subcommand, turns errors into one line and a code.
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "blas_repair.hpp"
#include "command_line.hpp"
#include "eckart/error.hpp"
#include "eckart/io/mapped_files.hpp"
#include "eckart/machine.hpp"
#include "exit_code.hpp"
#include "interrupt.hpp"
#include "ranks.hpp"
#include "terminal.hpp"

namespace eckart::cli {
namespace {

// The subcommand that was parsed, as deep as it goes; else the top.
const CLI::App& parsed_command(const CLI::App& top) {
  for (const CLI::App* sub : subcommands_of(top)) {
    if (sub->parsed()) return parsed_command(*sub);
  }
  return top;
}

// Returns the code of the subcommand that was parsed.
int dispatch(const CLI::App& top, const Options& options) {
  if (const std::string path = path_of(parsed_command(top));
      ranks() && path != "svd" && path != "pca" && path != "solve" && path != "lsa fit") {
    throw UsageError(path +
                     " runs in one process: start it without mpirun; what runs on several is svd, "
                     "pca, lsa fit and solve");
  }
  if (top.got_subcommand("svd")) return run_svd(options.svd);
  if (top.got_subcommand("info")) return run_info(options.info);
  if (top.got_subcommand("check")) return run_check(options.check);
  if (top.got_subcommand("lowrank")) return run_lowrank(options.lowrank);
  if (top.got_subcommand("convert")) return run_convert(options.convert);
  if (top.got_subcommand("update")) return run_update(options.update);
  if (top.got_subcommand("transform")) return run_transform(options.transform);
  if (top.got_subcommand("inverse")) return run_inverse(options.inverse);
  if (top.got_subcommand("energy")) return run_energy(options.energy);
  if (top.got_subcommand("pca")) return run_pca(options.pca);
  if (top.got_subcommand("score")) return run_score(options.score);
  if (top.got_subcommand("solve")) return run_solve(options.solve);
  if (top.got_subcommand("robust-pca")) return run_robust_pca(options.robust_pca);
  if (top.got_subcommand("rank")) return run_rank(options.rank);
  if (top.got_subcommand("cond")) return run_cond(options.cond);
  if (top.got_subcommand("norm")) return run_norm(options.norm);
  if (top.got_subcommand("pinv")) return run_pinv(options.pinv);
  if (top.got_subcommand("null")) return run_null(options.null);
  if (top.got_subcommand("range")) return run_range(options.range);
  if (top.got_subcommand("eigen")) return run_eigen(options.eigen);
  if (top.got_subcommand("explain")) return run_explain(options.explain);
  if (top.got_subcommand("explore")) return run_explore(options.explore);
  if (top.got_subcommand("lsa")) return run_lsa(parsed_command(top).get_name(), options.lsa);
  if (top.got_subcommand("recommend")) {
    return run_recommend(parsed_command(top).get_name(), options.recommend);
  }
  if (top.got_subcommand("model")) return options.model.run();
  if (top.got_subcommand("image")) return run_image(parsed_command(top).get_name(), options.image);
  if (top.got_subcommand("doctor")) return run_doctor(options.doctor);
  if (top.got_subcommand("accelerate")) return run_accelerate(options.accelerate);
  if (top.got_subcommand("man")) return run_man(top, options.man);
  write_stdout(completion_script(top, options.shell));
  return exit_met;
}

// The subcommand whose help is asked for, in either way of asking; null when none is.
const CLI::App* help_wanted(const CLI::App& top, const std::vector<std::string>& arguments) {
  const bool verb = arguments.front() == "help";
  bool flag = false;
  for (const std::string& argument : arguments) {
    if (argument == "--") break;
    flag = flag || argument == "-h" || argument == "--help" || argument == "--help-all";
  }
  if (!verb && !flag) return nullptr;
  const CLI::App* command = &top;
  for (std::size_t at = verb ? 1 : 0; at < arguments.size(); ++at) {
    const CLI::App* sub = subcommand_named(*command, arguments[at]);
    if (!sub) break;
    command = sub;
  }
  return command;
}

// CLI11's words for the few mistakes that are left to it, made plainer.
std::string parse_error_text(const CLI::App& top, const CLI::ParseError& error) {
  const CLI::App& parsed = parsed_command(top);
  const std::string command = path_of(parsed);
  std::string text = error.what();
  const std::string name = text.substr(0, text.find(':'));
  if (error.get_name() == "RequiredError" && !subcommands_of(parsed).empty()) {
    text = "say which command";
  } else if (text.find("flag override") != std::string::npos) {
    text = "--" + text.substr(0, text.find(' ')) + " takes no value";
  } else if (error.get_name() == "ArgumentMismatch") {
    const bool missing = text.find("missing") != std::string::npos;
    text = name + (missing ? " needs a value" : " was given more than once");
  } else if (text.find("not expected") != std::string::npos) {
    const std::string extra = printable(text.substr(text.find(':') + 2));
    const bool option = extra.starts_with('-');  // the x of -qx
    text = (option ? "there is no option " : "one argument too many: ") + extra;
  }
  const std::string prefix = command.empty() ? "" : command + ": ";
  const std::string help = command.empty() ? "--help" : command + " --help";
  return prefix + text.substr(0, text.find('\n')) + "; see 'eckart " + help + "'";
}

// Takes the command of accelerate, whose words are none of ours, off the arguments.
std::vector<std::string> take_command(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() != "accelerate") return {};
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end()) return {};
  std::vector<std::string> command(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  return command;
}

// CLI11 takes [1,2] among many arguments for two of them; a blank in front hides the bracket.
void hide_brackets(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() != "explore") return;
  for (std::string& argument : arguments) {
    if (argument.starts_with('[')) argument.insert(0, 1, ' ');
  }
}

int run(std::vector<std::string> arguments) {
  Options options;
  options.accelerate.command = take_command(arguments);
  hide_brackets(arguments);
  const auto top = make_command_line(options);
  if (arguments.empty()) {
    std::fputs(help_text(*top, false).c_str(), stderr);
    return exit_usage;
  }
  const bool verb = arguments.front() == "help";
  check_names(*top, verb ? std::vector(arguments.begin() + 1, arguments.end()) : arguments);
  if (const CLI::App* command = help_wanted(*top, arguments)) {
    const auto end = std::find(arguments.begin(), arguments.end(), "--");
    const bool all = std::find(arguments.begin(), end, "--help-all") != end;
    if (speaks()) write_stdout(help_text(*command, all));
    return exit_met;
  }
  try {
    top->parse(std::vector(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {  // as in -qh
    write_stdout(help_text(parsed_command(*top), false));
    return exit_met;
  } catch (const CLI::CallForVersion& version) {
    write_stdout(std::string(version.what()) + "\n");
    return exit_met;
  } catch (const CLI::ParseError& error) {
    throw UsageError(parse_error_text(*top, error));
  }
  return dispatch(*top, options);
}

constexpr const char* no_memory =
    "not enough memory; --max-memory makes the tool plan within a limit, --plan tells what a run "
    "needs";

// A library that allocates while it cleans up ends here when it gets nothing: the output is as it
// was, a temporary file may stay.
[[noreturn]] void end_without_memory() {
  try {
    if (const std::exception_ptr error = std::current_exception()) std::rethrow_exception(error);
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "eckart: %s\n", no_memory);
    _exit(exit_budget);
  } catch (...) {
  }
  std::abort();
}

// Also when there is no memory for a message.
int fail(int code, const char* message, const char* kind = "") noexcept {
  try {
    const std::string line = std::string("eckart: ") + kind + printable(message);
    end_ranks(code, line);
    std::fprintf(stderr, "%s\n", line.c_str());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "eckart: %s%s\n", kind, message);
  }
  return code;
}

// An input that changed under the run explains whatever else went wrong.
int run_on_unchanged_files(const std::vector<std::string>& arguments) {
  try {
    const int code = run(arguments);
    io::require_mapped_files_unchanged();
    return code;
  } catch (...) {
    io::require_mapped_files_unchanged();
    throw;
  }
}

int guarded_run(int argc, char** argv) {
  try {
    repair_environment(argv);
    join_ranks();
    return run_on_unchanged_files(std::vector<std::string>(argv + 1, argv + argc));
  } catch (const UsageError& error) {
    return fail(exit_usage, error.what());
  } catch (const InvalidArgument& error) {
    return fail(exit_usage, error.what());
  } catch (const IoError& error) {
    return fail(exit_file, error.what());
  } catch (const Overflow& error) {
    return fail(exit_file, error.what());
  } catch (const MemoryLimit& error) {
    return fail(exit_budget, error.what());
  } catch (const TimeLimit& error) {
    return fail(exit_budget, error.what());
  } catch (const Cancelled&) {
    return fail(interrupted_exit_code(), "interrupted before a result was available");
  } catch (const std::bad_alloc&) {
    return fail(exit_budget, no_memory);
  } catch (const std::exception& error) {
    return fail(exit_internal, error.what(), "internal error: ");
  }
}

}  // namespace
}  // namespace eckart::cli

int main(int argc, char** argv) {
  // A reader that goes away (eckart ... | head) shows as EPIPE, which write_stdout ignores.
  signal(SIGPIPE, SIG_IGN);
  // A file beyond ulimit -f shows as EFBIG, which is reported and cleaned up after.
  signal(SIGXFSZ, SIG_IGN);
  std::set_terminate(eckart::cli::end_without_memory);
  eckart::io::guard_mapped_files();
  const int code = eckart::cli::guarded_run(argc, argv);
  eckart::cli::leave_ranks();
  return code;
}
