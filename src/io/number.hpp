// Numbers in text, the same in every locale.
#pragma once

#include <string>
#include <string_view>

namespace eckart::io {

// What parse_real found.
struct ParsedReal {
  double value = 0;
  const char* end = nullptr;  // behind the number; the start of the text if there is none
  bool too_large = false;     // beyond the largest double, such as 1e400
};

// Returns the decimal number at the start of [first, last): optional sign, digits with or without
// a point, optional exponent; or inf, infinity, nan in any case. Correctly rounded; what is too
// small for a double becomes zero.
ParsedReal parse_real(const char* first, const char* last);

// Whether the whole text is one number that a double can hold; then stores it in value.
bool is_real(std::string_view text, double& value);

// Whether c separates words within a line. A carriage return does: it ends lines on Windows.
constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

// Returns the text in double quotes for a message: shortened, and printable on any terminal.
std::string quote(std::string_view text);

// Whether the text was meant as a number and only its spelling is none that is read: 1e400, 1,5,
// 1_000, 0x1F, 1D2, 1+2j, or a minus sign or a blank from outside ASCII.
bool is_misspelt_number(std::string_view text);

// Returns a clause for a message that says why the text is no number and what would be:
// "1,5" has a comma; write a decimal point and no thousands separators
std::string explain_not_a_number(std::string_view text);

}  // namespace eckart::io
