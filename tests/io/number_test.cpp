#include "io/number.hpp"

#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <string>

namespace eckart::io {
namespace {

double value_of(const std::string& text) {
  double value = -12345;
  EXPECT_TRUE(is_real(text, value)) << text;
  return value;
}

bool refused(const std::string& text) {
  double value = 0;
  return !is_real(text, value);
}

TEST(Number, ReadsEverySpellingOfADecimalNumber) {
  EXPECT_EQ(value_of("3"), 3.0);
  EXPECT_EQ(value_of("+3"), 3.0);
  EXPECT_EQ(value_of("-0.5"), -0.5);
  EXPECT_EQ(value_of(".5"), 0.5);
  EXPECT_EQ(value_of("5."), 5.0);
  EXPECT_EQ(value_of("1e3"), 1000.0);
  EXPECT_EQ(value_of("-1.5E-2"), -0.015);
  EXPECT_EQ(value_of("0.1"), 0.1);
  EXPECT_EQ(value_of("12345678901234567890"), 12345678901234567890.0);
  EXPECT_EQ(value_of("1.7976931348623157e308"), std::numeric_limits<double>::max());
}

TEST(Number, ReadsInfinityAndNan) {
  EXPECT_EQ(value_of("inf"), std::numeric_limits<double>::infinity());
  EXPECT_EQ(value_of("-Infinity"), -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(value_of("NaN")));
}

TEST(Number, RoundsWhatIsTooSmallToZeroAndRefusesWhatIsTooLarge) {
  EXPECT_EQ(value_of("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(value_of("1e-400"), 0.0);
  EXPECT_TRUE(std::signbit(value_of("-1e-400")));
  EXPECT_EQ(value_of("1e-99999999999999999999"), 0.0);
  EXPECT_EQ(value_of("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(value_of("0." + std::string(400, '0') + "1e401"), 1.0);
  EXPECT_EQ(value_of("0." + std::string(400, '0') + "1e50"), 0.0);
  EXPECT_TRUE(refused("1" + std::string(500, '0') + "e-100"));
  EXPECT_TRUE(refused("1e400"));
  EXPECT_TRUE(refused("-1e400"));
  EXPECT_TRUE(refused("+1e400"));
  EXPECT_TRUE(refused("1e99999999999999999999"));
  EXPECT_TRUE(refused(std::string(400, '9')));
  EXPECT_TRUE(refused("0.001e9999"));
}

TEST(Number, RefusesEverythingElse) {
  for (const char* text : {"", "+", "-", ".", "e5", "abc", "1,5", "0x1F", "1_000", "1 2", "+-1",
                           "--1", "1e", "1e+", "1.5D3", "one", "1.2.3", " 1", "1 "}) {
    EXPECT_TRUE(refused(text)) << text;
  }
}

TEST(Number, DoesNotDependOnTheLocale) {
  const char* german = std::setlocale(LC_ALL, "de_DE.UTF-8");
  if (german == nullptr) GTEST_SKIP() << "the locale de_DE.UTF-8 is not installed";
  EXPECT_EQ(value_of("1.5"), 1.5);
  EXPECT_TRUE(refused("1,5"));
  std::setlocale(LC_ALL, "C");
}

TEST(Number, QuotesTextForATerminal) {
  EXPECT_EQ(quote("abc"), "\"abc\"");
  EXPECT_EQ(quote(std::string("a\0b\x1b[", 5)), "\"a\\x00b\\x1b[\"");
  EXPECT_EQ(quote(std::string(50, 'x')), '"' + std::string(40, 'x') + "...\"");
  // Forty bytes would end inside the two bytes of the last letter.
  EXPECT_EQ(quote(std::string(39, 'x') + "\xC3\xBC" + "yz"), '"' + std::string(39, 'x') + "...\"");
}

TEST(Number, TellsAMisspeltNumberFromAName) {
  for (const char* text :
       {"1e400", "1,5", "-1,234.5e6", "1_000", "1 000", "0x1F", "-0XA.8p3", "1D2", "1.5d-03",
        "1+2j", "-1.5-i", "2j", "−1", "–1", "1\u00a0", "\u00a01", "1\u202f000", "−1e400"}) {
    EXPECT_TRUE(is_misspelt_number(text)) << text;
  }
  for (const char* text :
       {"",    "1",    "-2.5e3", "inf",     "abc",        "100m",  "3D",   "2nd",
        "1st", "5%",   "?",      "-",       "2020-01-01", "12_34", "info", "nano",
        "xj",  "0xyz", "1.2.3",  "2020–21", "\u00a0",     "1,2,b"}) {
    EXPECT_FALSE(is_misspelt_number(text)) << text;
  }
}

TEST(Number, ExplainsWhatIsWrongWithAText) {
  const auto explained = [](const char* text, const char* part) {
    return explain_not_a_number(text).find(part) != std::string::npos;
  };
  EXPECT_TRUE(explained("1,5", "\"1,5\" has a comma"));
  EXPECT_TRUE(explained("1,234,567", "thousands separators"));
  EXPECT_TRUE(explained("0x1F", "hexadecimal"));
  EXPECT_TRUE(explained("1.5D3", "Fortran"));
  EXPECT_TRUE(explained("1e400", "largest number"));
  EXPECT_TRUE(explained("-1_000_000.5", "thousands separators"));
  EXPECT_TRUE(explained("1'000", "thousands separators"));
  EXPECT_TRUE(explained("1+2j", "complex"));
  EXPECT_TRUE(explained("−1", "outside ASCII"));
  EXPECT_TRUE(explained("abc", "\"abc\" is not a number"));
  EXPECT_TRUE(explained("", "missing"));
}

}  // namespace
}  // namespace eckart::io
