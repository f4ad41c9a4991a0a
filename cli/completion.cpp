// Completion scripts for three shells, from the option table.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>

#include "command_line.hpp"
#include "exit_code.hpp"

namespace eckart::cli {
namespace {

// All spellings of an option: "-k", "--rank".
std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

bool takes_value(const CLI::Option& option) { return option.get_items_expected_max() > 0; }
bool is_folder(const CLI::Option& option) { return option.get_type_name() == "DIR"; }

std::vector<std::string> command_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* sub : subcommands_of(command)) names.push_back(sub->get_name());
  if (!command.get_parent()) names.push_back("help");
  return names;
}

// The commands below one that have commands of their own, and those that have none.
std::vector<const CLI::App*> groups_of(const CLI::App& top) {
  std::vector<const CLI::App*> groups;
  for (const CLI::App* command : subcommands_of(top)) {
    if (subcommands_of(*command).empty()) continue;
    groups.push_back(command);
    const auto below = groups_of(*command);
    groups.insert(groups.end(), below.begin(), below.end());
  }
  return groups;
}
std::vector<const CLI::App*> leaves_of(const CLI::App& top) {
  std::vector<const CLI::App*> leaves;
  for (const CLI::App* command : subcommands_of(top)) {
    const auto below = leaves_of(*command);
    leaves.insert(leaves.end(), below.begin(), below.end());
    if (below.empty()) leaves.push_back(command);
  }
  return leaves;
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> all;
  for (const CLI::Option* option : options_of(command)) {
    for (const std::string& name : names_of(*option)) all.push_back(name);
  }
  return all;
}

// The words of the first argument, where they are a fixed choice.
std::vector<std::string> argument_choices(const CLI::App& command) {
  if (!subcommands_of(command).empty()) return command_names(command);
  for (const CLI::Option* option : options_of(command)) {
    if (option->get_positional() && !choices_of(*option).empty()) return choices_of(*option);
  }
  return {};
}

std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

// A command as a pattern of case.
std::string bash_pattern(const CLI::App& command) {
  const std::string path = path_of(command);
  return path.find(' ') == std::string::npos ? path : "'" + path + "'";
}

std::string bash_script(const CLI::App& top) {
  std::string cases, values, groups;
  auto commands = leaves_of(top);
  for (const CLI::App* group : groups_of(top)) {
    groups += (groups.empty() ? "" : "|") + bash_pattern(*group);
    commands.push_back(group);
  }
  for (const CLI::App* command : commands) {
    cases +=
        fmt::format("    {}) options={}; words={} ;;\n", bash_pattern(*command),
                    shell_quoted(fmt::format("{}", fmt::join(option_names(*command), " "))),
                    shell_quoted(fmt::format("{}", fmt::join(argument_choices(*command), " "))));
    for (const CLI::Option* option : options_of(*command)) {
      if (option->get_positional() || !takes_value(*option)) continue;
      for (const std::string& name : names_of(*option)) {
        const auto choices = choices_of(*option);
        const std::string type = option->get_type_name();
        std::string action = ":";
        if (!choices.empty()) {
          action = fmt::format("mapfile -t COMPREPLY < <(compgen -W {} -- \"$current\")",
                               shell_quoted(fmt::format("{}", fmt::join(choices, " "))));
        } else if (is_folder(*option)) {
          action = "mapfile -t COMPREPLY < <(compgen -d -- \"$current\")";
        } else if (type == "FILE" || type == "OUT.npy" || type == "MODEL") {
          action = "mapfile -t COMPREPLY < <(compgen -f -- \"$current\")";
        }
        values += fmt::format("    '{} {}') {}; return ;;\n", path_of(*command), name, action);
      }
    }
  }
  return fmt::format(R"(# bash completion of eckart
_eckart() {{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD-1]}}
  local options='{1}' words='' command=${{COMP_WORDS[1]}}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ] || {{ [ "$COMP_CWORD" -eq 2 ] && [ "$previous" = help ]; }}; then
    mapfile -t COMPREPLY < <(compgen -W '{0} {1}' -- "$current")
    return
  fi
  local depth=2
  while [ "$COMP_CWORD" -gt "$depth" ]; do
    case $command in
      {4}) command="$command ${{COMP_WORDS[depth]}}"; depth=$((depth + 1)) ;;
      *) break ;;
    esac
  done
  case "$command $previous" in
{3}  esac
  case $command in
{2}  esac
  case $current in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
    *)
      if [ -n "$words" ]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
      else
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
      fi ;;
  esac
}}
complete -o filenames -F _eckart eckart
)",
                     fmt::join(command_names(top), " "), fmt::join(option_names(top), " "), cases,
                     values, groups);
}

