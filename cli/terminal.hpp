// cli/terminal.hpp - what standard output can show, and writing to it.
#pragma once

#include <string>
#include <string_view>

namespace eckart::cli {

// What can be shown on standard output.
struct Terminal {
  bool color = false;
  bool utf8 = false;
  int columns = 80;

  // Returns text in the given look, or unchanged without colour. Meaning is never in the look
  // alone.
  std::string bold(std::string_view text) const { return styled("1", text); }
  std::string dim(std::string_view text) const { return styled("2", text); }
  std::string good(std::string_view text) const { return styled("1;32", text); }
  std::string bad(std::string_view text) const { return styled("1;31", text); }
  std::string accent(std::string_view text) const { return styled("36", text); }

  // Returns text as the locale can show it: mathematical signs are spelt out in ASCII
  // when it is not UTF-8.
  std::string text(std::string_view utf8_text) const;

 private:
  std::string styled(const char* code, std::string_view text) const;
};

// Returns what standard output can show. color is "auto", "always" or "never"; auto obeys
// NO_COLOR, then CLICOLOR_FORCE, then whether standard output is a terminal.
Terminal detect_terminal(const std::string& color);

// Returns text fit for a terminal: control characters and bytes that are not UTF-8, which a file
// name may hold, become \n, \t or \xNN. Nobody's file name moves the cursor or splits a line.
std::string printable(std::string_view text);

// Writes all of text to standard output at once. A reader that went away is no error.
// Throws IoError if it cannot be written, for example because the disk is full.
void write_stdout(std::string_view text);

// Writes "eckart: warning: TEXT" to standard error, made printable.
void warn(std::string_view text);

}  // namespace eckart::cli
