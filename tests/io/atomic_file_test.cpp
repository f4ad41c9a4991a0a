#include "io/atomic_file.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;
using test::contains;
using test::io_error_of;
using test::read_all;
using test::TemporaryDirectory;
using test::write_all;

void write_whole(const std::string& path, const std::string& text) {
  AtomicFile file(path, text.size());
  file.write(text);
  file.commit();
}

// Limits the size of the files that this process may write, for one scope.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    old_action_ = std::signal(SIGXFSZ, SIG_IGN);  // then writing fails with EFBIG
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, old_action_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit before_{};
  void (*old_action_)(int) = nullptr;
};

// The superuser may write everywhere: for one scope, become another user, who owns the folder.
class OrdinaryUser {
 public:
  explicit OrdinaryUser(const std::string& folder) {
    constexpr uid_t nobody = 65534;
    if (before_ == 0 && chown(folder.c_str(), nobody, static_cast<gid_t>(-1)) == 0) {
      EXPECT_EQ(seteuid(nobody), 0);
    }
  }
  ~OrdinaryUser() { EXPECT_EQ(seteuid(before_), 0); }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  uid_t before_ = geteuid();
};

TEST(AtomicFile, AppearsOnlyAtCommit) {
  const TemporaryDirectory folder;
  const std::string path = folder / "result";
  {
    AtomicFile file(path);
    file.write("one ");
    EXPECT_FALSE(fs::exists(path));
    file.write("two");
    file.commit();
    EXPECT_EQ(read_all(path), "one two");
  }
  EXPECT_EQ(read_all(path), "one two");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(AtomicFile, LeavesTheOldFileWithoutCommit) {
  const TemporaryDirectory folder;
  const std::string path = folder / "result";
  write_whole(path, "old");
  {
    AtomicFile file(path, 1000);
    file.write("new");
  }
  EXPECT_EQ(read_all(path), "old");
  EXPECT_EQ(folder.entries(), 1);
  write_whole(path, "new");
  EXPECT_EQ(read_all(path), "new");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(AtomicFile, GivesTheModeOfAnyNewFile) {
  const TemporaryDirectory folder;
  const mode_t before = umask(027);
  write_whole(folder / "result", "x");
  umask(before);
  struct stat info {};
  ASSERT_EQ(stat((folder / "result").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0640U);
}

TEST(AtomicFile, KeepsTheOldFileAtEveryPlaceWhereWritingFails) {
  const TemporaryDirectory folder;
  const std::string path = folder / "result";
  write_whole(path, "old");
  const std::string text = "a text of thirty bytes, no more";
  for (std::size_t limit = 0; limit < text.size(); ++limit) {
    for (const bool announced : {false, true}) {
      const std::string error = io_error_of([&] {
        const FileSizeLimit no_more(limit);
        AtomicFile file(path, announced ? text.size() : 0);
        for (const char c : text) file.write({&c, 1});
        file.commit();
      });
      EXPECT_TRUE(contains(error, path + ": cannot write it")) << limit << ": " << error;
      EXPECT_TRUE(contains(error, "File too large")) << error;
      EXPECT_EQ(contains(error, "(31 B needed)"), announced) << error;
      EXPECT_EQ(read_all(path), "old");
      EXPECT_EQ(folder.entries(), 1);
    }
  }
  const FileSizeLimit enough(text.size());
  write_whole(path, text);
  EXPECT_EQ(read_all(path), text);
}

TEST(AtomicFile, NoticesAWriteThatStopsHalfWay) {
  const TemporaryDirectory folder;
  const std::string path = folder / "result";
  write_whole(path, "old");
  const std::string error = io_error_of([&] {
    const FileSizeLimit half(5);  // the system writes 5 bytes, and says so
    AtomicFile file(path);
    file.write("ten bytes!");
    file.commit();
  });
  EXPECT_TRUE(contains(error, "File too large")) << error;
  EXPECT_EQ(read_all(path), "old");
}

TEST(AtomicFile, ReportsAFullDevice) {
  const std::string error = io_error_of([] { write_whole("/dev/full", "text"); });
  EXPECT_TRUE(contains(error, "/dev/full: cannot write it (4 B needed): No space left on device"))
      << error;
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST(AtomicFile, WritesToADeviceDirectly) {
  EXPECT_NO_THROW(write_whole("/dev/null", "text"));
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

TEST(AtomicFile, NamesWhatIsWrongWithThePlace) {
  const TemporaryDirectory folder;
  EXPECT_TRUE(contains(io_error_of([&] { write_whole(folder / "missing/result", "x"); }),
                       "missing does not exist; create it first"));
  EXPECT_TRUE(
      contains(io_error_of([&] { write_whole(folder.path(), "x"); }), "Is a directory; expected"));
  write_all(folder / "file", "x");
  EXPECT_TRUE(contains(io_error_of([&] { write_whole(folder / "file/result", "x"); }),
                       "file is not a folder; choose another place"));
  EXPECT_FALSE(contains(io_error_of([] { write_whole("/proc/eckart", "x"); }), "does not exist;"));
  EXPECT_TRUE(contains(io_error_of([&] { write_whole("", "x"); }), "the output path is empty"));
  EXPECT_NE(io_error_of([&] { write_whole(folder / std::string(300, 'x'), "x"); }), "");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(AtomicFile, RespectsWhatMayNotBeWritten) {
  const TemporaryDirectory folder;
  const OrdinaryUser user(folder.path());
  write_whole(folder / "result", "old");
  fs::permissions(folder / "result", fs::perms::owner_read);
  EXPECT_TRUE(
      contains(io_error_of([&] { write_whole(folder / "result", "new"); }), "cannot replace it"));
  fs::permissions(folder.path(), fs::perms::owner_read | fs::perms::owner_exec);
  EXPECT_TRUE(contains(io_error_of([&] { write_whole(folder / "other", "new"); }),
                       "choose a folder that you may write to"));
  EXPECT_EQ(read_all(folder / "result"), "old");
}

TEST(AtomicFile, FollowsASymbolicLink) {
  const TemporaryDirectory folder;
  write_whole(folder / "real", "old");
  fs::create_symlink("real", folder / "link");
  write_whole(folder / "link", "new");
  EXPECT_TRUE(fs::is_symlink(folder / "link"));
  EXPECT_EQ(read_all(folder / "real"), "new");
}

TEST(AtomicFile, PassesOverATemporaryFileOfAKilledRun) {
  const TemporaryDirectory folder;
  // The next names that this process would use.
  const std::string taken = temporary_name(folder.path());
  const std::size_t dash = taken.rfind('-');
  const int next = std::stoi(taken.substr(dash + 1)) + 1;
  write_all(taken.substr(0, dash + 1) + std::to_string(next) + ".tmp", "left over");
  write_whole(folder / "result", "new");
  EXPECT_EQ(read_all(folder / "result"), "new");
  EXPECT_EQ(folder.entries(), 2);
}

}  // namespace
}  // namespace eckart::io
