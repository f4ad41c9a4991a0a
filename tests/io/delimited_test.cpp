#include <gtest/gtest.h>

#include <clocale>
#include <cmath>
#include <cstdlib>
#include <string>
#include <variant>

#include "eckart/error.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

using Dense = DenseMatrix<double>;

Dense read(const std::string& text, char delimiter = '\0', const ReadOptions& options = {}) {
  Input input;
  input.name = "t.csv";
  input.bytes = text;
  return std::get<Dense>(read_delimited(input, delimiter, options));
}

// Expects rows x cols with the given first and last entry.
void expect_matrix(const Dense& A, index_t rows, index_t cols, double first, double last) {
  ASSERT_EQ(A.rows(), rows);
  ASSERT_EQ(A.cols(), cols);
  EXPECT_EQ(A(0, 0), first);
  EXPECT_EQ(A(rows - 1, cols - 1), last);
}

void expect_error(const std::string& text, const std::string& line, const std::string& what) {
  try {
    (void)read(text);
    ADD_FAILURE() << text << " was accepted";
  } catch (const IoError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find("t.csv: " + line + ":"), std::string::npos) << text << message;
    EXPECT_NE(message.find(what), std::string::npos) << text << message;
  }
}

TEST(Delimited, ReadsNumbersWithoutAHeader) {
  const Dense A = read("1,2,3\n4,5,-6e1\n");
  expect_matrix(A, 2, 3, 1, -60);
  EXPECT_EQ(A(0, 2), 3);
  EXPECT_EQ(A(1, 0), 4);
}

TEST(Delimited, SkipsAHeader) {
  expect_matrix(read("a,b\n1,2\n3,4\n"), 2, 2, 1, 4);
  expect_matrix(read("\"a, b\",\"c\n\"\"d\"\"\"\n1,2\n"), 1, 2, 1, 2);
  expect_matrix(read("value\n1\n2\n"), 2, 1, 1, 2);
  expect_matrix(read("year,\"1990\"\n5,6\n"), 1, 2, 5, 6);
  expect_matrix(read("100m,200m\n11.5,23\n"), 1, 2, 11.5, 23);
  expect_matrix(read("id,x,%\n1,2,3\n"), 1, 3, 1, 3);
  expect_matrix(read("date,2020-01-01,2020-01-02\n1,2,3\n"), 1, 3, 1, 3);
  expect_matrix(read("NA,K,CA\n1,2,3\n"), 1, 3, 1, 3);
  expect_matrix(read("größe,год\n1,2\n"), 1, 2, 1, 2);
  expect_matrix(read(",2020-01-01,2020-01-02\nmax,1,2\n"), 1, 2, 1, 2);
}

// A row that was taken for a header would be lost without a word.
TEST(Delimited, DoesNotTakeADamagedRowForAHeader) {
  expect_error("1,x,3\n4,5,6\n", "line 1", "column 2 holds text: \"x\"");
  expect_error("1;2,5\n3;4\n", "line 1", "column 2: \"2,5\" has a comma");
  expect_error("1,5;2,5\n3;4\n", "line 1", "column 1: \"1,5\" has a comma");
  expect_error("?,1,2\n3,4,5\n", "line 1", "column 1: \"?\" is not a number");
  expect_error("-,2\n3,4\n", "line 1", "column 1: \"-\" is not a number; leave the field empty");
  expect_error("1,?\n3,4\n", "line 1", "column 2: \"?\" is not a number");
  expect_error("x,y\n?,2\n3,4\n", "line 2", "column 1: \"?\" is not a number");
  expect_error("1_000,2\n3,4\n", "line 1", "column 1: \"1_000\" has thousands separators");
  expect_error("1e400,2\n3,4\n", "line 1", "column 1: \"1e400\" is beyond the largest number");
  expect_error("x,1e400\n3,4\n", "line 1", "column 2: \"1e400\" is beyond the largest number");
  expect_error("1D2,2\n3,4\n", "line 1", "column 1: \"1D2\" has a Fortran exponent");
  expect_error("1+2j,2\n3,4\n", "line 1", "column 1: \"1+2j\" is complex");
  expect_error("−1,2\n3,4\n", "line 1", "column 1: \"−1\" has a minus sign or a blank from out");
  expect_error("1\u00a0,2\n3,4\n", "line 1", "a minus sign or a blank from outside ASCII");
  expect_error("−1,−2\n3,4\n", "line 1", "a minus sign or a blank from outside ASCII");
  expect_error("１,２\n3,4\n", "line 1", "column 1: \"１\" is not a number");
  expect_error(
      "year,1990\n5,6\n", "line 1",
      "column 1 holds text, \"year\", but a number on line 2; a header holds names only (put "
      "the numbers among them in quotes)");
  expect_error("1,name\n3,4\n", "line 1", "column 2 holds text: \"name\"");
  expect_error("\"1\",\"x\"\n\"3\",\"4\"\n", "line 1", "column 2 holds text: \"x\"");
  expect_error("human,NA\neps,5\n", "line 1", "column 2 says \"NA\"");
  expect_error("human,?\neps,5\n", "line 1", "column 2: \"?\" is not a number");
  expect_error("0x1,0x2\n3,4\n", "line 1", "column 1: \"0x1\" is hexadecimal");
  expect_error("1,2,x\n3,4,5\n", "line 1", "column 3 holds text: \"x\"");
  expect_error("1,2,x,y\n3,4,5\n6,7,8\n", "line 1", "announces 1 rows of numbers, but 2 follow");
}

