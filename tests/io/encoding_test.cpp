#include "io/encoding.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace eckart::io {
namespace {

using namespace std::string_literals;

struct Decoded {
  std::string text;
  TextRepairs repairs;
};

Decoded decode(std::string text, TextEncoding encoding = TextEncoding::utf8) {
  TextDecoder decoder(encoding);
  decoder.decode(text);
  decoder.end_document("d");
  return {text, decoder.repairs()};
}

TEST(Encoding, LeavesUtf8AsItIs) {
  for (const std::string& text :
       {""s, "plain"s, "größer, 語, 𝐀, €"s, "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"s}) {
    const Decoded result = decode(text);
    EXPECT_EQ(result.text, text);
    EXPECT_EQ(result.repairs.documents, 0);
    EXPECT_TRUE(is_utf8(text));
  }
}

TEST(Encoding, ReplacesEveryLongestBeginningOfACharacter) {
  const std::string R = "\xEF\xBF\xBD";
  // The examples of the Unicode standard, tables 3-8 to 3-11.
  EXPECT_EQ(decode("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41").text,
            R + R + R + R + R + R + R + R + "A");
  EXPECT_EQ(decode("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41").text,
            R + R + R + R + R + R + R + R + "A");
  EXPECT_EQ(decode("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42").text,
            R + R + R + R + R + "A" + R + R + "B");
  EXPECT_EQ(decode("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41").text, R + R + R + R + "A");
  EXPECT_EQ(decode("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41").repairs.invalid_sequences, 4);
  EXPECT_EQ(decode("ab\xE2\x82").text, "ab" + R);
}

TEST(Encoding, ReplacesAndCountsNul) {
  const Decoded result = decode("one\0two\0 and more text"s);
  EXPECT_EQ(result.text, "one two  and more text");
  EXPECT_EQ(result.repairs.nul_bytes, 2);
  EXPECT_EQ(result.repairs.documents, 1);
  EXPECT_EQ(result.repairs.first, "d");
  EXPECT_EQ(result.repairs.invalid_sequences, 0);
}

TEST(Encoding, ReadsLatin1) {
  EXPECT_EQ(decode("caf\xE9", TextEncoding::latin1).text, "café");
  EXPECT_EQ(decode("caf\xE9", TextEncoding::latin1).repairs.documents, 0);
  EXPECT_EQ(decode("a\0b"s, TextEncoding::latin1).text, "a b");
}

TEST(Encoding, ReadsWhatIsNotUtf8AsLatin1IfMixed) {
  EXPECT_EQ(decode("café", TextEncoding::mixed).text, "café");
  const Decoded result = decode("caf\xE9 au lait", TextEncoding::mixed);
  EXPECT_EQ(result.text, "café au lait");
  EXPECT_EQ(result.repairs.latin1_documents, 1);
  EXPECT_EQ(result.repairs.invalid_sequences, 0);
}

TEST(Encoding, MakesUtf8WithoutNulOfAnyBytes) {
  std::mt19937 random(7);
  const std::string bytes = "aZ \0\x80\xBF\xC2\xE0\xA0\xED\xF0\x90\xF4\x8F\xFF"s;
  for (int trial = 0; trial < 5000; ++trial) {
    std::string text;
    for (unsigned i = 0; i < random() % 30; ++i) text += bytes[random() % bytes.size()];
    const bool fine = is_utf8(text) && text.find('\0') == std::string::npos;
    for (const auto encoding : {TextEncoding::utf8, TextEncoding::latin1, TextEncoding::mixed}) {
      const Decoded result = decode(text, encoding);
      ASSERT_TRUE(is_utf8(result.text));
      ASSERT_EQ(result.text.find('\0'), std::string::npos);
      if (encoding == TextEncoding::utf8) {
        ASSERT_EQ(result.repairs.documents, fine ? 0 : 1);
        ASSERT_EQ(result.text == text, fine);
      }
    }
  }
}

TEST(Encoding, CodesCharacters) {
  std::string text;
  for (const char32_t code : {0x41U, 0xE9U, 0x20ACU, 0x1D400U}) append_utf8(text, code);
  EXPECT_EQ(text, "Aé€𝐀");
}

}  // namespace
}  // namespace eckart::io
