#include "io/number.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace eckart::io {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Whether an unsigned decimal number outside the range of double is too large, not too small:
// the position of its first digit that is not zero, plus the exponent, is positive.
bool is_large(const char* p, const char* last) {
  std::int64_t position = 0;
  bool found = false;
  for (; p != last && is_digit(*p); ++p) {
    found = found || *p != '0';
    position += found;
  }
  if (p != last && *p == '.') {
    for (++p; p != last && is_digit(*p); ++p) {
      found = found || *p != '0';
      position -= !found;
    }
  }
  if (p == last) return position > 0;
  ++p;  // e
  const bool negative = p != last && *p == '-';
  if (p != last && (*p == '-' || *p == '+')) ++p;
  constexpr std::int64_t plenty = std::int64_t{1} << 60;
  std::int64_t exponent = 0;
  for (; p != last; ++p) exponent = std::min(plenty / 16, exponent) * 10 + (*p - '0');
  return position + (negative ? -exponent : exponent) > 0;
}

// What keeps a text that was meant as a number from being one.
enum class Flaw { none, not_ascii, too_large, comma, grouping, hexadecimal, fortran, complex };

bool is_number(std::string_view text) {
  const char* last = text.data() + text.size();
  return !text.empty() && parse_real(text.data(), last).end == last;
}

// Returns the text with the minus signs and blanks of other alphabets replaced by - and nothing.
std::string to_ascii(std::string_view text) {
  struct Replacement {
    std::string_view from, to;
  };
  constexpr std::array replacements = {
      Replacement{"\xE2\x88\x92", "-"},  // minus sign
      Replacement{"\xE2\x80\x90", "-"},  // hyphen
      Replacement{"\xE2\x80\x91", "-"},  // non-breaking hyphen
      Replacement{"\xE2\x80\x93", "-"},  // en dash
      Replacement{"\xC2\xA0", ""},       // no-break space
      Replacement{"\xE2\x80\xAF", ""},   // narrow no-break space
      Replacement{"\xE2\x80\x89", ""},   // thin space
      Replacement{"\xE2\x80\x8B", ""},   // zero-width space
      Replacement{"\xEF\xBB\xBF", ""},   // byte-order mark
  };
  std::string result;
  while (!text.empty()) {
    const auto found = std::find_if(replacements.begin(), replacements.end(),
                                    [&](const auto& r) { return text.starts_with(r.from); });
    result += found != replacements.end() ? found->to : text.substr(0, 1);
    text.remove_prefix(found != replacements.end() ? found->from.size() : 1);
  }
  return result;
}

// Whether the text is a number once the marks between groups of three digits are gone.
bool is_grouped(std::string_view text) {
  std::string plain;
  bool marked = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view group = text.substr(i + 1, 3);
    const bool mark = (text[i] == '_' || text[i] == '\'' || text[i] == ' ') && i > 0 &&
                      is_digit(text[i - 1]) && group.size() == 3 &&
                      std::all_of(group.begin(), group.end(), is_digit) &&
                      (i + 4 == text.size() || !is_digit(text[i + 4]));
    marked = marked || mark;
    if (!mark) plain += text[i];
  }
  return marked && is_number(plain);
}

Flaw flaw_of(std::string_view text) {
  if (const std::string ascii = to_ascii(text); ascii != text) {
    return is_number(ascii) || flaw_of(ascii) != Flaw::none ? Flaw::not_ascii : Flaw::none;
  }
  const ParsedReal parsed = parse_real(text.data(), text.data() + text.size());
  if (parsed.end == text.data()) return Flaw::none;
  const std::string_view number(text.data(), static_cast<std::size_t>(parsed.end - text.data()));
  const std::string_view rest = text.substr(number.size());
  if (rest.empty()) return parsed.too_large ? Flaw::too_large : Flaw::none;
  const bool digits = is_digit(number.back()) || number.back() == '.';  // neither inf nor nan
  if (!digits) return Flaw::none;
  const auto holds_only = [](std::string_view part, std::string_view allowed) {
    return !part.empty() && part.find_first_not_of(allowed) == std::string_view::npos;
  };
  if (rest[0] == ',' && holds_only(rest.substr(1), "0123456789,.eE+-")) return Flaw::comma;
  if (is_grouped(text)) return Flaw::grouping;
  const bool zero = number == "0" || number == "-0" || number == "+0";
  if (zero && (rest[0] == 'x' || rest[0] == 'X') &&
      holds_only(rest.substr(1), "0123456789abcdefABCDEF.pP+-")) {
    return Flaw::hexadecimal;
  }
  if ((rest[0] == 'd' || rest[0] == 'D') && is_number(fmt::format("1e{}", rest.substr(1)))) {
    return Flaw::fortran;
  }
  if (rest.back() == 'i' || rest.back() == 'j') {
    const std::string_view imaginary = rest.substr(0, rest.size() - 1);
    const bool sign = imaginary.starts_with('+') || imaginary.starts_with('-');
    if (imaginary.empty() || (sign && (imaginary.size() == 1 || is_number(imaginary)))) {
      return Flaw::complex;
    }
  }
  return Flaw::none;
}

}  // namespace

ParsedReal parse_real(const char* first, const char* last) {
  const char* start = first;
  if (start != last && *start == '+' && start + 1 != last && start[1] != '-') ++start;
  ParsedReal parsed;
  const auto [end, error] = std::from_chars(start, last, parsed.value);
  if (error == std::errc::invalid_argument) {
    parsed.end = first;
    return parsed;
  }
  parsed.end = end;
  if (error == std::errc::result_out_of_range) {
    const bool negative = *start == '-';
    parsed.too_large = is_large(start + negative, end);
    parsed.value = negative ? -0.0 : 0.0;
  }
  return parsed;
}

bool is_real(std::string_view text, double& value) {
  const char* last = text.data() + text.size();
  const ParsedReal parsed = parse_real(text.data(), last);
  if (text.empty() || parsed.end != last || parsed.too_large) return false;
  value = parsed.value;
  return true;
}

std::string quote(std::string_view text) {
  constexpr std::size_t limit = 40;
  std::size_t size = std::min(text.size(), limit);
  // Never cut a UTF-8 character in two.
  while (size < text.size() && size > 0 && (text[size] & '\xC0') == '\x80') --size;
  std::string result = "\"";
  for (const char c : text.substr(0, size)) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x20 || code == 0x7F) {
      result += fmt::format("\\x{:02x}", code);
    } else {
      result += c;
    }
  }
  return result + (size < text.size() ? "...\"" : "\"");
}

bool is_misspelt_number(std::string_view text) { return flaw_of(text) != Flaw::none; }

std::string explain_not_a_number(std::string_view text) {
  const std::string shown = quote(text);
  if (text.empty()) return "a number is missing";
  switch (flaw_of(text)) {
    case Flaw::not_ascii:
      return shown + " has a minus sign or a blank from outside ASCII; write - and no blank";
    case Flaw::too_large:
      return shown + " is beyond the largest number of double precision, about 1.8e308";
    case Flaw::comma:
      return shown + " has a comma; write a decimal point and no thousands separators";
    case Flaw::grouping:
      return shown + " has thousands separators; write its digits without them";
    case Flaw::hexadecimal:
      return shown + " is hexadecimal; write it as a decimal number";
    case Flaw::fortran:
      return shown + " has a Fortran exponent; write e instead of d";
    case Flaw::complex:
      return shown + " is complex; expected a real number";
    case Flaw::none:
      break;
  }
  return shown + " is not a number";
}

}  // namespace eckart::io
