#include "eckart/io/mapped_files.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>

#include "eckart/error.hpp"
#include "io/atomic_file.hpp"
#include "io/input.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t size = std::size_t{5} << 20;

// The guard lasts as long as the process: every test runs in a child of its own.
template <class Body>
void in_a_child(const Body& body) {
  EXPECT_EXIT(
      {
        body();
        _exit(testing::Test::HasFailure() ? 1 : 0);
      },
      testing::ExitedWithCode(0), "");
}

class MappedFiles : public testing::Test {
 protected:
  void SetUp() override { write(path, std::string(size, 'x')); }
  void write(const std::string& where, const std::string& bytes) {
    AtomicFile file(where);
    file.write(bytes);
    file.commit();
  }
  test::TemporaryDirectory folder;
  const std::string path = folder / "large";
};

TEST_F(MappedFiles, ReadAsZerosBehindANewEndAndAreNamed) {
  in_a_child([&] {
    guard_mapped_files();
    const Input input = Input::open(path, 0);
    ASSERT_TRUE(input.mapped);
    require_mapped_files_unchanged();
    fs::resize_file(path, size / 2);
    EXPECT_EQ(std::count(input.bytes.begin(), input.bytes.end(), 'x'), size / 2);
    EXPECT_EQ(input.bytes.back(), '\0');
    const std::string error = test::io_error_of([] { require_mapped_files_unchanged(); });
    EXPECT_TRUE(test::contains(error, path + ": changed while it was read")) << error;
  });
}

TEST_F(MappedFiles, AreNamedWhenTheyAreMappedNoMore) {
  in_a_child([&] {
    guard_mapped_files();
    {
      const Input input = Input::open(path, 0);
      fs::last_write_time(path, fs::last_write_time(path) + std::chrono::seconds(1));
    }
    { const Input another = Input::open(path, 0); }
    EXPECT_THROW(require_mapped_files_unchanged(), IoError);
  });
}

TEST_F(MappedFiles, MayChangeBeforeAndAfter) {
  in_a_child([&] {
    guard_mapped_files();
    for (int i = 0; i < 3; ++i) {
      {
        const Input one = Input::open(path, 0);
        const Input two = Input::open(path, 0);
        EXPECT_EQ(one.bytes, two.bytes);
      }
      fs::resize_file(path, size - static_cast<std::size_t>(i));
    }
    require_mapped_files_unchanged();
  });
}

TEST_F(MappedFiles, MayBeReplaced) {
  in_a_child([&] {
    guard_mapped_files();
    const Input input = Input::open(path, 0);
    write(path, "another");
    EXPECT_EQ(std::count(input.bytes.begin(), input.bytes.end(), 'x'), size);
    require_mapped_files_unchanged();
  });
}

TEST_F(MappedFiles, ThatChangedLetNoResultBeWritten) {
  in_a_child([&] {
    guard_mapped_files();
    const std::string result = folder / "result";
    write(result, "old");
    const Input input = Input::open(path, 0);
    fs::resize_file(path, 1);
    const std::string error = test::io_error_of([&] { write(result, "new"); });
    EXPECT_TRUE(test::contains(error, path)) << error;
    EXPECT_EQ(Input::open(result, 0).bytes, "old");
    EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 2);
  });
}

TEST_F(MappedFiles, OfOthersEndTheProcessAsBefore) {
  EXPECT_EXIT(
      {
        guard_mapped_files();
        const Input input = Input::open(path, 0);
        raise(SIGBUS);
      },
      [](int status) { return status != 0; }, "");  // by the signal; a sanitizer exits
}

TEST_F(MappedFiles, AreNobodysBusinessWithoutTheGuard) {
  in_a_child([&] {
    const Input input = Input::open(path, 0);
    fs::resize_file(path, size + 1);
    require_mapped_files_unchanged();
  });
}

}  // namespace
}  // namespace eckart::io
