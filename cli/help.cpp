// Help texts and suggestions, from the option table.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>
#include <sstream>

#include "command_line.hpp"
#include "exit_code.hpp"

namespace eckart::cli {
namespace {

// Of a screen: lines, and columns.
constexpr std::ptrdiff_t height = 50;
constexpr std::size_t width = 98;

std::string indented(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);)
    result += line.empty() ? "\n" : "  " + line + "\n";
  return result;
}

// Words in lines of a screen's width.
std::string wrapped(const std::vector<std::string>& words, const std::string& between) {
  std::string text, line;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (!line.empty() && 2 + line.size() + between.size() + words[i].size() > width) {
      const std::size_t end = between == " " ? 0 : between.find_last_not_of(' ') + 1;
      text += "  " + line + between.substr(0, end) + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : between) + words[i];
  }
  return text + "  " + line + "\n";
}

// "-k, --rank N", or the name of an argument.
std::string spelling(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::string text;
  for (const std::string& name : option.get_snames()) text += (text.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames())
    text += (text.empty() ? "    --" : ", --") + name;
  if (option.get_items_expected_max() > 0) text += " " + option.get_type_name();
  return text;
}

// What an option is spelt like, and in a column beside it what it does.
std::string entry(const std::string& left, const std::string& description) {
  constexpr std::size_t column = 28;
  const std::string margin = fmt::format("\n{:{}}", "", column);
  std::string text = fmt::format("  {:<{}}", left, column - 2);
  std::size_t at = text.size();
  if (left.size() + 4 > column) at = width;
  std::istringstream words(description);
  for (std::string word; words >> word;) {
    if (at + 1 + word.size() > width) {
      text += margin + word;
      at = column + word.size();
    } else {
      text += (at > column ? " " : "") + word;
      at += (at > column ? 1 : 0) + word.size();
    }
  }
  return text + "\n";
}

std::string usage_line(const CLI::App& command) {
  if (!command.get_parent()) return "eckart COMMAND [OPTIONS]";
  std::string line = "eckart " + path_of(command);
  if (!subcommands_of(command).empty()) return line + " COMMAND [OPTIONS]";
  for (const CLI::Option* option : options_of(command)) {
    if (!option->get_positional()) continue;
    line +=
        option->get_required() ? " " + option->get_name(true) : " [" + option->get_name(true) + "]";
  }
  return line + " [OPTIONS]";
}

// Optimal string alignment distance: insertions, deletions, replacements, swapped neighbours.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      const std::size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
      }
    }
  }
  return d[a.size()][b.size()];
}

// Returns "; did you mean X?", or a pointer to the help when nothing is near.
std::string suggestion(const std::string& word,
                       const std::vector<std::string>& known,
                       const std::string& help) {
  const auto nearest =
      std::min_element(known.begin(), known.end(), [&](const auto& a, const auto& b) {
        return edit_distance(word, a) < edit_distance(word, b);
      });
  if (nearest != known.end() &&
      edit_distance(word, *nearest) <= std::max<std::size_t>(2, word.size() / 3)) {
    return "; did you mean '" + *nearest + "'?";
  }
  return "; '" + help + "' lists what there is";
}

void check_option(const CLI::App& command, const std::string& argument) {
  const bool is_long = argument.starts_with("--");
  // "-5" is a number, "-kN" an option with its value.
  if (!is_long && (argument.size() < 2 || argument[0] != '-' ||
                   !std::isalpha(static_cast<unsigned char>(argument[1]))))
    return;
  const std::string name = is_long ? argument.substr(0, argument.find('=')) : argument.substr(0, 2);
  std::vector<std::string> known;
  for (const CLI::Option* option : options_of(command)) {
    for (const std::string& l : option->get_lnames()) known.push_back("--" + l);
    for (const std::string& s : option->get_snames()) known.push_back("-" + s);
  }
  if (std::find(known.begin(), known.end(), name) != known.end()) {
    // Else "-o=out" would write to "=out".
    if (is_long || argument.size() < 3 || argument[2] != '=') return;
    throw UsageError(fmt::format(
        "{0}: a short option takes no '='; write {0} VALUE, or use the long name", name));
  }
  const std::string name_of_command = path_of(command);
  const std::string path = name_of_command.empty() ? "" : name_of_command + ": ";
  const std::string help = "eckart " + (path.empty() ? "" : name_of_command + " ") + "--help";
  throw UsageError(path + "there is no option " + name +
                   suggestion(name, is_long ? known : std::vector<std::string>(), help));
}

