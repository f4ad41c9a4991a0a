// eckart/text/tokenizer.hpp - from text to terms.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eckart/types.hpp"

namespace eckart {

// What a token is. Text is in lower case by then.
enum class TokenRule {
  // Two or more letters, marks, digits or underscores of any script, after NFKC.
  words,
  // [a-z][a-z0-9]+ ; only A to Z have a lower case.
  ascii,
  // [a-z][a-z0-9+-]*[a-z0-9] ; likewise. Keeps g++, x86-64 and the names of packages whole.
  names,
};
const char* to_string(TokenRule rule);
// Throws InvalidArgument naming the known rules.
TokenRule token_rule_from_string(const std::string& name);

// How text becomes terms. Fixed when a model is fitted, and used again for every query.
struct TextRules {
  TokenRule tokens = TokenRule::words;

  // Tokens that are left out, in lower case. They also separate nothing: an n-gram reaches over
  // them.
  std::vector<std::string> stop_words = {};

  // A language of stemmer_languages(); empty: tokens stay as they are.
  std::string stemmer = {};

  // Terms are the runs of 1 to ngrams neighbouring tokens, joined by a blank.
  // REQUIRES: 1 <= ngrams <= 8
  index_t ngrams = 1;
};

// A longer token is left out: nobody looks for it, and a file without blanks is one.
inline constexpr std::size_t max_token_bytes = 255;

// Returns the languages that can be stemmed: "english", "german", ... (Snowball's).
std::vector<std::string> stemmer_languages();

// Returns the words of English that carry no topic: articles, pronouns, prepositions, ...
const std::vector<std::string>& english_stop_words();

// Splits text into terms by the same rules every time. One thread at a time.
// Cost: one look at the text, and a copy of it in lower case.
class Tokenizer {
 public:
  // Throws InvalidArgument if the stemmer is unknown or ngrams out of range.
  explicit Tokenizer(const TextRules& rules);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  // Returns the terms in their order; n-grams stand behind the token that they begin with.
  // They stay until the next call. text is UTF-8.
  const std::vector<std::string_view>& terms(std::string_view text);

  // Tokens that were too long, since construction.
  index_t long_tokens() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace eckart
