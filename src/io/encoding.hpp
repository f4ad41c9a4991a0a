// Bytes of unknown encoding to UTF-8 without NUL.
#pragma once

#include <string>
#include <string_view>

#include "eckart/io/text.hpp"

namespace eckart::io {

// Makes documents UTF-8, and counts what that took.
class TextDecoder {
 public:
  explicit TextDecoder(TextEncoding encoding) : encoding_(encoding) {}

  // Changes text in place. Cost: one look at ASCII, a copy of anything that must change.
  void decode(std::string& text);

  // The document that the texts since the last call belonged to is complete.
  void end_document(const std::string& name);

  const TextRepairs& repairs() const { return repairs_; }

 private:
  TextEncoding encoding_;
  TextRepairs repairs_;
  bool changed_ = false;
};

// Returns whether the text is UTF-8: no overlong forms, surrogates or codes beyond U+10FFFF.
bool is_utf8(std::string_view text);

// Appends the character to text as UTF-8.
void append_utf8(std::string& text, char32_t code);

}  // namespace eckart::io
