// From text to terms: lower case and NFKC, the token rule, stop words, stems, n-grams.
#include "eckart/text/tokenizer.hpp"

#include <libstemmer.h>
#include <utf8proc.h>

#include <array>
#include <new>
#include <unordered_set>

#include "eckart/error.hpp"

namespace eckart {
namespace {

// What a byte of ASCII is to a rule.
enum : std::uint8_t { separator = 0, inside = 1, first = 2, last = 4 };
using ByteClasses = std::array<std::uint8_t, 128>;

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr bool is_ascii(char c) { return static_cast<unsigned char>(c) < 128; }

ByteClasses classes_of(TokenRule rule) {
  ByteClasses classes{};
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const char c = static_cast<char>(i);
    if (is_letter(c)) classes[i] = inside | first | last;
    if (is_digit(c)) classes[i] = rule == TokenRule::words ? inside | first | last : inside | last;
    if (c == '_' && rule == TokenRule::words) classes[i] = inside | first | last;
    if ((c == '+' || c == '-') && rule == TokenRule::names) classes[i] = inside;
  }
  return classes;
}

// Letters, marks, digits and connectors: the word characters of Unicode's regular expressions.
bool is_word_character(utf8proc_int32_t code) {
  switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_PC:
      return true;
    default:
      return false;
  }
}

struct StemmerEnd {
  void operator()(sb_stemmer* stemmer) const { sb_stemmer_delete(stemmer); }
};

struct Range {
  std::size_t begin, end;
};

}  // namespace

struct Tokenizer::Parts {
  TextRules rules;
  ByteClasses classes;
  std::unique_ptr<sb_stemmer, StemmerEnd> stemmer;
  std::unordered_set<std::string_view> stop_words;  // of rules.stop_words
  std::string bytes;                                // of the tokens, one behind the other
  std::vector<Range> tokens;                        // in bytes
  std::string joined;                               // of the n-grams
  std::vector<Range> runs;                          // in joined
  std::vector<std::string_view> terms;
  std::vector<utf8proc_int32_t> codes;
  index_t long_tokens = 0;

  void split_ascii(std::string_view text);
  void split_words(std::string_view text);
  void split_piece(std::string_view piece);
  void end_token(std::size_t begin);
  void make_terms();
};

// The token that began at begin of bytes is complete: keeps it, or forgets its bytes.
void Tokenizer::Parts::end_token(std::size_t begin) {
  const std::size_t size = bytes.size() - begin;
  const std::string_view token = std::string_view(bytes).substr(begin);
  if (size > max_token_bytes) {
    ++long_tokens;
    bytes.resize(begin);
  } else if (stop_words.contains(token)) {
    bytes.resize(begin);
  } else if (stemmer) {
    const sb_symbol* stem = sb_stemmer_stem(
        stemmer.get(), reinterpret_cast<const sb_symbol*>(token.data()), static_cast<int>(size));
    if (stem == nullptr) throw std::bad_alloc();
    bytes.resize(begin);
    bytes.append(reinterpret_cast<const char*>(stem),
                 static_cast<std::size_t>(sb_stemmer_length(stemmer.get())));
  }
  if (bytes.size() > begin) tokens.push_back({begin, bytes.size()});
}

// The rules that know ASCII alone: every other character separates.
void Tokenizer::Parts::split_ascii(std::string_view text) {
  const auto kind = [&](char c) {
    return is_ascii(c) ? classes[static_cast<std::size_t>(c)] : std::uint8_t{separator};
  };
  for (std::size_t at = 0; at < text.size();) {
    if ((kind(text[at]) & first) == 0) {
      ++at;
      continue;
    }
    std::size_t end = at + 1, longest = at;  // longest: behind the last character that may end it
    for (; end < text.size() && (kind(text[end]) & inside) != 0; ++end) {
      if ((kind(text[end]) & last) != 0) longest = end + 1;
    }
    if (longest >= at + 2) {
      const std::size_t begin = bytes.size();
      const std::size_t kept = std::min(longest - at, max_token_bytes + 1);
      for (std::size_t i = at; i < at + kept; ++i) bytes += lower(text[i]);
      end_token(begin);
      at = longest;
    } else {
      ++at;
    }
  }
}

