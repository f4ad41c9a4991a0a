// A reader of zip archives that trusts no number in them.
// Source: PKWARE's .ZIP File Format Specification (APPNOTE), sections 4.3 to 4.5.

#include "io/zip.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <set>

#include "eckart/error.hpp"

namespace eckart::io {
namespace {

constexpr std::uint64_t local_signature = 0x04034b50;
constexpr std::uint64_t central_signature = 0x02014b50;
constexpr std::uint64_t end_signature = 0x06054b50;
constexpr std::uint64_t end64_signature = 0x06064b50;
constexpr std::uint64_t locator64_signature = 0x07064b50;
constexpr std::uint64_t end_bytes = 22;  // of the end record, without its comment
constexpr std::uint64_t locator64_bytes = 20;
constexpr std::uint64_t end64_bytes = 56;
constexpr std::uint64_t central_bytes = 46;     // of one entry, without its names
constexpr std::uint64_t in_zip64 = 0xffffffff;  // a 32-bit field whose value is elsewhere
constexpr std::uint64_t encrypted = 1 << 0 | 1 << 6 | 1 << 13;  // flags: content or names
constexpr std::uint64_t largest_ratio = 1032;                   // deflate: 258 bytes from 2 bits

[[noreturn]] void fail(const Input& archive, std::uint64_t at, const std::string& what) {
  throw IoError(archive.name, fmt::format("byte {}", at), what);
}

// Reads little-endian fields one after the other.
class Fields {
 public:
  Fields(const Input& archive, std::uint64_t position) : archive_(archive), position_(position) {}

  std::uint64_t take(std::uint64_t size) {
    const std::string_view bytes = take_bytes(size);
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      value = value << 8 | static_cast<unsigned char>(bytes[i]);
    }
    return value;
  }
  std::string_view take_bytes(std::uint64_t size) {
    const std::uint64_t length = archive_.bytes.size();
    if (position_ > length || size > length - position_) {
      fail(archive_, std::min(position_, length),
           fmt::format("the archive is truncated; expected {} more bytes", size));
    }
    position_ += size;
    return archive_.bytes.substr(position_ - size, size);
  }
  void expect(std::uint64_t signature, const char* what) {
    const std::uint64_t at = position_;
    if (take(4) != signature) fail(archive_, at, fmt::format("damaged archive; expected {}", what));
  }
  std::uint64_t position() const { return position_; }

