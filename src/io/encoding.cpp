#include "io/encoding.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace eckart::io {
namespace {

std::uint8_t byte(char c) { return static_cast<std::uint8_t>(c); }

// Returns the end of the ASCII characters without NUL that begin at at.
std::size_t plain_end(std::string_view text, std::size_t at) {
  constexpr std::uint64_t high = 0x8080808080808080, ones = 0x0101010101010101;
  for (; at + 8 <= text.size(); at += 8) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data() + at, 8);
    // A byte of zero borrows from its high bit.
    if (((eight | ((eight - ones) & ~eight)) & high) != 0) break;
  }
  while (at < text.size() && byte(text[at]) < 0x80 && text[at] != '\0') ++at;
  return at;
}

// Returns how many bytes from at on are one character, or 0 if they are none. Otherwise bad tells
// how many bytes one U+FFFD stands for: the longest beginning of a character (Unicode 3.9).
std::size_t character_at(std::string_view text, std::size_t at, std::size_t& bad) {
  const std::uint8_t lead = byte(text[at]);
  bad = 1;
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const std::size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  for (std::size_t i = 1; i < length; ++i) {
    if (at + i >= text.size()) return 0;
    const std::uint8_t next = byte(text[at + i]);
    std::uint8_t low = 0x80, high = 0xBF;
    if (i == 1 && lead == 0xE0) low = 0xA0;   // overlong
    if (i == 1 && lead == 0xED) high = 0x9F;  // surrogates
    if (i == 1 && lead == 0xF0) low = 0x90;   // overlong
    if (i == 1 && lead == 0xF4) high = 0x8F;  // beyond U+10FFFF
    if (next < low || next > high) return 0;
    bad = i + 1;
  }
  return length;
}

std::string from_latin1(std::string_view text) {
  std::string result;
  result.reserve(text.size() + text.size() / 8);
  for (const char c : text) append_utf8(result, byte(c));
  return result;
}

}  // namespace

void append_utf8(std::string& text, char32_t code) {
  const auto add = [&](char32_t bits) { text += static_cast<char>(bits); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xC0 | code >> 6);
    add(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    add(0xE0 | code >> 12);
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  } else {
    add(0xF0 | code >> 18);
    add(0x80 | (code >> 12 & 0x3F));
    add(0x80 | (code >> 6 & 0x3F));
    add(0x80 | (code & 0x3F));
  }
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    at = plain_end(text, at);
    if (at == text.size()) return true;
    std::size_t bad = 0;
    const std::size_t length = character_at(text, at, bad);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

void TextDecoder::decode(std::string& text) {
  std::size_t at = plain_end(text, 0);
  if (at == text.size()) return;
  if (encoding_ == TextEncoding::latin1) {
    text = from_latin1(text);
  } else if (encoding_ == TextEncoding::mixed && !is_utf8(text)) {
    text = from_latin1(text);
    ++repairs_.latin1_documents;
    changed_ = true;
  }
  std::string result;
  std::size_t copied = 0;  // text before it is in result
  const auto replace = [&](std::size_t count, const char* by) {
    result.append(text, copied, at - copied);
    result += by;
    at += count;
    copied = at;
    changed_ = true;
  };
  for (at = plain_end(text, 0); at < text.size(); at = plain_end(text, at)) {
    std::size_t bad = 0;
    if (text[at] == '\0') {
      ++repairs_.nul_bytes;
      replace(1, " ");
    } else if (const std::size_t length = character_at(text, at, bad); length > 0) {
      at += length;
    } else {
      ++repairs_.invalid_sequences;
      replace(bad, "\xEF\xBF\xBD");
    }
  }
  if (copied == 0) return;
  result.append(text, copied);
  text = std::move(result);
}

void TextDecoder::end_document(const std::string& name) {
  if (changed_ && repairs_.documents++ == 0) repairs_.first = name;
  changed_ = false;
}

}  // namespace eckart::io
