#include "io/text_stream.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "eckart/error.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using namespace std::string_literals;
using test::contains;
using test::io_error_of;

constexpr std::uint64_t no_limit = 1 << 30;

// The lines of the bytes, delivered by so many at a time.
std::vector<std::string> lines_of(const std::string& bytes, std::size_t step = 0) {
  std::size_t at = 0;
  TextStream stream(
      "t",
      [&](char* buffer, std::size_t size) {
        std::size_t count = std::min(size, bytes.size() - at);
        if (step > 0) count = std::min(count, step);
        std::copy_n(bytes.data() + at, count, buffer);
        at += count;
        return count;
      },
      no_limit);
  std::vector<std::string> lines;
  for (std::string line; stream.line(line);) lines.push_back(line);
  return lines;
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(text.size() + 1000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string utf16(const std::u16string& text, bool big) {
  std::string bytes;
  for (const char16_t c : u"\uFEFF" + text) {
    const char low = static_cast<char>(c & 255), high = static_cast<char>(c >> 8);
    bytes += big ? high : low;
    bytes += big ? low : high;
  }
  return bytes;
}

using Lines = std::vector<std::string>;

TEST(TextStream, GivesLinesWithoutTheirEnds) {
  EXPECT_EQ(lines_of("a\nb\r\n\nc"), (Lines{"a", "b", "", "c"}));
  EXPECT_EQ(lines_of("a\n"), (Lines{"a"}));
  EXPECT_EQ(lines_of(""), Lines());
  EXPECT_EQ(lines_of("\n"), (Lines{""}));
}

TEST(TextStream, DoesNotCareHowTheBytesArrive) {
  std::string text = "\xEF\xBB\xBF";
  for (int i = 0; i < 40000; ++i) text += "line " + std::to_string(i) + "\n";
  const Lines whole = lines_of(text);
  ASSERT_EQ(whole.size(), 40000U);
  EXPECT_EQ(whole[0], "line 0");
  EXPECT_EQ(lines_of(text, 1), whole);
  EXPECT_EQ(lines_of(gzip(text)), whole);
  EXPECT_EQ(lines_of(gzip(text), 7), whole);
}

TEST(TextStream, InflatesMembersOneBehindTheOther) {
  EXPECT_EQ(lines_of(gzip("a\nb") + gzip("c\nd\n") + "\0\0\0"s), (Lines{"a", "bc", "d"}));
}

TEST(TextStream, SaysWhereGzipDataIsDamaged) {
  const std::string packed = gzip(std::string(5000, 'x') + "end");
  EXPECT_TRUE(contains(io_error_of([&] { lines_of(packed.substr(0, packed.size() - 9)); }),
                       "ends too early"));
  EXPECT_TRUE(contains(io_error_of([&] { lines_of(packed + "garbage"); }), "damaged"));
  std::string broken = packed;
  broken[12] = static_cast<char>(~broken[12]);
  EXPECT_TRUE(contains(io_error_of([&] { lines_of(broken); }), "t: byte"));
}

TEST(TextStream, DecodesUtf16BehindItsMark) {
  const std::u16string text = u"größer\nзима 𝐀\n";
  for (const bool big : {false, true}) {
    for (const std::size_t step : {0UL, 1UL, 3UL}) {
      EXPECT_EQ(lines_of(utf16(text, big), step), (Lines{"größer", "зима 𝐀"}));
    }
  }
  // Half a character, and a surrogate alone, become bytes that the decoder replaces.
  EXPECT_EQ(lines_of(utf16(u"a", false) + "b"), (Lines{"a\xFF"}));
  EXPECT_EQ(lines_of("\xFF\xFE\x00\xD8"s), (Lines{"\xED\xA0\x80"}));
}

TEST(TextStream, RefusesALineThatIsTooLong) {
  TextStream stream = TextStream::over("t", "short\nmuch longer\n", 8);
  std::string line;
  EXPECT_TRUE(stream.line(line));
  const std::string message = io_error_of([&] { stream.line(line); });
  EXPECT_TRUE(contains(message, "line 2")) << message;
  EXPECT_TRUE(contains(message, "longer than 8 B")) << message;
}

TEST(TextStream, TakesALineBack) {
  TextStream stream = TextStream::over("t", "a\nb\n", no_limit);
  std::string line;
  stream.line(line);
  stream.unread_line(line);
  EXPECT_EQ(stream.line_number(), 0);
  stream.line(line);
  EXPECT_EQ(line, "a");
  stream.rest(line);
  EXPECT_EQ(line, "b\n");
}

TEST(TextStream, RefusesFoldersDevicesAndMissingFiles) {
  EXPECT_TRUE(contains(io_error_of([] { TextStream::open("/", 1); }), "is a folder"));
  EXPECT_TRUE(contains(io_error_of([] { TextStream::open("/dev/zero", 1); }), "device"));
  EXPECT_TRUE(contains(io_error_of([] { TextStream::open("/none", 1); }), "no such file"));
}

}  // namespace
}  // namespace eckart::io