// Nor may a column of damaged numbers pass for one of row names.
TEST(Delimited, DoesNotTakeDamagedNumbersForRowNames) {
  expect_error("−1,2\n−3,4\n", "line 1", "a minus sign or a blank from outside ASCII");
  expect_error("1,5;2\n3,5;4\n", "line 1", "column 1: \"1,5\" has a comma");
  expect_error("a,b\n1e400,2\n1e400,4\n", "line 2", "column 1: \"1e400\" is beyond");
  expect_error("a,2\n1_000,4\n", "line 2", "column 1: \"1_000\" has thousands separators");
  expect_error("?,2\n?,4\n", "line 1", "column 1: \"?\" is not a number");
  expect_matrix(read("\"?\",2\n\"!\",4\n"), 2, 1, 2, 4);
  expect_matrix(read("2020-01-01,2\n2020-01-02,4\n"), 2, 1, 2, 4);
  expect_matrix(read(",x\n1_000,2\n2_000,4\n"), 2, 1, 2, 4);
}

TEST(Delimited, SkipsCommentsInFrontOfTheTable) {
  expect_matrix(read("# hi\n1,2\n3,4\n"), 2, 2, 1, 4);
  expect_matrix(read("# a; b, c\n\n  #\r\n##\r1;2\n3;4"), 2, 2, 1, 4);
  expect_matrix(read("# two \"columns\na,b\n1,2\n"), 1, 2, 1, 2);
  expect_error("# hi\r\n#\r\n1,2\n3,x\n", "line 4", "column 2 holds text: \"x\"");
  expect_error("1,2\n# hi\n", "line 2", "column 1 holds text: \"# hi\"");
  EXPECT_THROW((void)read("# hi\n#"), IoError);
}

// A heading, a row name and an error value of a spreadsheet may start with # as well.
TEST(Delimited, KeepsALineWhoseFirstFieldOnlyStartsLikeAComment) {
  expect_matrix(read("#,x\n1,2\n"), 1, 2, 1, 2);
  expect_error("#,1\n$,2\n", "line 1", "column 1: \"#\" is not a number");
  expect_error("#N/A,2\n3,4\n", "line 1", "column 1 says \"#N/A\"");
  expect_error("#DIV/0!,2\n3,4\n", "line 1", "column 1 holds text, \"#DIV/0!\"");
}

TEST(Delimited, SkipsAColumnOfRowNames) {
  expect_matrix(read("term,c1,c2\nhuman,1,0\neps,0,7\n"), 2, 2, 1, 7);
  expect_matrix(read("human,1,0\neps,0,7\n"), 2, 2, 1, 7);
  expect_matrix(read(",c1,c2\n10,1,0\n11,0,7\n"), 2, 2, 1, 7);               // pandas
  expect_matrix(read(",0,1\n0,1,0\n1,0,7\n"), 2, 2, 1, 7);                   // pandas, no names
  expect_matrix(read("\"\",\"V1\"\n\"1\",5\n\"2\",6\n"), 2, 1, 5, 6);        // R write.csv
  expect_matrix(read("\"V1\" \"V2\"\n\"1\" 5 6\n\"2\" 7 8\n"), 2, 2, 5, 8);  // R write.table
}

