// Members of a zip archive in memory, read without writing anything to disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "io/input.hpp"

namespace eckart::io {

struct ZipMember {
  std::string name;
  std::string_view packed;  // its bytes in the archive: the content itself, or raw deflate data
  std::uint64_t bytes = 0;  // size of the content, as declared
  std::uint32_t crc = 0;    // of the content, as declared
  bool deflated = false;
};

// Returns the members in the order of the directory: stored or deflated, zip64 or not.
// Throws IoError naming the byte for anything else: several disks, encryption, other methods,
// two members of one name, members that overlap, sizes that disagree or that no deflate data of
// that length can have.
std::vector<ZipMember> read_zip_directory(const Input& archive);

// Returns the first min(limit, member.bytes) bytes of the content.
std::string unpack_start(const Input& archive, const ZipMember& member, std::uint64_t limit);

// Returns the content, of exactly the declared size and CRC. A stored member is used in place.
// Cost: one pass over the content; member.bytes of memory if deflated.
Input unpack(const Input& archive, const ZipMember& member);

// Returns the text with everything but printable ASCII replaced, for messages: the names in an
// archive are anyone's.
std::string printable(std::string_view text);

}  // namespace eckart::io
