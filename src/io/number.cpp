#include "io/number.hpp"

#include <fmt/format.h>

#include <algorithm>
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

std::string explain_not_a_number(std::string_view text) {
  const std::string shown = quote(text);
  if (text.empty()) return "a number is missing";
  const ParsedReal parsed = parse_real(text.data(), text.data() + text.size());
  const std::string_view rest(parsed.end,
                              static_cast<std::size_t>(text.data() + text.size() - parsed.end));
  if (parsed.too_large && rest.empty()) {
    return shown + " is beyond the largest number of double precision, about 1.8e308";
  }
  const bool starts_as_number = parsed.end != text.data();
  if (starts_as_number && rest.front() == ',') {
    return shown + " has a comma; write a decimal point and no thousands separators";
  }
  if (starts_as_number && (rest.front() == 'x' || rest.front() == 'X')) {
    return shown + " is hexadecimal; write it as a decimal number";
  }
  if (starts_as_number && (rest.front() == 'd' || rest.front() == 'D')) {
    return shown + " has a Fortran exponent; write e instead of d";
  }
  return shown + " is not a number";
}

}  // namespace eckart::io