// Brackets and colons mean something in zsh's specifications.
std::string zsh_escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh_specifications(const CLI::App& command) {
  std::string lines;
  for (const CLI::Option* option : options_of(command)) {
    const auto choices = choices_of(*option);
    std::string action = "_files";
    if (!choices.empty())
      action = fmt::format("({})", fmt::join(choices, " "));
    else if (is_folder(*option))
      action = "_files -/";
    else if (takes_value(*option) && !option->get_positional() &&
             option->get_type_name().size() == 1)
      action = " ";
    if (option->get_positional()) {
      lines +=
          fmt::format("        {} \\\n", shell_quoted(":" + option->get_name(true) + ":" + action));
      continue;
    }
    for (const std::string& name : names_of(*option)) {
      std::string specification = name + "[" + zsh_escaped(option->get_description()) + "]";
      if (takes_value(*option))
        specification += ":" + zsh_escaped(option->get_type_name()) + ":" + action;
      lines += fmt::format("        {} \\\n", shell_quoted(specification));
    }
  }
  return lines;
}

// The lines 'name:description' of the subcommands.
std::string zsh_descriptions(const CLI::App& command) {
  std::string lines;
  for (const CLI::App* sub : subcommands_of(command)) {
    lines +=
        "    " + shell_quoted(sub->get_name() + ":" + zsh_escaped(sub->get_description())) + "\n";
  }
  return lines;
}

// The branch of a command: its arguments or, of a group, its commands and theirs.
std::string zsh_case(const CLI::App& command) {
  if (subcommands_of(command).empty()) {
    return fmt::format("    {})\n      _arguments \\\n{}        && return 0 ;;\n",
                       command.get_name(), zsh_specifications(command));
  }
  std::string cases;
  for (const CLI::App* sub : subcommands_of(command)) cases += zsh_case(*sub);
  return fmt::format(R"(    {0})
      commands=(
{1}      )
      if (( CURRENT == 2 )); then
        _describe command commands
        compadd -- {3}
        return
      fi
      command=$words[2]
      shift words
      (( CURRENT-- ))
      case $command in
{2}      esac ;;
)",
                     command.get_name(), zsh_descriptions(command), cases,
                     fmt::join(option_names(command), " "));
}

std::string zsh_script(const CLI::App& top) {
  std::string cases;
  for (const CLI::App* command : subcommands_of(top)) cases += zsh_case(*command);
  return fmt::format(R"(#compdef eckart
# zsh completion of eckart
_eckart() {{
  local -a commands
  commands=(
{}    'help:the help of a command'
  )
  if (( CURRENT == 2 )) || [[ $CURRENT == 3 && $words[2] == help ]]; then
    _describe command commands
    compadd -- {}
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
{}  esac
}}
if [ "$funcstack[1]" = "_eckart" ]; then _eckart "$@"; else compdef _eckart eckart; fi
)",
                     zsh_descriptions(top), fmt::join(option_names(top), " "), cases);
}

std::string fish_option(const std::string& condition, const CLI::Option& option) {
  std::string line = "complete -c eckart" + condition;
  for (const std::string& name : option.get_snames()) line += " -s " + name;
  for (const std::string& name : option.get_lnames()) line += " -l " + name;
  if (takes_value(option)) {
    line += " -r";
    if (const auto choices = choices_of(option); !choices.empty()) {
      line += " -f -a " + shell_quoted(fmt::format("{}", fmt::join(choices, " ")));
    }
  }
  return line + " -d " + shell_quoted(option.get_description()) + "\n";
}

std::string fish_script(const CLI::App& top) {
  std::string text = "# fish completion of eckart\n";
  for (const CLI::App* command : subcommands_of(top)) {
    text += fmt::format("complete -c eckart -n __fish_use_subcommand -f -a {} -d {}\n",
                        command->get_name(), shell_quoted(command->get_description()));
  }
  text += "complete -c eckart -n __fish_use_subcommand -f -a help -d 'the help of a command'\n";
  for (const CLI::Option* option : options_of(top))
    text += fish_option(" -n __fish_use_subcommand", *option);
  for (const CLI::App* group : groups_of(top)) {
    const std::string seen = "__fish_seen_subcommand_from " + group->get_name();
    for (const CLI::App* command : subcommands_of(*group)) {
      text +=
          fmt::format("complete -c eckart -n {} -f -a {} -d {}\n",
                      shell_quoted(fmt::format("{}; and not __fish_seen_subcommand_from {}", seen,
                                               fmt::join(command_names(*group), " "))),
                      shell_quoted(command->get_name()), shell_quoted(command->get_description()));
    }
  }
  for (const CLI::App* command : leaves_of(top)) {
    const CLI::App* group = command->get_parent();
    const std::string within =
        group == &top ? "" : "__fish_seen_subcommand_from " + group->get_name() + "; and ";
    const std::string condition =
        " -n " + shell_quoted(within + "__fish_seen_subcommand_from " + command->get_name());
    if (const auto words = argument_choices(*command); !words.empty()) {
      text += fmt::format("complete -c eckart{} -f -a {}\n", condition,
                          shell_quoted(fmt::format("{}", fmt::join(words, " "))));
    }
    for (const CLI::Option* option : options_of(*command)) {
      if (!option->get_positional()) text += fish_option(condition, *option);
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const CLI::App& top, const std::string& shell) {
  if (shell == "bash") return bash_script(top);
  if (shell == "zsh") return zsh_script(top);
  if (shell == "fish") return fish_script(top);
  throw UsageError("completion: '" + shell + "' will not do; expected one of bash, zsh, fish");
}

}  // namespace eckart::cli
