#include "io/npy_header.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::contains;
using test::io_error_of;
using test::npy_file;

NpyHeader parse(const std::string& file) { return parse_npy_header(file, "made.npy"); }
NpyHeader parse_dictionary(const std::string& dictionary) {
  return parse(npy_file(dictionary, ""));
}

TEST(NpyHeader, ReadsTypeOrderAndShape) {
  const NpyHeader header =
      parse_dictionary("{'descr': '>c16', 'fortran_order': True, 'shape': (3, 4), }");
  EXPECT_EQ(header.kind, 'c');
  EXPECT_EQ(header.item_bytes, 16U);
  EXPECT_FALSE(header.native);
  EXPECT_TRUE(header.fortran_order);
  EXPECT_EQ(header.shape, (std::vector<index_t>{3, 4}));
  EXPECT_EQ(header.count, 12U);
  EXPECT_EQ(header.data_offset % 64, 0U);
}

TEST(NpyHeader, TakesAnyOrderOfKeysAnySpacingAndBothQuotes) {
  const NpyHeader header =
      parse_dictionary("{\"shape\":( 2 ,\t3L ) ,'fortran_order':False,\n'descr' : \"f4\"}");
  EXPECT_EQ(header.kind, 'f');
  EXPECT_EQ(header.item_bytes, 4U);
  EXPECT_TRUE(header.native);
  EXPECT_EQ(header.shape, (std::vector<index_t>{2, 3}));
}

TEST(NpyHeader, ReadsVersionsOneToThree) {
  for (const int version : {1, 2, 3}) {
    const NpyHeader header =
        parse(npy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (7,), }", "", version));
    EXPECT_EQ(header.count, 7U);
    EXPECT_EQ(header.data_offset % 64, 0U);
  }
}

TEST(NpyHeader, ReadsShapesOfEveryLength) {
  const auto shape_of = [](const std::string& shape) {
    return parse_dictionary("{'descr': '<f8', 'fortran_order': False, 'shape': " + shape + "}")
        .shape;
  };
  EXPECT_EQ(shape_of("()"), std::vector<index_t>{});
  EXPECT_EQ(shape_of("(5,)"), std::vector<index_t>{5});
  EXPECT_EQ(shape_of("(0, 3)"), (std::vector<index_t>{0, 3}));
  EXPECT_EQ(shape_of("(1, 2, 3,)"), (std::vector<index_t>{1, 2, 3}));
}

struct HostileDictionary {
  const char* dictionary;
  const char* message;  // a part of it
};

TEST(NpyHeader, RefusesDictionariesThatNumpyNeverWrites) {
  const std::vector<HostileDictionary> cases = {
      {"", "byte 64: the header ends; expected '{'"},
      {"[]", "byte 10: found '['; expected '{'"},
      {"{}", "no 'descr'"},
      {"{'descr': '<f8', 'shape': (1, 2)}", "no 'fortran_order'"},
      {"{'descr': '<f8', 'fortran_order': False}", "no 'shape'"},
      {"{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
       "byte 27: the key 'descr' appears twice"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': 1}", "the key 'x'"},
      {"{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", "found '0'; expected True or False"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1)}", "expected ',' (one dimension"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': [1, 2]}", "found '['; expected '('"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, 2)}", "found '-'; expected a whole"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (2.0, 2)}",
       "byte 62: found '.'; expected ','"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1e3,)}", "found 'e'"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 1)}",
       "a whole number below 2^63"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4)}",
       "larger than any file"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 4611686018427387904)}",
       "larger than any file"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807,)}",
       "larger than any file"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)", "expected ',' or '}'"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2)} + x", "the end of the header"},
      {"{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}", "a type such as"},
      {"{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}\x01", "found the byte 0x01"},
      {"{'descr': '\xc3\xa9', 'fortran_order': False, 'shape': (1,)}", "plain ASCII"},
      {"{'descr': '<f8, 'fortran_order': False, 'shape': (1,)}", "expected"},
      {"{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}", "structured"},
      {"{'descr': ('<f8', (2,)), 'fortran_order': False, 'shape': (1,)}", "structured"},
      {"{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "Python objects (a pickle"},
      {"{'descr': '', 'fortran_order': False, 'shape': (1,)}", "the type is ''"},
      {"{'descr': '<', 'fortran_order': False, 'shape': (1,)}", "the type is '<'"},
      {"{'descr': '<f', 'fortran_order': False, 'shape': (1,)}", "the type is '<f'"},
      {"{'descr': '<f8x', 'fortran_order': False, 'shape': (1,)}", "the type is '<f8x'"},
      {"{'descr': '<f-8', 'fortran_order': False, 'shape': (1,)}", "the type is '<f-8'"},
      {"{'descr': '<f99999999999', 'fortran_order': False, 'shape': (1,)}", "the type is"},
      {"{'descr': '|f8', 'fortran_order': False, 'shape': (1,)}", "has no byte order"},
  };
  for (const auto& [dictionary, message] : cases) {
    const std::string error = io_error_of([&, text = dictionary] { parse_dictionary(text); });
    EXPECT_TRUE(contains(error, message)) << dictionary << "\n  said: " << error;
    EXPECT_TRUE(contains(error, "made.npy: byte ")) << error;
  }
}

TEST(NpyHeader, RefusesWhatIsNotANpyFile) {
  EXPECT_TRUE(contains(io_error_of([] { parse(""); }), "byte 0: not a .npy file"));
  EXPECT_TRUE(contains(io_error_of([] { parse("PK\x03\x04"); }), "byte 0: not a .npy file"));
  EXPECT_TRUE(contains(io_error_of([] { parse("\x93NUMPY"); }), "byte 6: the file ends"));
  const std::string version_4 = npy_file("{}", "", 4);
  EXPECT_TRUE(contains(io_error_of([&] { parse(version_4); }), "format version 4.0"));
  const std::string file = npy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", "");
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(io_error_of([&] { parse(file.substr(0, size)); }), "") << size;
  }
}

TEST(NpyHeader, RefusesAHeaderOfMoreThanTenThousandBytes) {
  const std::string dictionary = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}";
  EXPECT_NO_THROW(parse(npy_file(dictionary + std::string(9000, ' '), "")));
  for (const int version : {1, 2}) {
    const std::string long_file = npy_file(dictionary + std::string(11000, ' '), "", version);
    EXPECT_TRUE(contains(io_error_of([&] { parse(long_file); }), "expected at most 100"));
  }
  const std::string endless = "\x93NUMPY" + test::little(2, 2) + test::little(0xffffffff, 4);
  EXPECT_TRUE(contains(io_error_of([&] { parse(endless); }), "the header claims 4294967295"));
}

TEST(NpyHeader, WritesWhatItReads) {
  for (const std::vector<index_t>& shape :
       {std::vector<index_t>{}, {0}, {12}, {3, 4}, {1234567890123, 1}}) {
    const std::string text = format_npy_header("f8", shape);
    EXPECT_EQ(text.size() % 64, 0U);
    EXPECT_EQ(text.back(), '\n');
    const NpyHeader header = parse(text);
    EXPECT_EQ(header.shape, shape);
    EXPECT_TRUE(header.native);
    EXPECT_FALSE(header.fortran_order);
    EXPECT_EQ(header.data_offset, text.size());
  }
}

}  // namespace
}  // namespace eckart::io