 private:
  const Input& archive_;
  std::uint64_t position_;
};

// The end of the archive tells where the directory is.
struct DirectoryPlace {
  std::uint64_t first = 0;
  std::uint64_t end = 0;
  std::uint64_t entries = 0;
};

std::uint64_t find_end_record(const Input& archive) {
  const std::uint64_t size = archive.bytes.size();
  constexpr std::uint64_t longest_comment = 0xffff;
  for (std::uint64_t back = end_bytes; back <= std::min(size, end_bytes + longest_comment);
       ++back) {
    const std::uint64_t at = size - back;
    if (archive.bytes.substr(at, 4) != "PK\x05\x06") continue;
    if (Fields(archive, at + end_bytes - 2).take(2) == back - end_bytes) return at;
  }
  fail(archive, size,
       "no zip directory at the end of the file; expected a .npz archive, perhaps it is truncated");
}

DirectoryPlace find_directory(const Input& archive) {
  const std::uint64_t end_at = find_end_record(archive);
  Fields end(archive, end_at);
  end.expect(end_signature, "the end record");
  std::uint64_t disk = end.take(2);
  std::uint64_t directory_disk = end.take(2);
  std::uint64_t entries_here = end.take(2);
  DirectoryPlace place;
  place.entries = end.take(2);
  std::uint64_t bytes = end.take(4);
  place.first = end.take(4);
  place.end = end_at;

  const bool has_locator = end_at >= locator64_bytes &&
                           archive.bytes.substr(end_at - locator64_bytes, 4) == "PK\x06\x07";
  const bool saturated = place.entries == 0xffff || bytes == in_zip64 || place.first == in_zip64;
  if (has_locator && saturated) {
    Fields locator(archive, end_at - locator64_bytes);
    locator.expect(locator64_signature, "the zip64 locator");
    locator.take(4);
    place.end = locator.take(8);
    if (place.end > end_at || end_at - place.end < end64_bytes + locator64_bytes) {
      fail(archive, end_at - locator64_bytes + 8,
           fmt::format("the zip64 record is claimed at byte {}; expected it before byte {}",
                       place.end, end_at - locator64_bytes));
    }
    Fields end64(archive, place.end);
    end64.expect(end64_signature, "the zip64 end record");
    end64.take(8 + 2 + 2);  // its size, versions
    disk = end64.take(4);
    directory_disk = end64.take(4);
    entries_here = end64.take(8);
    place.entries = end64.take(8);
    bytes = end64.take(8);
    place.first = end64.take(8);
  }
  if (disk != 0 || directory_disk != 0 || entries_here != place.entries) {
    fail(archive, end_at, "the archive spans several disks; expected one file");
  }
  if (bytes > place.end || place.first != place.end - bytes) {
    fail(archive, end_at,
         fmt::format("the directory is claimed at byte {} with {} bytes; expected it to end at "
                     "byte {}",
                     place.first, bytes, place.end));
  }
  if (place.entries > bytes / central_bytes) {
    fail(archive, end_at,
         fmt::format("{} members are claimed; a directory of {} bytes holds at most {}",
                     place.entries, bytes, bytes / central_bytes));
  }
  return place;
}

struct Sizes {
  std::uint64_t content;
  std::uint64_t packed;
  std::uint64_t header_at = 0;
};

// Replaces the saturated fields by those of the zip64 extra field (id 1), which lists the
// replacements alone, in this order.
void apply_zip64(const Input& archive, std::uint64_t at, std::uint64_t extra_bytes, Sizes& sizes) {
  Fields extra(archive, at);
  const std::uint64_t end = at + extra_bytes;
  while (end - extra.position() >= 4) {
    const std::uint64_t id = extra.take(2);
    const std::uint64_t size = extra.take(2);
    const std::uint64_t field_end = extra.position() + size;
    if (field_end > end)
      fail(archive, extra.position(), "damaged archive; an extra field runs over");
    if (id == 1) {
      for (std::uint64_t* value : {&sizes.content, &sizes.packed, &sizes.header_at}) {
        if (*value == in_zip64 && field_end - extra.position() >= 8) *value = extra.take(8);
      }
    }
    extra.take_bytes(field_end - extra.position());
  }
}

struct Entry {
  ZipMember member;
  std::uint64_t directory_at;  // its entry in the directory, for messages
  std::uint64_t first;         // of the bytes it occupies, local header included
  std::uint64_t end;
};

// Checks the local header against the directory and finds the packed bytes.
void locate(const Input& archive, const Sizes& sizes, std::uint64_t method, Entry& entry) {
  const std::string shown = printable(entry.member.name);
  Fields local(archive, sizes.header_at);
  local.expect(local_signature, "the local header of a member");
  local.take(2);
  const std::uint64_t local_flags = local.take(2);
  const std::uint64_t local_method = local.take(2);
  local.take(4);
  const std::uint64_t local_crc = local.take(4);
  Sizes local_sizes{};
  local_sizes.packed = local.take(4);
  local_sizes.content = local.take(4);
  const std::uint64_t name_bytes = local.take(2);
  const std::uint64_t extra_bytes = local.take(2);
  const std::string_view local_name = local.take_bytes(name_bytes);
  const std::uint64_t extra_at = local.position();
  local.take_bytes(extra_bytes);
  apply_zip64(archive, extra_at, extra_bytes, local_sizes);

  constexpr std::uint64_t sizes_follow = 1 << 3;  // then the local header does not know them
  const bool agrees = (local_flags & sizes_follow) != 0 ||
                      (local_crc == entry.member.crc && local_sizes.packed == sizes.packed &&
                       local_sizes.content == sizes.content);
  if (local_name != entry.member.name || local_method != method || !agrees ||
      (local_flags & encrypted) != 0) {
    fail(archive, sizes.header_at,
         fmt::format("the header of member '{}' disagrees with the directory at byte {}", shown,
                     entry.directory_at));
  }
  entry.first = sizes.header_at;
  entry.member.packed = local.take_bytes(sizes.packed);
  entry.end = local.position();
}

Entry read_entry(const Input& archive, Fields& central) {
  Entry entry{};
  entry.directory_at = central.position();
  central.expect(central_signature, "a directory entry");
  central.take(4);
  const std::uint64_t flags = central.take(2);
  const std::uint64_t method = central.take(2);
  central.take(4);
  entry.member.crc = static_cast<std::uint32_t>(central.take(4));
  Sizes sizes{};
  sizes.packed = central.take(4);
  sizes.content = central.take(4);
  const std::uint64_t name_bytes = central.take(2);
  const std::uint64_t extra_bytes = central.take(2);
  const std::uint64_t comment_bytes = central.take(2);
  central.take(2 + 2 + 4);
  sizes.header_at = central.take(4);
  entry.member.name = central.take_bytes(name_bytes);
  const std::uint64_t extra_at = central.position();
  central.take_bytes(extra_bytes);
  apply_zip64(archive, extra_at, extra_bytes, sizes);
  central.take_bytes(comment_bytes);

  const std::string shown = printable(entry.member.name);
  const auto refuse = [&](const std::string& what) {
    fail(archive, entry.directory_at, fmt::format("member '{}' {}", shown, what));
  };
  if ((flags & encrypted) != 0) refuse("is encrypted; expected a plain .npz archive");
  if (method != 0 && method != 8) {
    refuse(
        fmt::format("is packed by method {}; expected 0 (stored) or 8 (deflate); save it again "
                    "with numpy.savez or numpy.savez_compressed",
                    method));
  }
  entry.member.deflated = method == 8;
  entry.member.bytes = sizes.content;
  if (entry.member.deflated ? sizes.content / largest_ratio > sizes.packed
                            : sizes.content != sizes.packed) {
    refuse(fmt::format("claims {} bytes from {} packed ones, which is impossible", sizes.content,
                       sizes.packed));
  }
  locate(archive, sizes, method, entry);
  return entry;
}

// Overlapping members are how an archive of kilobytes pretends to hold terabytes.
void refuse_overlaps(const Input& archive, std::vector<Entry>& entries, std::uint64_t end) {
  std::vector<const Entry*> by_place;
  for (const Entry& entry : entries) by_place.push_back(&entry);
  std::sort(by_place.begin(), by_place.end(),
            [](const Entry* a, const Entry* b) { return a->first < b->first; });
  for (std::size_t i = 0; i < by_place.size(); ++i) {
    const std::uint64_t next = i + 1 < by_place.size() ? by_place[i + 1]->first : end;
    if (by_place[i]->end > next) {
      fail(archive, by_place[i]->directory_at,
           fmt::format("member '{}' overlaps what follows it at byte {}",
                       printable(by_place[i]->member.name), next));
    }
  }
}

// Inflates raw deflate data.
class Inflater {
 public:
  Inflater(const Input& archive, const ZipMember& member)
      : archive_(archive), member_(member), rest_(member.packed) {
    if (inflateInit2(&stream_, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Fills out as far as the data goes; returns the number of bytes written.
  std::uint64_t inflate_into(char* out, std::uint64_t size) {
    constexpr std::uint64_t step = std::numeric_limits<uInt>::max();  // zlib counts in 32 bits
    std::uint64_t written = 0;
    while (written < size && !ended_) {
      const uInt room = static_cast<uInt>(std::min(size - written, step));
      const uInt given = static_cast<uInt>(std::min<std::uint64_t>(rest_.size(), step));
      stream_.next_out = reinterpret_cast<Bytef*>(out + written);
      stream_.avail_out = room;
      // zlib does not write to its input; its type predates const.
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
      stream_.avail_in = given;
      const int status = inflate(&stream_, Z_NO_FLUSH);
      rest_.remove_prefix(given - stream_.avail_in);
      written += room - stream_.avail_out;
      ended_ = status == Z_STREAM_END;
      if (status == Z_MEM_ERROR) throw std::bad_alloc();
      if (status == Z_BUF_ERROR) refuse("its deflate data ends too early");
      if (status != Z_OK && !ended_) refuse("its deflate data is damaged");
    }
    return written;
  }

  // Throws IoError unless the data ends here.
  void expect_end() {
    char extra = 0;
    if (inflate_into(&extra, 1) > 0) {
      refuse(fmt::format("it inflates to more than the {} bytes it declares", member_.bytes));
    }
    if (!rest_.empty()) refuse(fmt::format("{} bytes follow its deflate data", rest_.size()));
  }

  [[noreturn]] void refuse(const std::string& what) const {
    const auto at = static_cast<std::uint64_t>(rest_.data() - archive_.bytes.data());
    fail(archive_, at, fmt::format("member '{}': {}", printable(member_.name), what));
  }

 private:
  const Input& archive_;
  const ZipMember& member_;
  std::string_view rest_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 200;
  std::string clean(text.substr(0, longest));
  for (char& c : clean) {
    if (c < ' ' || c > '~') c = '?';
  }
  return text.size() > longest ? clean + "..." : clean;
}

std::vector<ZipMember> read_zip_directory(const Input& archive) {
  const DirectoryPlace place = find_directory(archive);
  Fields central(archive, place.first);
  std::vector<Entry> entries;
  std::set<std::string> names;
  for (std::uint64_t i = 0; i < place.entries; ++i) {
    entries.push_back(read_entry(archive, central));
    const Entry& entry = entries.back();
    if (!names.insert(entry.member.name).second) {
      fail(archive, entry.directory_at,
           fmt::format("two members are named '{}'", printable(entry.member.name)));
    }
  }
  if (central.position() != place.end) {
    fail(archive, central.position(),
         fmt::format("the directory of {} members ends here; expected it to end at byte {}",
                     place.entries, place.end));
  }
  refuse_overlaps(archive, entries, place.first);
  std::vector<ZipMember> members;
  for (Entry& entry : entries) members.push_back(std::move(entry.member));
  return members;
}

std::string unpack_start(const Input& archive, const ZipMember& member, std::uint64_t limit) {
  const std::uint64_t size = std::min(limit, member.bytes);
  if (!member.deflated) return std::string(member.packed.substr(0, size));
  std::string start(size, '\0');
  start.resize(Inflater(archive, member).inflate_into(start.data(), size));
  return start;
}

Input unpack(const Input& archive, const ZipMember& member) {
  Input content;
  content.name = fmt::format("{}/{}", archive.name, printable(member.name));
  if (member.deflated) {
    // Not zero-filled: pages are touched only as far as the data really goes.
    std::shared_ptr<char[]> buffer = std::make_unique_for_overwrite<char[]>(member.bytes);
    Inflater inflater(archive, member);
    const std::uint64_t written = inflater.inflate_into(buffer.get(), member.bytes);
    if (written != member.bytes) {
      inflater.refuse(fmt::format("it inflates to {} bytes; expected the {} it declares", written,
                                  member.bytes));
    }
    inflater.expect_end();
    content.bytes = {buffer.get(), member.bytes};
    content.owner = std::move(buffer);
  } else {
    content.bytes = member.packed;
    content.owner = archive.owner;
    content.mapped = archive.mapped;
  }
  const auto* first = reinterpret_cast<const Bytef*>(content.bytes.data());
  const uLong crc = crc32_z(crc32_z(0, nullptr, 0), first, content.bytes.size());
  if (crc != member.crc) {
    throw IoError(content.name,
                  fmt::format("the checksum is {:08x}; expected {:08x}: the archive is damaged",
                              crc, member.crc));
  }
  return content;
}

}  // namespace eckart::io