TEST(Delimited, SkipsTheSizesOfScikitLearn) {
  expect_matrix(read("2,4,setosa,versicolor\n5.1,3.5,1.4,0.2,0\n4.9,3,1.4,0.2,1\n"), 2, 5, 5.1, 1);
  expect_matrix(read("2,2,a,b,c,d,e\n5,3,0\n4,3,1\n"), 2, 3, 5, 1);
}

TEST(Delimited, FindsTheDelimiter) {
  expect_matrix(read("1;2\n3;4\n"), 2, 2, 1, 4);
  expect_matrix(read("1\t2\n3\t4\n"), 2, 2, 1, 4);
  expect_matrix(read("  1   2 \n 3 4\n"), 2, 2, 1, 4);
  expect_matrix(read("5\n6\n"), 2, 1, 5, 6);
  expect_matrix(read("a;b,c\n1,2\n3,4\n"), 2, 2, 1, 4);
  expect_matrix(read("1 \t 2\n3\t4\n", '\t'), 2, 2, 1, 4);
}

TEST(Delimited, TakesBlanksQuotesAnyLineEndAndAByteOrderMark) {
  expect_matrix(read(" 1 , 2\r\n\r\n 3 ,\t4 "), 2, 2, 1, 4);
  expect_matrix(read("1,2\r3,4\r"), 2, 2, 1, 4);
  expect_matrix(read("\"1\",\" 2 \"\n\"3\" ,\"4\"\n"), 2, 2, 1, 4);
  expect_matrix(read("\xEF\xBB\xBF"
                     "1,2\n3,4\n"),
                2, 2, 1, 4);
}

TEST(Delimited, ReadsInfinityAsAValue) { EXPECT_TRUE(std::isinf(read("1,inf\n-Inf,2\n")(0, 1))); }

TEST(Delimited, DoesNotDependOnTheLocale) {
  if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) {
    GTEST_SKIP() << "the locale de_DE.UTF-8 is not installed";
  }
  const Dense A = read("1.5,2.25\n");
  std::setlocale(LC_ALL, "C");
  expect_matrix(A, 1, 2, 1.5, 2.25);
}

TEST(Delimited, ReportsTheFirstMissingValueAndHowManyMore) {
  expect_error("date,co2\n1,2\n3,\nNA,5\nnan,7\n8,null\n", "line 3",
               "column 2 (\"co2\") is empty (and 3 more missing values)");
  expect_error("1,2\n3,N/A\n", "line 2", "column 2 says \"N/A\" (the only missing value)");
  expect_error("1,#N/A\n3,4\n", "line 1", "read them as zero");
  expect_error("name,x,y\na,1,2\nb,3,\n", "line 3", "column 3 (\"y\")");
  expect_error(",x,y\n1,1,2\n2,,3\n", "line 3", "column 2 (\"x\")");
}

TEST(Delimited, ReadsMissingValuesAsZeroWhenAsked) {
  const Dense A = read("1,,3\nNA,nan,null\n", '\0', {.missing = ReadOptions::Missing::zero});
  ASSERT_EQ(A.rows(), 2);
  EXPECT_EQ(A(0, 1), 0);
  EXPECT_EQ(A(0, 2), 3);
  EXPECT_EQ(A(1, 0), 0);
  EXPECT_EQ(A(1, 1), 0);
}

TEST(Delimited, KeepsMissingValuesAsNaNWhenAsked) {
  const Dense A = read("1,,3\nNA,5,null\n", '\0', {.missing = ReadOptions::Missing::keep});
  ASSERT_EQ(A.rows(), 2);
  EXPECT_TRUE(std::isnan(A(0, 1)) && std::isnan(A(1, 0)) && std::isnan(A(1, 2)));
  EXPECT_EQ(A(0, 2), 3);
  EXPECT_EQ(A(1, 1), 5);
}

TEST(Delimited, SaysWhenEveryLineEndsWithADelimiter) {
  expect_error("1,2,\n3,4,\n", "line 1", "column 3 is empty in every row");
}

