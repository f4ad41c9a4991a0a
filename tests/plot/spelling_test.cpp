#include "plot/spelling.hpp"

#include <gtest/gtest.h>

namespace eckart::plot {
namespace {

TEST(Ascii, SpellsOutWhatFiguresUse) {
  EXPECT_EQ(ascii("10⁻³"), "1e-3");
  EXPECT_EQ(ascii("−2.5·10⁶"), "-2.5e6");
  EXPECT_EQ(ascii("10¹²"), "1e12");
  EXPECT_EQ(ascii("10 of 1000"), "10 of 1000");
  EXPECT_EQ(ascii("|uᵢᴴb| / σᵢ"), "|u_i^Hb| / sigma_i");
  EXPECT_EQ(ascii("‖Ax − b‖"), "||Ax - b||");
}

TEST(Ascii, LeavesNothingElseBehind) {
  for (const char c : ascii("naïve 雪 …")) EXPECT_TRUE(static_cast<unsigned char>(c) < 0x80);
  EXPECT_EQ(ascii("naïve"), "na?ve");
}

TEST(Characters, AreThoseThatAReaderCounts) {
  EXPECT_EQ(characters("aσ…"), (std::vector<std::string>{"a", "σ", "…"}));
  EXPECT_TRUE(characters("").empty());
}

}  // namespace
}  // namespace eckart::plot