// Normalises a piece that has no ASCII separator inside, and splits it at the others.
void Tokenizer::Parts::split_piece(std::string_view piece) {
  const auto* source = reinterpret_cast<const utf8proc_uint8_t*>(piece.data());
  const auto size = static_cast<utf8proc_ssize_t>(piece.size());
  constexpr auto options =
      static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_STABLE | UTF8PROC_COMPOSE);
  codes.resize(piece.size());
  utf8proc_ssize_t count = utf8proc_decompose(source, size, codes.data(),
                                              static_cast<utf8proc_ssize_t>(codes.size()), options);
  if (count > static_cast<utf8proc_ssize_t>(codes.size())) {
    codes.resize(static_cast<std::size_t>(count));
    count = utf8proc_decompose(source, size, codes.data(), count, options);
  }
  if (count < 0) return;  // not UTF-8, which a source does not hand out
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    codes[static_cast<std::size_t>(i)] = utf8proc_tolower(codes[static_cast<std::size_t>(i)]);
  }
  count = utf8proc_normalize_utf32(codes.data(), count, options);
  const std::size_t none = std::string::npos;
  std::size_t begin = none;
  index_t characters = 0;
  const auto finish = [&] {
    if (begin == none) return;
    if (characters >= 2) {
      end_token(begin);
    } else {
      bytes.resize(begin);
    }
    begin = none;
  };
  for (utf8proc_ssize_t i = 0; i < count; ++i) {
    const utf8proc_int32_t code = codes[static_cast<std::size_t>(i)];
    if (!is_word_character(code)) {
      finish();
      continue;
    }
    if (begin == none) {
      begin = bytes.size();
      characters = 0;
    }
    std::array<utf8proc_uint8_t, 4> coded{};
    const auto length = static_cast<std::size_t>(utf8proc_encode_char(code, coded.data()));
    bytes.append(reinterpret_cast<const char*>(coded.data()), length);
    ++characters;
  }
  finish();
}

// Words of any script. Between separators of ASCII most pieces are ASCII, which needs no tables.
void Tokenizer::Parts::split_words(std::string_view text) {
  constexpr std::size_t longest_piece = 1 << 16;  // what is normalised at once
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    bool ascii = true;
    for (; end < text.size() && (ascii || end - at < longest_piece); ++end) {
      if (!is_ascii(text[end])) {
        ascii = false;
      } else if (classes[static_cast<std::size_t>(text[end])] == separator) {
        break;
      }
    }
    if (end == at) {
      ++at;
      continue;
    }
    // A piece ends where a character does.
    while (end < text.size() && end > at + 1 && (text[end] & 0xC0) == 0x80) --end;
    const std::string_view piece = text.substr(at, end - at);
    if (!ascii) {
      split_piece(piece);
    } else if (piece.size() >= 2) {
      const std::size_t begin = bytes.size();
      for (const char c : piece.substr(0, max_token_bytes + 1)) bytes += lower(c);
      end_token(begin);
    }
    at = end;
  }
}

void Tokenizer::Parts::make_terms() {
  const std::string_view all = bytes;
  terms.clear();
  if (rules.ngrams == 1) {
    for (const Range& token : tokens)
      terms.push_back(all.substr(token.begin, token.end - token.begin));
    return;
  }
  joined.clear();
  runs.clear();
  const auto width = static_cast<std::size_t>(rules.ngrams);
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    for (std::size_t more = 0; more < width && t + more < tokens.size(); ++more) {
      const std::size_t begin = joined.size();
      for (std::size_t i = t; i <= t + more; ++i) {
        if (i > t) joined += ' ';
        joined += all.substr(tokens[i].begin, tokens[i].end - tokens[i].begin);
      }
      runs.push_back({begin, joined.size()});
    }
  }
  const std::string_view phrases = joined;
  for (const Range& run : runs) terms.push_back(phrases.substr(run.begin, run.end - run.begin));
}

Tokenizer::Tokenizer(const TextRules& rules) : parts_(std::make_unique<Parts>()) {
  require(rules.ngrams >= 1 && rules.ngrams <= 8,
          "ngrams must be from 1 to 8, got " + std::to_string(rules.ngrams));
  parts_->rules = rules;
  parts_->classes = classes_of(rules.tokens);
  for (const std::string& word : parts_->rules.stop_words) parts_->stop_words.insert(word);
  if (rules.stemmer.empty()) return;
  parts_->stemmer.reset(sb_stemmer_new(rules.stemmer.c_str(), "UTF_8"));
  if (parts_->stemmer) return;
  std::string known;
  for (const std::string& name : stemmer_languages()) known += (known.empty() ? "" : ", ") + name;
  throw InvalidArgument("there is no stemmer '" + rules.stemmer + "'; expected one of " + known);
}

Tokenizer::~Tokenizer() = default;
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;

const std::vector<std::string_view>& Tokenizer::terms(std::string_view text) {
  parts_->bytes.clear();
  parts_->tokens.clear();
  if (parts_->rules.tokens == TokenRule::words) {
    parts_->split_words(text);
  } else {
    parts_->split_ascii(text);
  }
  parts_->make_terms();
  return parts_->terms;
}

index_t Tokenizer::long_tokens() const { return parts_->long_tokens; }

std::vector<std::string> stemmer_languages() {
  std::vector<std::string> names;
  for (const char** name = sb_stemmer_list(); *name != nullptr; ++name) names.emplace_back(*name);
  return names;
}

const char* to_string(TokenRule rule) {
  switch (rule) {
    case TokenRule::words:
      return "words";
    case TokenRule::ascii:
      return "ascii";
    case TokenRule::names:
      return "names";
  }
  return "?";
}

TokenRule token_rule_from_string(const std::string& name) {
  for (const TokenRule rule : {TokenRule::words, TokenRule::ascii, TokenRule::names}) {
    if (name == to_string(rule)) return rule;
  }
  throw InvalidArgument("there is no token rule '" + name + "'; expected words, ascii or names");
}

}  // namespace eckart
