#include "io/npy.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <limits>
#include <string>

#include "io/readers.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::bytes_of;
using test::contains;
using test::input_of;
using test::io_error_of;
using test::npy_file_of;

template <Scalar T>
DenseMatrix<T> read(const Input& input) {
  return std::get<DenseMatrix<T>>(read_npy(input, {}));
}
std::string error_of(const std::string& file) {
  return io_error_of([&] { read_npy(input_of(file), {}); });
}
bool lies_within(const void* pointer, const Input& input) {
  const auto* p = static_cast<const char*>(pointer);
  return p >= input.bytes.data() && p < input.bytes.data() + input.bytes.size();
}

TEST(Npy, UsesAlignedFloatsInPlaceAndKeepsTheOrder) {
  const std::string data = bytes_of<double>({1, 2, 3, 4, 5, 6});
  const Input c_order = input_of(npy_file_of("<f8", "(2, 3)", data));
  const DenseMatrix<double> A = read<double>(c_order);
  EXPECT_TRUE(A.row_major);
  EXPECT_TRUE(lies_within(A.values.data, c_order));
  EXPECT_EQ(A.owner, c_order.owner);
  EXPECT_EQ(A.rows(), 2);
  EXPECT_EQ(A.cols(), 3);
  EXPECT_EQ(A(0, 2), 3);
  EXPECT_EQ(A(1, 0), 4);

  const Input f_order = input_of(npy_file_of("<f8", "(2, 3)", data, true));
  const DenseMatrix<double> B = read<double>(f_order);
  EXPECT_FALSE(B.row_major);
  EXPECT_TRUE(lies_within(B.values.data, f_order));
  EXPECT_EQ(B(0, 2), 5);
  EXPECT_EQ(B(1, 0), 2);
}

TEST(Npy, ReadsEveryFloatAndComplexTypeInPlace) {
  const Input f4 = input_of(npy_file_of("<f4", "(2,)", bytes_of<float>({1.5F, -2})));
  EXPECT_EQ(read<float>(f4)(1, 0), -2);
  EXPECT_TRUE(lies_within(read<float>(f4).values.data, f4));
  const Input c8 = input_of(npy_file_of("<c8", "(1, 1)", bytes_of<std::complex<float>>({{1, 2}})));
  EXPECT_EQ(read<std::complex<float>>(c8)(0, 0), std::complex<float>(1, 2));
  EXPECT_TRUE(lies_within(read<std::complex<float>>(c8).values.data, c8));
  const Input c16 =
      input_of(npy_file_of("<c16", "(1, 1)", bytes_of<std::complex<double>>({{3, -4}})));
  EXPECT_EQ(read<std::complex<double>>(c16)(0, 0), std::complex<double>(3, -4));
  EXPECT_TRUE(lies_within(read<std::complex<double>>(c16).values.data, c16));
}

TEST(Npy, MakesAVectorAColumn) {
  const DenseMatrix<double> A =
      read<double>(input_of(npy_file_of("<f8", "(3,)", bytes_of<double>({7, 8, 9}))));
  EXPECT_EQ(A.rows(), 3);
  EXPECT_EQ(A.cols(), 1);
  EXPECT_EQ(A(2, 0), 9);
}

TEST(Npy, CopiesMisalignedElements) {
  const Input input =
      input_of(npy_file_of("<f8", "(1, 2)", bytes_of<double>({1.25, -3})), "made.npy", 1);
  const DenseMatrix<double> A = read<double>(input);
  EXPECT_FALSE(lies_within(A.values.data, input));
  EXPECT_EQ(A(0, 0), 1.25);
  EXPECT_EQ(A(0, 1), -3);
}

