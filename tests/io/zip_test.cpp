#include "io/zip.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/io/made_files.hpp"

namespace eckart::io {
namespace {

using test::contains;
using test::input_of;
using test::io_error_of;
using test::Member;
using test::zip_file;

Input archive_of(const std::string& bytes) { return input_of(bytes, "made.zip"); }

// Returns what reading every member of the archive complains about.
std::string error_of(const std::string& bytes) {
  return io_error_of([&] {
    const Input archive = archive_of(bytes);
    for (const ZipMember& member : read_zip_directory(archive)) unpack(archive, member);
  });
}

const std::string text = "the same words, the same words, the same words, the same words";

TEST(Zip, ReadsStoredAndDeflatedMembers) {
  for (const bool zip64 : {false, true}) {
    for (const bool sizes_follow : {false, true}) {
      const Member stored{
          .name = "a", .content = text, .zip64 = zip64, .sizes_follow = sizes_follow};
      const Member deflated{.name = "b",
                            .content = text,
                            .deflated = true,
                            .zip64 = zip64,
                            .sizes_follow = sizes_follow};
      const Member empty{.name = "c", .content = "", .deflated = true, .zip64 = zip64};
      const Input archive = archive_of(zip_file({stored, deflated, empty}, zip64, "a comment"));
      const std::vector<ZipMember> members = read_zip_directory(archive);
      ASSERT_EQ(members.size(), 3U);
      EXPECT_EQ(members[0].name, "a");
      EXPECT_EQ(unpack(archive, members[0]).bytes, text);
      EXPECT_EQ(unpack(archive, members[1]).bytes, text);
      EXPECT_EQ(unpack(archive, members[2]).bytes, "");
      EXPECT_EQ(unpack_start(archive, members[0], 8), text.substr(0, 8));
      EXPECT_EQ(unpack_start(archive, members[1], 8), text.substr(0, 8));
      EXPECT_EQ(unpack_start(archive, members[1], 1000), text);
    }
  }
}

TEST(Zip, UsesStoredMembersInPlace) {
  const Input archive = archive_of(zip_file({{.name = "a", .content = text}}));
  const Input member = unpack(archive, read_zip_directory(archive).at(0));
  EXPECT_TRUE(member.bytes.data() > archive.bytes.data());
  EXPECT_TRUE(member.bytes.data() < archive.bytes.data() + archive.bytes.size());
  EXPECT_EQ(member.owner, archive.owner);
}

struct HostileArchive {
  const char* what;
  std::string bytes;
  const char* message;
};

TEST(Zip, RefusesArchivesThatLie) {
  const Member good{.name = "a", .content = text};
  const Member packed{.name = "a", .content = text, .deflated = true};
  const auto with = [](Member member, const auto& change) {
    change(member);
    return zip_file({member});
  };
  const std::string whole = zip_file({good});
  const auto with_end = [&](std::size_t at, const std::string& bytes) {
    std::string changed = whole;
    changed.replace(whole.size() - 22 + at, bytes.size(), bytes);
    return changed;
  };
  const std::vector<HostileArchive> cases = {
      {"empty", "", "no zip directory"},
      {"not a zip", std::string(1000, 'x'), "no zip directory"},
      {"a byte after the end", whole + "x", "no zip directory"},
      {"data before the start", "xx" + whole, "the directory is claimed at byte"},
      {"wrong checksum", with(good, [](Member& m) { m.claimed_crc = 1; }), "the checksum is"},
      {"wrong checksum, deflated", with(packed, [](Member& m) { m.claimed_crc = 1; }),
       "the checksum is"},
      {"declares too little", with(packed, [](Member& m) { m.claimed_bytes = 10; }),
       "inflates to more than the 10 bytes"},
      {"declares too much", with(packed, [](Member& m) { m.claimed_bytes = 100; }),
       "inflates to 62 bytes; expected the 100"},
      {"declares the impossible", with(packed, [](Member& m) { m.claimed_bytes = 1 << 30; }),
       "which is impossible"},
      {"stored, beyond the file", with(good, [](Member& m) { m.claimed_bytes = 1 << 20; }),
       "truncated"},
      {"stored, into the directory", with(good, [](Member& m) { m.claimed_bytes = 70; }),
       "overlaps what follows"},
      {"local size differs", with(good, [](Member& m) { m.local_bytes = 3; }), "disagrees"},
      {"local name differs", with(good, [](Member& m) { m.local_name = "b"; }), "disagrees"},
      {"no deflate data", with(good, [](Member& m) { m.method = 8; }), "deflate data"},
      {"encrypted", with(good, [](Member& m) { m.flags = 1; }), "is encrypted"},
      {"strongly encrypted", with(good, [](Member& m) { m.flags = 64; }), "is encrypted"},
      {"another method", with(good, [](Member& m) { m.method = 14; }), "packed by method 14"},
      {"header beyond the file", with(good, [](Member& m) { m.header_at = 1 << 20; }), "truncated"},
      {"header is none", with(good, [](Member& m) { m.header_at = 1; }),
       "byte 1: damaged archive; expected the local header"},
      {"one name twice", zip_file({good, good}), "two members are named 'a'"},
      {"one content twice",
       zip_file({good, {.name = "b", .content = text, .local_name = "a", .header_at = 0}}),
       "disagrees"},
      {"overlap",
       zip_file(
           {good, {.name = "a2", .content = text}, {.name = "a", .content = text, .header_at = 0}}),
       "two members are named"},
      {"members of several disks", with_end(4, test::little(1, 2)), "several disks"},
      {"more members than fit", with_end(8, test::little(5, 2) + test::little(5, 2)),
       "5 members are claimed"},
      {"fewer members than there are", with_end(8, test::little(0, 2) + test::little(0, 2)),
       "the directory of 0 members ends here"},
      {"directory elsewhere", with_end(16, test::little(0, 4)), "the directory is claimed"},
      {"directory too large", with_end(12, test::little(0x7fffffff, 4)),
       "the directory is claimed"},
      {"zip64 without its record", with_end(16, test::little(0xffffffff, 4)),
       "the directory is claimed"},
  };
  for (const HostileArchive& hostile : cases) {
    const std::string error = error_of(hostile.bytes);
    EXPECT_TRUE(contains(error, hostile.message)) << hostile.what << " said: " << error;
  }
}

TEST(Zip, RefusesOverlappingMembers) {
  // The second member lies inside the content of the first, where it is a valid member.
  const Member inner{.name = "b", .content = text};
  const std::string inner_file = zip_file({inner});
  const std::string inner_bytes = inner_file.substr(0, inner_file.find("PK\x01\x02"));
  const Member outer{.name = "a", .content = inner_bytes};
  const Member lie{.name = "b", .content = text, .header_at = 30 + 1};
  EXPECT_TRUE(contains(error_of(zip_file({outer, lie})), "overlaps what follows it at byte 31"));
}

TEST(Zip, RefusesDeflateDataThatEndsTooEarlyOrTooLate) {
  const std::string packed = test::deflate_raw(text);
  const auto error_with = [](const std::string& data) {
    return error_of(zip_file({{.name = "a", .content = text, .deflated = true, .packed = data}}));
  };
  EXPECT_EQ(error_with(packed), "");
  EXPECT_TRUE(contains(error_with(packed + "rubbish"), "7 bytes follow its deflate data"));
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_TRUE(contains(error_with(packed.substr(0, size)), "deflate data ends too early"))
        << size;
  }
}

TEST(Zip, RefusesEveryTruncation) {
  const std::string file = zip_file(
      {{.name = "a", .content = text, .deflated = true}, {.name = "b", .content = text}}, true);
  EXPECT_EQ(error_of(file), "");
  for (std::size_t size = 0; size < file.size(); ++size) {
    EXPECT_NE(error_of(file.substr(0, size)), "") << size;
  }
}

TEST(Zip, ShowsHostileNamesHarmlessly) {
  EXPECT_EQ(printable("../a\x1b[31m\n\xff"), "../a?[31m??");
  EXPECT_EQ(printable(std::string(300, 'x')).size(), 203U);
  const std::string error = error_of(zip_file({{.name = "\x1b[2J", .content = text, .method = 1}}));
  EXPECT_TRUE(contains(error, "member '?[2J'")) << error;
}

}  // namespace
}  // namespace eckart::io
