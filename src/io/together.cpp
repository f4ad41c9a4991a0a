#include "io/together.hpp"

#include <fmt/format.h>

#include <span>
#include <string>
#include <vector>

#include "eckart/error.hpp"

namespace eckart::io {

void tell(const Communicator& ranks, int from, std::string& text) {
  // Sums with zeros: what is said is short.
  const bool here = ranks.rank() == from;
  double length = here ? static_cast<double>(text.size()) : 0;
  ranks.sum(std::span(&length, 1));
  std::vector<double> letters(static_cast<std::size_t>(length));
  for (std::size_t i = 0; here && i < letters.size(); ++i) {
    letters[i] = static_cast<double>(static_cast<unsigned char>(text[i]));
  }
  ranks.sum(letters);
  text.clear();
  for (const double letter : letters) {
    text += static_cast<char>(static_cast<unsigned char>(letter));
  }
}

void together(const Communicator& ranks, const std::function<void()>& step) {
  if (ranks.size() == 1) return step();
  std::string words;
  bool failed = false;
  try {
    step();
  } catch (const std::exception& error) {
    failed = true;
    words = error.what();
  }
  // The first that failed is the one with most ranks behind it.
  double behind = failed ? static_cast<double>(ranks.size() - ranks.rank()) : 0;
  ranks.max(std::span(&behind, 1));
  if (behind == 0) return;
  const int first = ranks.size() - static_cast<int>(behind);
  tell(ranks, first, words);
  throw IoError(fmt::format("rank {} of {}", first, ranks.size()), words);
}

}  // namespace eckart::io
