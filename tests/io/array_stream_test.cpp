#include "io/array_stream.hpp"

#include <gtest/gtest.h>

#include <numeric>
#include <string>
#include <vector>

#include "eckart/error.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::contains, test::io_error_of, test::Member, test::write_all;

constexpr index_t count = 200'000;

std::string array(index_t lie = 0) {
  std::vector<std::int32_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), -5);
  return format_npy_header("i4", {count + lie}) +
         std::string(reinterpret_cast<const char*>(numbers.data()), 4 * std::size_t{count});
}

void take_all(ArrayStream stream) {
  ASSERT_EQ(stream.header().count, std::uint64_t{count});
  for (index_t i = 0; i < count; ++i) ASSERT_EQ(stream.take_index(), i - 5);
  stream.expect_end();
}

TEST(ArrayStream, GivesTheNumbersOfAFileAndOfAMemberStoredOrDeflated) {
  const test::TemporaryDirectory folder;
  write_all(folder / "a.npy", array());
  const PartFile file(folder / "a.npy");
  take_all({"a", bytes_of(file)});
  for (const bool deflated : {false, true}) {
    const Member member{.name = "a.npy", .content = array(), .deflated = deflated};
    write_all(folder / "a.npz", test::zip_file({member}));
    const PartFile packed(folder / "a.npz");
    const Input archive = Input::open(folder / "a.npz", 0);
    take_all({"a", bytes_of(packed, archive, read_zip_directory(archive)[0])});
  }
}

TEST(ArrayStream, NamesTheNumberThatIsMissingAndTheByteThatIsTooMany) {
  const test::TemporaryDirectory folder;
  const auto error = [&](const std::string& bytes, index_t take) {
    write_all(folder / "a.npy", bytes);
    const PartFile file(folder / "a.npy");
    return io_error_of([&] {
      ArrayStream stream("a.npy", bytes_of(file));
      for (index_t i = 0; i < take; ++i) stream.take_value();
      stream.expect_end();
    });
  };
  EXPECT_EQ(error(array(), count), "");
  EXPECT_TRUE(contains(error(array(7), count + 7), "ends after 200000 of its 200007"));
  EXPECT_TRUE(contains(error(array() + "x", count), "byte 800128"));
}

TEST(ArrayStream, NoticesADamagedMember) {
  const test::TemporaryDirectory folder;
  std::string bytes = test::zip_file({Member{.name = "a.npy", .content = array()}});
  bytes[400'000] ^= 1;
  write_all(folder / "a.npz", bytes);
  const PartFile packed(folder / "a.npz");
  const Input archive = Input::open(folder / "a.npz", 0);
  EXPECT_TRUE(contains(io_error_of([&] {
                         ArrayStream stream(
                             "a", bytes_of(packed, archive, read_zip_directory(archive)[0]));
                         for (index_t i = 0; i < count; ++i) stream.take_value();
                       }),
                       "checksum"));
}

}  // namespace
}  // namespace eckart::io
