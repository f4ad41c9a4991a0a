#include "io/input.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "eckart/error.hpp"
#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;

class InputTest : public testing::Test {
 protected:
  std::string write(const std::string& name, const std::string& bytes) const {
    test::write_all(folder_ / name, bytes);
    return folder_ / name;
  }

  test::TemporaryDirectory folder_;
};

std::string gzip(const std::string& text) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, text.size()) + 64, '\0');
  std::string source = text;
  stream.next_in = reinterpret_cast<Bytef*>(source.data());
  stream.avail_in = static_cast<uInt>(source.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

std::string message_of(const std::string& path, std::uint64_t max_bytes = 0) {
  try {
    (void)Input::open(path, max_bytes);
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << path << " was accepted";
  return "";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Letters that compress badly enough to make several rounds of growth.
std::string large_text(std::size_t size) {
  std::string text(size, ' ');
  unsigned state = 1;
  for (char& c : text) {
    state = state * 1664525U + 1013904223U;
    c = static_cast<char>('a' + (state >> 24) % 26);
  }
  return text;
}

TEST_F(InputTest, ReadsSmallFilesAndMapsLargeOnes) {
  const Input small = Input::open(write("small", "1,2\n"), 0);
  EXPECT_EQ(small.bytes, "1,2\n");
  EXPECT_FALSE(small.mapped);
  const std::string text = large_text(3 << 20);
  const Input large = Input::open(write("large", text), 0);
  EXPECT_TRUE(large.mapped);
  EXPECT_EQ(large.bytes, text);
}

TEST_F(InputTest, KeepsAMappingWhenTheFileIsReplacedOrRemoved) {
  const std::string text = large_text(2 << 20);
  const std::string path = write("large", text);
  const Input large = Input::open(path, 0);
  fs::remove(path);
  EXPECT_EQ(large.bytes, text);
}

TEST_F(InputTest, CountsWhatIsReadAgainstTheCapButNotWhatIsMapped) {
  const std::string small = write("small", std::string(1000, '1'));
  EXPECT_EQ(Input::open(small, 1000).bytes.size(), 1000U);
  EXPECT_THROW((void)Input::open(small, 999), MemoryLimit);
  EXPECT_EQ(Input::open(write("large", large_text(2 << 20)), 1000).bytes.size(), 2U << 20);
}

TEST_F(InputTest, InflatesGzipOfAnyNumberOfMembers) {
  const std::string text = large_text(300000);
  EXPECT_EQ(Input::open(write("a.gz", gzip(text)), 0).bytes, text);
  EXPECT_EQ(Input::open(write("b", gzip("1,2\n") + gzip("3,4\n")), 0).bytes, "1,2\n3,4\n");
  EXPECT_EQ(Input::open(write("c", gzip("1") + std::string(512, '\0')), 0).bytes, "1");
}

TEST_F(InputTest, RefusesDamagedGzipNamingTheByte) {
  const std::string whole = gzip(large_text(100000));
  for (const std::size_t size :
       {std::size_t{3}, std::size_t{12}, whole.size() / 2, whole.size() - 9, whole.size() - 1}) {
    const std::string message = message_of(write("cut.gz", whole.substr(0, size)));
    EXPECT_TRUE(contains(message, "cut.gz: byte " + std::to_string(size) + ":")) << message;
    EXPECT_TRUE(contains(message, "ends too early")) << message;
  }
  std::string corrupt = whole;
  corrupt[corrupt.size() / 2] = static_cast<char>(~corrupt[corrupt.size() / 2]);
  EXPECT_TRUE(contains(message_of(write("bad.gz", corrupt)), "is damaged"));
  std::string wrong_sum = whole;
  wrong_sum[whole.size() - 6] = static_cast<char>(~wrong_sum[whole.size() - 6]);
  EXPECT_TRUE(contains(message_of(write("sum.gz", wrong_sum)), "incorrect data check"));
  const std::string trailed = message_of(write("trail.gz", whole + "x"));
  EXPECT_TRUE(contains(trailed, "byte " + std::to_string(whole.size()) + ":")) << trailed;
}

TEST_F(InputTest, StopsInflatingAtTheCap) {
  const std::string bomb = gzip(std::string(50 << 20, '0'));
  ASSERT_LT(bomb.size(), 100000U);
  const std::string path = write("bomb.gz", bomb);
  EXPECT_THROW((void)Input::open(path, 1 << 20), MemoryLimit);
  const std::string exact = write("exact.gz", gzip(std::string(1000000, '0')));
  EXPECT_EQ(Input::open(exact, 1000000).bytes.size(), 1000000U);
  EXPECT_THROW((void)Input::open(exact, 999999), MemoryLimit);
}

TEST_F(InputTest, StatesTheSizeThatAFileNeeds) {
  try {
    (void)Input::open(write("small", std::string(1000, '1')), 10);
    ADD_FAILURE() << "accepted";
  } catch (const MemoryLimit& error) {
    EXPECT_EQ(error.needed_bytes(), 1000U);
    EXPECT_EQ(error.cap_bytes(), 10U);
  }
  // How much more there is shows only at the end of compressed data.
  const std::string packed = write("a.gz", gzip(large_text(300000)));
  EXPECT_TRUE(contains(message_of(packed, 290000), "more follows; its size is not known"));
}

TEST_F(InputTest, RefusesADeviceBeforeReadingIt) {
  EXPECT_TRUE(contains(message_of("/dev/zero", 1000), "/dev/zero: is a device")) << "within limits";
  EXPECT_TRUE(contains(message_of("/dev/zero"), "expected a file or a pipe"));
  EXPECT_TRUE(contains(message_of("/dev/null"), "is empty"));
}

TEST_F(InputTest, ReadsAPipeToItsEnd) {
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::string text = large_text(500000);
  std::thread writer([&] { std::ofstream(pipe, std::ios::binary) << text; });
  const Input input = Input::open(pipe, 0);
  writer.join();
  EXPECT_EQ(input.bytes, text);
  EXPECT_FALSE(input.mapped);
}

TEST_F(InputTest, ReadsStandardInput) {
  const std::string file = write("in", "1,2\n");
  const int saved = ::dup(STDIN_FILENO);
  const int redirected = ::open(file.c_str(), O_RDONLY);
  ::dup2(redirected, STDIN_FILENO);
  ::close(redirected);
  const Input input = Input::open("-", 0);
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  EXPECT_EQ(input.name, "standard input");
  EXPECT_EQ(input.bytes, "1,2\n");
}

TEST_F(InputTest, RefusesATerminalAsStandardInput) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) GTEST_SKIP() << "this machine has no pseudo-terminals";
  const int saved = ::dup(STDIN_FILENO);
  ::dup2(terminal, STDIN_FILENO);
  const std::string message = message_of("-");
  ::dup2(saved, STDIN_FILENO);
  ::close(saved);
  ::close(terminal);
  EXPECT_TRUE(contains(message, "standard input: is a terminal; pipe a matrix into it")) << message;
}

TEST_F(InputTest, SaysWhatIsWrongWithAPath) {
  EXPECT_TRUE(contains(message_of(folder_.path()), "is a folder"));
  EXPECT_TRUE(contains(message_of(write("empty", "")), "empty: is empty"));
  EXPECT_TRUE(contains(message_of(write("empty.gz", gzip(""))), "holds nothing"));
  EXPECT_TRUE(contains(message_of(write("file", "1") + "/x"), "Not a directory"));
  if (::geteuid() != 0) {
    const std::string secret = write("secret", "1");
    fs::permissions(secret, fs::perms::none);
    EXPECT_TRUE(contains(message_of(secret), "Permission denied"));
  }
}

TEST_F(InputTest, SuggestsTheFileWhoseNameIsNearest) {
  const std::string path = write("ratings.csv", "1");
  write("other.csv", "1");
  EXPECT_TRUE(contains(message_of((folder_ / "rating.csv")), "did you mean " + path + "?"));
  EXPECT_TRUE(contains(message_of((folder_ / "Ratings.CSV")), "did you mean " + path + "?"));
  EXPECT_FALSE(contains(message_of((folder_ / "nothing.npy")), "did you mean"));
  EXPECT_FALSE(contains(message_of("/no/such/folder/x.csv"), "did you mean"));
}

}  // namespace
}  // namespace eckart::io
