#include "spelling.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace eckart::plot {
namespace {

constexpr std::array<std::string_view, 10> superscripts = {"⁰", "¹", "²", "³", "⁴",
                                                           "⁵", "⁶", "⁷", "⁸", "⁹"};

// Returns what ASCII writes for the exponent that starts at text[at], and moves at behind it; empty
// if none starts there.
std::string exponent(const std::string& text, std::size_t& at) {
  constexpr std::string_view minus = "⁻";
  std::string digits;
  std::size_t end = at;
  if (text.compare(end, minus.size(), minus) == 0) {
    digits = "-";
    end += minus.size();
  }
  for (bool found = true; found;) {
    found = false;
    for (std::size_t d = 0; d < superscripts.size(); ++d) {
      if (text.compare(end, superscripts[d].size(), superscripts[d]) != 0) continue;
      digits += static_cast<char>('0' + d);
      end += superscripts[d].size();
      found = true;
    }
  }
  if (digits.empty() || digits == "-") return "";
  at = end;
  return digits;
}

// Replaces the powers of ten of numbers.
std::string without_powers(const std::string& text) {
  constexpr std::string_view times_ten = "·10", ten = "10";
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const bool mantissa = text.compare(at, times_ten.size(), times_ten) == 0;
    const bool alone = !mantissa && text.compare(at, ten.size(), ten) == 0;
    std::size_t behind = at + (mantissa ? times_ten.size() : ten.size());
    if (mantissa || alone) {
      if (const std::string power = exponent(text, behind); !power.empty()) {
        result += (mantissa ? "e" : "1e") + power;
        at = behind;
        continue;
      }
    }
    result += text[at++];
  }
  return result;
}

}  // namespace

std::vector<std::string> characters(const std::string& text) {
  std::vector<std::string> result;
  for (const char byte : text) {
    const bool starts = (static_cast<unsigned char>(byte) & 0xc0U) != 0x80;
    if (starts || result.empty()) result.emplace_back();
    result.back() += byte;
  }
  return result;
}

std::string ascii(const std::string& text) {
  static constexpr std::pair<std::string_view, std::string_view> spellings[] = {
      {"σ", "sigma"}, {"λ", "lambda"}, {"‖", "||"}, {"ᵢ", "_i"},  {"ᴴ", "^H"},
      {"−", "-"},     {"·", "*"},      {"²", "^2"}, {"…", "..."}, {"×", "x"}};
  std::string result;
  for (const std::string& character : characters(without_powers(text))) {
    std::string spelt = character.size() == 1 ? character : "?";
    for (const auto& [glyph, spelling] : spellings) {
      if (character == glyph) spelt = spelling;
    }
    result += spelt;
  }
  return result;
}

}  // namespace eckart::plot
