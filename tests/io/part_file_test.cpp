#include "io/part_file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <utility>

#include "tests/io/file_testing.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::contains, test::Folder, test::io_error_of, test::write_bytes;

TEST(PartFile, ReadsPiecesAndNamesTheByteWhereTheFileWasCut) {
  const Folder folder;
  const std::string path = folder / "numbers";
  write_bytes(path, "0123456789");
  const PartFile file(path);
  std::string piece(4, ' ');
  file.read(3, 4, piece.data());
  EXPECT_EQ(piece, "3456");
  ASSERT_EQ(::truncate(path.c_str(), 5), 0);
  const std::string message = io_error_of([&] { file.read(3, 4, piece.data()); });
  EXPECT_TRUE(contains(message, "numbers: byte 5")) << message;
  EXPECT_TRUE(contains(message, "had 10 bytes")) << message;
}

TEST(PartFile, NoticesAFileThatAnotherProgramWroteTo) {
  const Folder folder;
  const std::string path = folder / "numbers";
  write_bytes(path, "0123456789");
  const PartFile file(path);
  file.require_unchanged();
  ::usleep(20'000);  // the clock of file systems has ticks of some milliseconds
  write_bytes(path, "0123456780");
  EXPECT_TRUE(contains(io_error_of([&] { file.require_unchanged(); }), "another program wrote"));
  write_bytes(path, "01234567890");
  EXPECT_TRUE(contains(io_error_of([&] { file.require_unchanged(); }), "had 10 bytes and has 11"));
}

TEST(PartFile, HasAFingerprintThatTellsContentsApart) {
  const Folder folder;
  write_bytes(folder / "a", std::string(300'000, 'x'));
  const PartFile a(folder / "a");
  EXPECT_EQ(a.fingerprint(), PartFile(folder / "a").fingerprint());
  const auto time = std::filesystem::last_write_time(folder / "a");
  std::string other(300'000, 'x');
  other.back() = 'y';
  write_bytes(folder / "b", other);
  std::filesystem::last_write_time(folder / "b", time);
  EXPECT_NE(a.fingerprint(), PartFile(folder / "b").fingerprint());
  write_bytes(folder / "c", std::string(300'000, 'x'));
  std::filesystem::last_write_time(folder / "c", time);
  EXPECT_EQ(a.fingerprint(), PartFile(folder / "c").fingerprint());  // a copy, time and all
}

TEST(PartFile, RefusesWhatIsNoFile) {
  const Folder folder;
  EXPECT_TRUE(contains(io_error_of([&] { PartFile(folder / "none"); }), "no such file"));
  EXPECT_TRUE(contains(io_error_of([&] { PartFile("/dev/zero"); }), "no regular file"));
  PartFile first((write_bytes(folder / "a", "abc"), folder / "a"));
  const PartFile second(std::move(first));
  char c = ' ';
  second.read(2, 1, &c);
  EXPECT_EQ(c, 'c');
}

}  // namespace
}  // namespace eckart::io