// What is left out of a help, step by step until it fits a screen, and then listed by name: options
// that most commands have; then whole headings, the last first.
std::vector<std::set<std::string>> seldom_needed(const CLI::App& command) {
  std::vector<std::set<std::string>> steps = {
      {"input-format", "missing", "seed", "threads", "max-memory", "max-time", "json", "quiet",
       "color", "help", "help-all"},
      {"Larger than memory"},
      {"Running"},
      {"Input"}};
  const auto groups = option_groups_of(command);
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
    if (group->heading != "Arguments" && group->heading != "Output")
      steps.push_back({group->heading});
  }
  return steps;
}

// The help of a command; options that are folded, by name or by heading, are listed at its end.
std::string text_without(const CLI::App& command, const std::set<std::string>& folded) {
  std::string text = command.get_parent() ? fmt::format("eckart {}: ", path_of(command)) : "";
  text += command.get_description() + "\n";
  text += "\nExamples\n" + indented(command.get_footer());
  text += "\nUsage\n  " + usage_line(command) + "\n";
  const auto commands = subcommands_of(command);
  if (!commands.empty()) {
    text += "\nCommands\n";
    for (const CLI::App* sub : commands)
      text += fmt::format("  {:<12}{}\n", sub->get_name(), sub->get_description());
    if (!command.get_parent())
      text += fmt::format("  {:<12}{}\n", "help", "the help of a command: eckart help svd");
  }
  std::vector<std::string> more;
  for (const OptionGroup& group : option_groups_of(command)) {
    std::string entries;
    for (const CLI::Option* option : group.options) {
      const std::string name = option->get_positional() ? "" : option->get_lnames().front();
      if (folded.contains(name) || folded.contains(group.heading))
        more.push_back("--" + name);
      else
        entries += entry(spelling(*option), option->get_description());
    }
    if (!entries.empty()) text += "\n" + group.heading + "\n" + entries;
  }
  if (!more.empty()) {
    const std::string all = "eckart " + path_of(command) + (command.get_parent() ? " " : "");
    text += fmt::format("\nMore options, explained by {}--help-all\n{}", all, wrapped(more, " "));
  }
  std::vector<std::string> codes;
  for (const auto& [code, meaning] : exit_codes_of(command)) codes.push_back(code + " " + meaning);
  return text + "\nExit codes\n" + wrapped(codes, "; ");
}

}  // namespace

std::vector<OptionGroup> option_groups_of(const CLI::App& command) {
  std::vector<OptionGroup> groups;
  for (const CLI::Option* option : options_of(command)) {
    const auto group = std::find_if(groups.begin(), groups.end(), [option](const auto& g) {
      return g.heading == option->get_group();
    });
    if (group == groups.end())
      groups.push_back({option->get_group(), {option}});
    else
      group->options.push_back(option);
  }
  // "Options" is where CLI11 keeps --help; it goes last.
  std::stable_partition(groups.begin(), groups.end(),
                        [](const auto& g) { return g.heading != "Options"; });
  return groups;
}

std::vector<std::pair<std::string, std::string>> exit_codes_of(const CLI::App& command) {
  if (path_of(command) == "accelerate") {
    return {{"0 to 255", "that of the program"},
            {"127", "it cannot be started"},
            {"2", "wrong command line"},
            {"3", "the drop-in is missing"}};
  }
  const bool doctor = path_of(command) == "doctor";
  return {{"0", doctor ? "nothing is wrong" : "as accurate as asked"},
          {"1", doctor ? "something is wrong" : "less accurate, or a check failed"},
          {"2", "wrong command line"},
          {"3", "a file cannot be read or written"},
          {"4", "a limit of memory or time"},
          {"5", "internal error"},
          {"130", "interrupted"}};
}

std::string help_text(const CLI::App& command, bool all) {
  std::set<std::string> folded;
  std::string text = text_without(command, folded);
  if (all || std::count(text.begin(), text.end(), '\n') <= height) return text;
  for (const std::set<std::string>& names : seldom_needed(command)) {
    folded.insert(names.begin(), names.end());
    text = text_without(command, folded);
    if (std::count(text.begin(), text.end(), '\n') <= height) break;
  }
  return text;
}

void check_names(const CLI::App& top, const std::vector<std::string>& arguments) {
  const CLI::App* command = &top;
  for (const std::string& argument : arguments) {
    if (argument == "--") return;
    if (argument.starts_with('-')) {
      check_option(*command, argument);
    } else if (!subcommands_of(*command).empty()) {
      if (const CLI::App* sub = subcommand_named(*command, argument)) {
        command = sub;
        continue;
      }
      std::vector<std::string> known;
      if (command == &top) known.emplace_back("help");
      for (const CLI::App* sub : subcommands_of(*command)) known.push_back(sub->get_name());
      const std::string path = path_of(*command);
      throw UsageError(
          (path.empty() ? "" : path + ": ") + "there is no command '" + argument + "'" +
          suggestion(argument, known, "eckart " + path + (path.empty() ? "" : " ") + "--help"));
    }
  }
}

}  // namespace eckart::cli