TEST(Delimited, RefusesMalformedTablesNamingLineAndColumn) {
  expect_error("1,2,3\n4,5\n", "line 2", "ends after column 2; expected 3 columns as on line 1");
  expect_error("1,2\n\n4,5,6,7\n", "line 3", "column 3 is one too many; expected 2 as on line 1");
  expect_error("a,b,c\n1,2\n", "line 2", "2 fields, but the header on line 1 has 3 names");
  expect_error("a,b\n", "line 1", "no row of numbers");
  expect_error("x,species\n1,2\n3,setosa\n", "line 3",
               "column 2 (\"species\") holds text: \"setosa\"");
  expect_error("abc\ndef\n", "line 2", "column 1 (\"abc\") holds text");
  expect_error("1,2\na,3\n", "line 2", "column 1 holds text");
  expect_error("a,2\nb,3\n4,5\n", "line 3", "only a column of row names may hold text");
  expect_error("1;2,5\n3;4,5\n", "line 1", "\"2,5\" has a comma; write a decimal point");
  expect_error("1,\"1,234\"\n3,4\n", "line 1", "thousands separators");
  expect_error("1,2\n3,0x1F\n", "line 2", "hexadecimal");
  expect_error("1,2\n3,1e999\n", "line 2", "largest number");
  expect_error("1,2\n3,1.2.3\n", "line 2", "column 2: \"1.2.3\" is not a number");
  expect_error("1,2\n\"3,4\n", "line 2", "never closed");
  expect_error("1,2\n\"3\"x,4\n", "line 2", "behind the closing quote of \"3\"");
  expect_error("\"a\nb\",c\n1,x\n", "line 3", "column 2 (\"c\") holds text");
  expect_error(std::string("1,2\n3,\0", 7), "line 2", "NUL");
  expect_error(std::string("\xFF\xFE"
                           "1\0,\0",
                           6),
               "line 1", "UTF-16");
}

TEST(Delimited, RefusesATableOfBlanks) {
  EXPECT_THROW((void)read(" \n\n\t\n"), IoError);
  EXPECT_THROW((void)read("\xEF\xBB\xBF"), IoError);
}

TEST(Delimited, HonoursTheMemoryCap) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "1,2,3,4,5,6,7,8,9,10\n";
  EXPECT_THROW((void)read(text, '\0', {.max_bytes = 7999}), MemoryLimit);
  EXPECT_EQ(read(text, '\0', {.max_bytes = 8000}).rows(), 100);
}

TEST(Delimited, ReadsALineOfAMillionColumns) {
  std::string text = "1";
  for (int i = 1; i < 1000000; ++i) text += ",2";
  expect_matrix(read(text + "\n" + text + "\n"), 2, 1000000, 1, 2);
}

// Blank lines are no rows: nothing is set aside for them.
TEST(Delimited, IsNotMisledByMillionsOfBlankLines) {
  std::string text = "1";
  for (int i = 1; i < 100000; ++i) text += ",2";
  expect_matrix(read(text + std::string(1000000, '\n')), 1, 100000, 1, 2);
}

TEST(Delimited, ReadsTheReferenceTables) {
  const char* folder = std::getenv("ECKART_DATA");
  if (folder == nullptr) GTEST_SKIP() << "set ECKART_DATA to the folder of the reference data";
  const std::string data = std::string(folder) + "/";
  const auto table = [&](const char* path) { return std::get<Dense>(read_matrix(data + path)); };
  expect_matrix(table("text/deerwester/deerwester_12x9.csv"), 12, 9, 1, 1);
  expect_matrix(table("tabular/sklearn/iris.csv"), 150, 5, 5.1, 2);
  expect_matrix(table("tabular/sklearn/digits.csv.gz"), 1797, 65, 0, 8);
  expect_matrix(table("tabular/sklearn/wine_data.csv"), 178, 14, 14.23, 2);
  expect_matrix(table("tabular/sklearn/breast_cancer.csv.gz"), 569, 31, 17.99, 1);
  expect_matrix(table("tabular/sklearn/linnerud_exercise.csv"), 20, 3, 5, 43);
  EXPECT_THROW((void)table("timeseries/statsmodels/co2.csv"), IoError);
}

}  // namespace
}  // namespace eckart::io
