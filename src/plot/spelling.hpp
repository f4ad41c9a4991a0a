// The letters of figures in ASCII, and UTF-8 by characters.
#pragma once

#include <string>
#include <vector>

namespace eckart::plot {

// Returns text without signs that ASCII lacks: 10⁻³ becomes 1e-3, σ becomes sigma. Letters of names
// that it does not know become a question mark.
std::string ascii(const std::string& text);

// Returns the characters of UTF-8 text, one string each.
std::vector<std::string> characters(const std::string& text);

}  // namespace eckart::plot
