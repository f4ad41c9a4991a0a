// Manual pages in troff, from the option table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "eckart/error.hpp"
#include "eckart/io/result_folder.hpp"
#include "eckart/machine.hpp"
#include "exit_code.hpp"
#include "terminal.hpp"

namespace eckart::cli {
namespace {

// Text as troff prints it: hyphens that can be copied, no line that is a request.
std::string escaped(const std::string& text) {
  std::string result;
  bool first = true;
  for (const char c : text) {
    if (first && (c == '.' || c == '\'')) result += "\\&";
    if (c == '\\') {
      result += "\\e";
    } else if (c == '\'') {
      result += "\\(aq";
    } else if (c == '^') {
      result += "\\(ha";
    } else if (c == '~') {
      result += "\\(ti";
    } else if (c == '`') {
      result += "\\(ga";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
    first = c == '\n';
  }
  return result;
}

std::string bold(const std::string& text) { return "\\fB" + escaped(text) + "\\fP"; }
std::string italic(const std::string& text) { return "\\fI" + escaped(text) + "\\fP"; }
std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// "eckart-lsa-fit", also the name of the file without its ".1".
std::string page_name(const CLI::App& command) {
  std::string name = command.get_parent() ? "eckart " + path_of(command) : "eckart";
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string synopsis(const CLI::App& command) {
  std::string line =
      bold(command.get_parent() ? "eckart " + path_of(command) : std::string("eckart"));
  if (!subcommands_of(command).empty()) return line + " " + italic("COMMAND") + " [OPTIONS]\n";
  for (const CLI::Option* option : options_of(command)) {
    if (!option->get_positional()) continue;
    const std::string name = italic(option->get_name(true));
    line += option->get_required() ? " " + name : " [" + name + "]";
  }
  return line + " [OPTIONS]\n";
}

std::string option_entry(const CLI::Option& option) {
  std::string names;
  for (const std::string& name : option.get_snames())
    names += (names.empty() ? "" : ", ") + bold("-" + name);
  for (const std::string& name : option.get_lnames())
    names += (names.empty() ? "" : ", ") + bold("--" + name);
  if (option.get_positional()) names = italic(option.get_name(true));
  if (!option.get_positional() && option.get_items_expected_max() > 0)
    names += " " + italic(option.get_type_name());
  return ".TP\n" + names + "\n" + escaped(option.get_description()) + "\n";
}

std::string options_section(const CLI::App& command) {
  std::string text;
  for (const OptionGroup& group : option_groups_of(command)) {
    text += ".SS " + escaped(group.heading) + "\n";
    for (const CLI::Option* option : group.options) text += option_entry(*option);
  }
  return text;
}

// The page of one command.
std::string page(const CLI::App& command) {
  const std::string name = page_name(command);
  std::string text = fmt::format(".TH {} 1 \"\" \"eckart {}\" \"Eckart\"\n", escaped(upper(name)),
                                 escaped(version()));
  text += fmt::format(".SH NAME\n{} \\- {}\n", escaped(name), escaped(command.get_description()));
  text += ".SH SYNOPSIS\n" + synopsis(command);
  const std::string footer = command.get_footer();
  const std::size_t end = footer.find("\n\n");
  if (end != std::string::npos) {
    text += ".SH DESCRIPTION\n" + escaped(footer.substr(end + 2)) + "\n";
  }
  if (const auto commands = subcommands_of(command); !commands.empty()) {
    text += ".SH COMMANDS\n";
    for (const CLI::App* sub : commands) {
      text +=
          fmt::format(".TP\n{}(1)\n{}\n", bold(page_name(*sub)), escaped(sub->get_description()));
    }
  }
  text += ".SH OPTIONS\n" + options_section(command);
  text += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_codes_of(command)) {
    text += ".TP\n" + bold(code) + "\n" + escaped(meaning) + "\n";
  }
  text += ".SH EXAMPLES\n.nf\n" + escaped(footer.substr(0, end)) + "\n.fi\n";
  if (command.get_parent())
    text += ".SH SEE ALSO\n" + bold(page_name(*command.get_parent())) + "(1)\n";
  return text;
}

void write_pages(const CLI::App& command, const std::filesystem::path& folder) {
  io::write_text(folder / (page_name(command) + ".1"), page(command));
  for (const CLI::App* sub : subcommands_of(command)) write_pages(*sub, folder);
}

}  // namespace

int run_man(const CLI::App& top, const ManOptions& o) {
  if (!o.folder.empty()) {
    if (!o.words.empty()) {
      throw UsageError("man: -o writes the pages of all commands; leave out '" + o.words.front() +
                       "'");
    }
    std::error_code error;
    std::filesystem::create_directories(o.folder, error);
    if (error) throw IoError(o.folder, error.message());
    write_pages(top, o.folder);
    return exit_met;
  }
  const CLI::App* command = &top;
  for (const std::string& word : o.words) {
    command = subcommand_named(*command, word);
    if (!command) throw UsageError("man: there is no command '" + word + "'; see 'eckart --help'");
  }
  write_stdout(page(*command));
  return exit_met;
}

}  // namespace eckart::cli
