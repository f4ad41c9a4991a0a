#include "terminal.hpp"

#include <fmt/format.h>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "eckart/error.hpp"
#include "eckart/io/mapped_files.hpp"

namespace eckart::cli {
namespace {

bool set_in_environment(const char* name) {
  const char* value = std::getenv(name);
  return value && *value;
}

bool wants_color(const std::string& color) {
  if (color != "auto") return color == "always";
  if (set_in_environment("NO_COLOR")) return false;
  if (set_in_environment("CLICOLOR_FORCE") && std::strcmp(std::getenv("CLICOLOR_FORCE"), "0") != 0)
    return true;
  const char* term = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && !(term && std::strcmp(term, "dumb") == 0);
}

// Returns the length of the UTF-8 sequence of something visible at the start of text; 0 for
// a control character (C1 included) or a byte that starts no such sequence.
std::size_t visible_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return first < 0x20 || first == 0x7f ? 0 : 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0u) != 0x80) return 0;
  }
  return first == 0xc2 && byte(1) < 0xa0 ? 0 : length;
}

int terminal_columns() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

}  // namespace

std::string Terminal::styled(const char* code, std::string_view text) const {
  if (!color) return std::string(text);
  return std::string("\033[") + code + "m" + std::string(text) + "\033[0m";
}

std::string Terminal::text(std::string_view utf8_text) const {
  std::string result(utf8_text);
  if (utf8) return result;
  static constexpr std::pair<std::string_view, std::string_view> spellings[] = {
      {"×", "x"},    {"‖", "||"}, {"σ₁", "sigma_1"}, {"σₖ", "sigma_k"}, {"σ", "sigma"},
      {"Σ", "sum "}, {"²", "^2"}, {"₂", "_2"},       {"ₖ", "_k"},       {"ᴴ", "^H"},
      {"−", "-"},    {"≤", "<="}, {"≥", ">="},       {"≈", "~"},        {"…", "..."},
      {"✓", "OK:"},  {"✗", "!!"}, {"ε", "eps"},      {"√", "sqrt "},    {"·", "*"}};
  for (const auto& [glyph, spelling] : spellings) {
    for (std::size_t at = result.find(glyph); at != std::string::npos;
         at = result.find(glyph, at + spelling.size())) {
      result.replace(at, glyph.size(), spelling);
    }
  }
  // Anything else (a file name) is the user's own and stays.
  return result;
}

Terminal detect_terminal(const std::string& color) {
  std::setlocale(LC_CTYPE, "");
  return {.color = wants_color(color),
          .utf8 = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
          .columns = std::clamp(terminal_columns(), 40, 100)};
}

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    std::size_t length = visible_length(text);
    if (length > 0) {
      result += text.substr(0, length);
    } else {
      length = 1;
      if (text[0] == '\n' || text[0] == '\t') {
        result += text[0] == '\n' ? "\\n" : "\\t";
      } else {
        result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      }
    }
    text.remove_prefix(length);
  }
  return result;
}

void write_stdout(std::string_view text) {
  io::require_mapped_files_unchanged();
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  if (!written && errno != EPIPE) throw IoError("standard output", std::strerror(errno));
}

void warn(std::string_view text) {
  std::fprintf(stderr, "eckart: warning: %s\n", printable(text).c_str());
}

}  // namespace eckart::cli
