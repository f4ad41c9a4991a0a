#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <string>
#include <variant>

#include "eckart/error.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

using Real = DenseMatrix<double>;
using Complex = DenseMatrix<std::complex<double>>;

Real real(const std::string& text) { return std::get<Real>(read_literal(text)); }

TEST(Literal, ReadsRowsOfNumbers) {
  const Real A = real("[[3,2,2],[2,-3.5,1e-2]]");
  ASSERT_EQ(A.rows(), 2);
  ASSERT_EQ(A.cols(), 3);
  EXPECT_EQ(A(0, 0), 3);
  EXPECT_EQ(A(0, 2), 2);
  EXPECT_EQ(A(1, 0), 2);
  EXPECT_EQ(A(1, 1), -3.5);
  EXPECT_EQ(A(1, 2), 0.01);
}

TEST(Literal, AllowsSpacesAndNewlinesBetweenTokens) {
  const Real A = real(" [ [ 1 , 2 ] ,\n\t[ 3,4 ] ] \n");
  ASSERT_EQ(A.rows(), 2);
  EXPECT_EQ(A(1, 1), 4);
}

TEST(Literal, TakesOneLevelOfBracketsAsOneRow) {
  const Real A = real("[1,2,3]");
  EXPECT_EQ(A.rows(), 1);
  EXPECT_EQ(A.cols(), 3);
  EXPECT_EQ(A(0, 2), 3);
}

TEST(Literal, HasEmptyMatrices) {
  EXPECT_EQ(real("[]").rows(), 0);
  EXPECT_EQ(real("[]").cols(), 0);
  EXPECT_EQ(real("[[]]").rows(), 1);
  EXPECT_EQ(real("[[]]").cols(), 0);
  EXPECT_EQ(real("[[],[],[]]").rows(), 3);
}

TEST(Literal, ReadsComplexEntries) {
  const Complex A = std::get<Complex>(read_literal("[[1+2j,2j],[-1.5e3-2.5e-1j,4],[0i,-1i]]"));
  ASSERT_EQ(A.rows(), 3);
  EXPECT_EQ(A(0, 0), std::complex<double>(1, 2));
  EXPECT_EQ(A(0, 1), std::complex<double>(0, 2));
  EXPECT_EQ(A(1, 0), std::complex<double>(-1500, -0.25));
  EXPECT_EQ(A(1, 1), std::complex<double>(4, 0));
  EXPECT_EQ(A(2, 1), std::complex<double>(0, -1));
}

TEST(Literal, KeepsInfinityAndNanForTheEngineToReport) {
  const Real A = real("[[inf,1],[nan,-inf]]");
  EXPECT_TRUE(std::isinf(A(0, 0)));
  EXPECT_TRUE(std::isnan(A(1, 0)));
}

struct Bad {
  const char* text;
  const char* where;
  const char* what;
};

TEST(Literal, RefusesEverythingElseNamingTheCharacter) {
  const Bad cases[] = {
      {"[[1,2],[3]]", "character 9", "row 2 has 1 entry, the rows before it have 2"},
      {"[[1],[2,3]]", "character 7", "row 2 has 2 entries, the rows before it have 1"},
      {"[[1,2]", "character 7", "the text ends here"},
      {"[[1,2", "character 6", "the text ends here"},
      {"[", "character 2", "the text ends here"},
      {"[[1,x]]", "character 5", "\"x\" is not a number"},
      {"[[1 2]]", "character 5", "expected , or ] behind the entry"},
      {"[[1,]]", "character 5", "a number is missing"},
      {"[[1,2],]", "character 8", "start of a row"},
      {"[[[1]]]", "character 3", "two levels"},
      {"[1,[2]]", "character 4", "two levels"},
      {"[[1],2]", "character 6", "start of a row"},
      {"[[1]]x", "character 6", "behind the last ]"},
      {"[[1e400]]", "character 3", "largest number"},
      {"[[1+2]]", "character 6", "expected j"},
      {"[[1+j]]", "character 4", "\"+j\""},
      {"[[0x10]]", "character 4", "expected , or ]"},
      {"[[1;2]]", "character 4", "expected , or ]"},
  };
  for (const Bad& bad : cases) {
    try {
      (void)read_literal(bad.text);
      ADD_FAILURE() << bad.text << " was accepted";
    } catch (const IoError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(std::string(bad.where) + ":"), std::string::npos) << message;
      EXPECT_NE(message.find(bad.what), std::string::npos) << message;
    }
  }
}

TEST(Literal, RefusesANulByte) {
  EXPECT_THROW((void)read_literal(std::string("[[1]]\0", 6)), IoError);
  EXPECT_THROW((void)read_literal(std::string("[[1\0]]", 6)), IoError);
}

}  // namespace
}  // namespace eckart::io