TEST(Npy, SwapsOtherByteOrdersPartByPart) {
  const std::string one_and_half = {'\x3f', '\xf8', 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(read<double>(input_of(npy_file_of(">f8", "(1,)", one_and_half)))(0, 0), 1.5);
  const std::string minus_two = {'\xc0', 0, 0, 0, 0, 0, 0, 0};
  EXPECT_EQ(read<std::complex<double>>(
                input_of(npy_file_of(">c16", "(1,)", one_and_half + minus_two)))(0, 0),
            std::complex<double>(1.5, -2));
  EXPECT_EQ(read<double>(input_of(npy_file_of(">i2", "(1,)", std::string{'\x01', '\x02'})))(0, 0),
            258);
}

TEST(Npy, WidensIntegersAndBooleans) {
  const auto value = [](const std::string& type, const std::string& data) {
    return read<double>(input_of(npy_file_of(type, "(1,)", data)))(0, 0);
  };
  EXPECT_EQ(value("|b1", bytes_of<std::uint8_t>({1})), 1);
  EXPECT_EQ(value("|b1", bytes_of<std::uint8_t>({7})), 1);
  EXPECT_EQ(value("|b1", bytes_of<std::uint8_t>({0})), 0);
  EXPECT_EQ(value("|i1", bytes_of<std::int8_t>({-128})), -128);
  EXPECT_EQ(value("|u1", bytes_of<std::uint8_t>({255})), 255);
  EXPECT_EQ(value("<i2", bytes_of<std::int16_t>({-32768})), -32768);
  EXPECT_EQ(value("<u2", bytes_of<std::uint16_t>({65535})), 65535);
  EXPECT_EQ(value("<i4", bytes_of<std::int32_t>({INT32_MIN})), INT32_MIN);
  EXPECT_EQ(value("<u4", bytes_of<std::uint32_t>({UINT32_MAX})), UINT32_MAX);
  EXPECT_EQ(value("<i8", bytes_of<std::int64_t>({-5})), -5);
  EXPECT_EQ(value("<u8", bytes_of<std::uint64_t>({UINT64_MAX})), 0x1p64);
  // 2^53 + 1 is no double: it goes to the even neighbour.
  EXPECT_EQ(value("<i8", bytes_of<std::int64_t>({(1LL << 53) + 1})), 0x1p53);
}

TEST(Npy, WidensHalfPrecisionExactly) {
  const auto value = [](std::uint16_t bits) {
    return read<float>(input_of(npy_file_of("<f2", "(1,)", bytes_of<std::uint16_t>({bits}))))(0, 0);
  };
  EXPECT_EQ(value(0x3c00), 1.0F);
  EXPECT_EQ(value(0xc500), -5.0F);
  EXPECT_EQ(value(0x7bff), 65504.0F);
  EXPECT_EQ(value(0x0400), 0x1p-14F);
  EXPECT_EQ(value(0x0001), 0x1p-24F);
  EXPECT_EQ(value(0x83ff), -1023 * 0x1p-24F);
  EXPECT_EQ(value(0x8000), 0.0F);
  EXPECT_TRUE(std::signbit(value(0x8000)));
  EXPECT_EQ(value(0x7c00), std::numeric_limits<float>::infinity());
  EXPECT_EQ(value(0xfc00), -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(value(0x7e00)));
}

TEST(Npy, ReadsEmptyMatricesOfEveryForm) {
  for (const char* type : {"<f8", ">f8", "<i4"}) {
    const DenseMatrix<double> wide = read<double>(input_of(npy_file_of(type, "(0, 5)", "")));
    EXPECT_EQ(wide.rows(), 0);
    EXPECT_EQ(wide.cols(), 5);
    const DenseMatrix<double> tall = read<double>(input_of(npy_file_of(type, "(5, 0)", "", true)));
    EXPECT_EQ(tall.rows(), 5);
    EXPECT_EQ(tall.cols(), 0);
    EXPECT_TRUE(tall.values.ld >= 1);
    EXPECT_EQ(read<double>(input_of(npy_file_of(type, "(0,)", ""))).cols(), 1);
  }
}

TEST(Npy, RefusesAHeaderThatLiesAboutItsShape) {
  const std::string data = bytes_of<double>({1, 2, 3, 4});
  EXPECT_TRUE(contains(error_of(npy_file_of("<f8", "(2, 3)", data)),
                       "byte 160: the file is truncated; its header, shape (2, 3) of float64, "
                       "needs 176 bytes and 160 are there"));
  EXPECT_TRUE(
      contains(error_of(npy_file_of("<f8", "(3,)", data)), "byte 152: 8 bytes follow the array"));
  // Nothing of that size may be allocated first.
  EXPECT_TRUE(
      contains(error_of(npy_file_of(">f8", "(1000000000, 1000000000)", data)), "truncated"));
}

TEST(Npy, RefusesWhatIsNoMatrixOfNumbers) {
  EXPECT_TRUE(contains(error_of(npy_file_of("<f8", "()", bytes_of<double>({1}))),
                       "0 dimensions, shape ()"));
  EXPECT_TRUE(contains(error_of(npy_file_of("<f8", "(1, 1, 2)", bytes_of<double>({1, 2}))),
                       "3 dimensions, shape (1, 1, 2)"));
  for (const char* type :
       {"<U1", "|S4", "<M8", "<m8", "|V4", "<f16", "<c32", "<f1", "<i3", "<q8", "<f0", "|b2"}) {
    const std::string error = error_of(npy_file_of(type, "(0,)", ""));
    EXPECT_TRUE(contains(error, "convert with a.astype(")) << type << ": " << error;
  }
  EXPECT_TRUE(contains(error_of(npy_file_of("<f16", "(0,)", "")), "float128"));
}

TEST(Npy, AllocatesNoMoreThanItMay) {
  const std::string file = npy_file_of("|i1", "(1000,)", std::string(1000, '\1'));
  EXPECT_NO_THROW(read_npy(input_of(file), {.max_bytes = 8000}));
  EXPECT_THROW(read_npy(input_of(file), {.max_bytes = 7999}), MemoryLimit);
  // In place, nothing is allocated.
  const std::string floats = npy_file_of("<f4", "(1000,)", std::string(4000, '\1'));
  EXPECT_NO_THROW(read_npy(input_of(floats), {.max_bytes = 1}));
}

TEST(Npy, RefusesAnEmptyMatrixThatNoVectorCouldFit) {
  for (const char* shape : {"(1000000000000, 0)", "(0, 1000000000000)"}) {
    try {
      (void)read_npy(input_of(npy_file_of("<f8", shape, "")), {});
      ADD_FAILURE() << shape << " was accepted";
    } catch (const MemoryLimit& error) {
      EXPECT_TRUE(contains(error.what(), "made.npy: a vector for the longer side of"))
          << error.what();
      EXPECT_EQ(error.needed_bytes(), 8000000000000U);
    }
  }
  EXPECT_THROW((void)read_npy(input_of(npy_file_of("<f8", "(9, 0)", "")), {.max_bytes = 71}),
               MemoryLimit);
  EXPECT_NO_THROW((void)read_npy(input_of(npy_file_of("<f8", "(9, 0)", "")), {.max_bytes = 72}));
}

TEST(Npy, ReadsIntegersOfEveryWidthAndRefusesOthers) {
  const auto integers = [](const std::string& type, const std::string& data) {
    return to_integers(parse_npy(input_of(npy_file_of(type, "(1,)", data))));
  };
  EXPECT_EQ(integers("<i4", bytes_of<std::int32_t>({-3})).at(0), -3);
  EXPECT_EQ(integers("<i8", bytes_of<std::int64_t>({(1LL << 53) + 1})).at(0), (1LL << 53) + 1);
  EXPECT_TRUE(contains(io_error_of([&] { integers("<u8", bytes_of<std::uint64_t>({UINT64_MAX})); }),
                       "2^63"));
  EXPECT_TRUE(contains(io_error_of([&] { integers("<f8", bytes_of<double>({1})); }), "integers"));
}

// The element (i, j) of the arrays below, as both languages compute it.
template <Scalar T>
T expected_element(const std::string& type, index_t i, index_t j) {
  const auto p = static_cast<real_t<T>>(i * 4 + j);
  if (type == "bool") return T((i * 4 + j) % 3 == 0 ? 1 : 0);
  if (type[0] == 'u') return T(p);
  if (type[0] == 'i') return T(p - 5);
  if constexpr (is_complex<T>) return {p / 8 - 1, static_cast<real_t<T>>(j - i)};
  return T(p / 8 - 1);
}

TEST(Npy, ReadsWhatNumpyWritesInEveryTypeOrderAndVersion) {
  if (!test::has_numpy()) GTEST_SKIP() << "needs /usr/bin/python3 with numpy and scipy";
  const test::TemporaryDirectory folder;
  ASSERT_TRUE(test::run_python(R"(
import sys
import numpy as np
i, j = np.mgrid[0:3, 0:4]
p = i * 4 + j
for name in ['bool', 'int8', 'int16', 'int32', 'int64', 'uint8', 'uint16', 'uint32', 'uint64',
             'float16', 'float32', 'float64', 'complex64', 'complex128']:
    a = (p % 3 == 0 if name == 'bool' else p if name[0] == 'u' else p - 5 if name[0] == 'i'
         else p / 8 - 1 + 1j * (j - i) if name[0] == 'c' else p / 8 - 1).astype(name)
    for order in 'CF':
        for endian in '<>':
            for version in [(1, 0), (2, 0), (3, 0)]:
                b = np.array(a.astype(a.dtype.newbyteorder(endian)), order=order)
                path = f'{sys.argv[1]}/{name}_{order}_{"LB"[endian == ">"]}_{version[0]}.npy'
                with open(path, 'wb') as file:
                    np.lib.format.write_array(file, b, version=version)
)",
                               folder));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    const std::string type = entry.path().stem().string();
    const AnyMatrix A = read_npy(input_of(test::read_all(entry.path().string())), {});
    ++files;
    std::visit(
        [&]<class M>(const M& matrix) {
          if constexpr (requires { matrix.row_major; }) {
            using T = std::remove_cvref_t<decltype(matrix(0, 0))>;
            const std::string name = type.substr(0, type.find('_'));
            const std::string wanted = name == "float16"                  ? "float32"
                                       : name[0] == 'f' || name[0] == 'c' ? name
                                                                          : "float64";
            EXPECT_EQ(scalar_name<T>(), wanted) << type;
            ASSERT_EQ(matrix.rows(), 3);
            ASSERT_EQ(matrix.cols(), 4);
            const std::string kind = name == "bool" ? name : name.substr(0, 1);
            for (index_t i = 0; i < 3; ++i) {
              for (index_t j = 0; j < 4; ++j) {
                EXPECT_EQ(matrix(i, j), expected_element<T>(kind, i, j)) << type;
              }
            }
          } else {
            ADD_FAILURE() << "a .npy file became sparse";
          }
        },
        A);
  }
  EXPECT_EQ(files, 14 * 2 * 2 * 3);
}

}  // namespace
}  // namespace eckart::io
