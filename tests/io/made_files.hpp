// Files made by hand, well formed or not, for the tests of the .npy and .npz readers.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "eckart/error.hpp"
#include "io/input.hpp"

namespace eckart::io::test {

// Returns the message of the IoError that body throws; "" if it throws none.
template <class Body>
std::string io_error_of(const Body& body) {
  try {
    body();
  } catch (const IoError& error) {
    return error.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Returns the bytes as an input at an address shift bytes past a multiple of 64.
inline Input input_of(const std::string& bytes,
                      const std::string& name = "made.npy",
                      std::size_t shift = 0) {
  auto buffer = std::make_shared<std::vector<char>>(bytes.size() + 128);
  const auto address = reinterpret_cast<std::uintptr_t>(buffer->data());
  char* start = buffer->data() + (64 - address % 64) + shift;
  std::copy(bytes.begin(), bytes.end(), start);
  Input input;
  input.name = name;
  input.bytes = {start, bytes.size()};
  input.owner = buffer;
  return input;
}

// Returns the value as size little-endian bytes.
inline std::string little(std::uint64_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(i < 8 ? value >> 8 * i & 0xff : 0);
  return bytes;
}

template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  std::memcpy(bytes.data(), std::data(values), bytes.size());
  return bytes;
}

// Returns a .npy file with that dictionary, padded as NumPy pads it, and those data.
inline std::string npy_file(std::string dictionary, const std::string& data, int version = 1) {
  const int length_bytes = version == 1 ? 2 : 4;
  while ((8 + static_cast<std::size_t>(length_bytes) + dictionary.size() + 1) % 64 != 0) {
    dictionary += ' ';
  }
  dictionary += '\n';
  return "\x93NUMPY" + little(static_cast<std::uint64_t>(version), 2) +
         little(dictionary.size(), length_bytes) + dictionary + data;
}

// Returns a .npy file of the type and the shape as Python writes it.
inline std::string npy_file_of(const std::string& type,
                               const std::string& shape,
                               const std::string& data,
                               bool fortran_order = false) {
  return npy_file("{'descr': '" + type + "', 'fortran_order': " +
                      (fortran_order ? "True" : "False") + ", 'shape': " + shape + ", }",
                  data);
}

// One member of a made archive; what is set by hand is a lie or an unusual form.
struct Member {
  std::string name = {};
  std::string content = {};
  bool deflated = false;
  std::optional<std::string> packed = {};  // in place of the deflated content
  bool zip64 = false;                      // sizes in extra fields
  bool sizes_follow = false;               // flag bit 3, with a data descriptor
  std::uint64_t flags = 0;
  std::optional<std::uint64_t> method = {};
  std::optional<std::uint64_t> claimed_bytes = {};
  std::optional<std::uint64_t> claimed_crc = {};
  std::optional<std::uint64_t> local_bytes = {};  // in the local header alone
  std::optional<std::string> local_name = {};
  std::optional<std::uint64_t> header_at = {};  // where the directory says it is
};

inline std::string deflate_raw(const std::string& content) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// Returns an archive of the members, with a zip64 end record if asked for.
inline std::string zip_file(const std::vector<Member>& members,
                            bool zip64_end = false,
                            const std::string& comment = "") {
  std::string file;
  std::string directory;
  for (const Member& m : members) {
    const std::string packed = m.packed     ? *m.packed
                               : m.deflated ? deflate_raw(m.content)
                                            : m.content;
    const std::uint64_t at = m.header_at.value_or(file.size());
    const std::uint64_t bytes = m.claimed_bytes.value_or(m.content.size());
    const std::uint64_t packed_bytes =
        m.claimed_bytes && !m.deflated ? *m.claimed_bytes : packed.size();
    const std::uint64_t crc = m.claimed_crc.value_or(crc32(
        0, reinterpret_cast<const Bytef*>(m.content.data()), static_cast<uInt>(m.content.size())));
    const std::uint64_t method = m.method.value_or(m.deflated ? 8 : 0);
    const std::uint64_t flags = m.flags | (m.sizes_follow ? 8U : 0U);
    const auto sizes = [&](std::uint64_t content_bytes) {
      return m.zip64 ? little(0xffffffff, 4) + little(0xffffffff, 4)
                     : little(packed_bytes, 4) + little(content_bytes, 4);
    };
    const auto extra = [&](std::uint64_t content_bytes) {
      return m.zip64
                 ? little(1, 2) + little(16, 2) + little(content_bytes, 8) + little(packed_bytes, 8)
                 : std::string();
    };
    const std::string& local_name = m.local_name ? *m.local_name : m.name;
    const std::uint64_t local_bytes = m.local_bytes.value_or(bytes);
    file += "PK\x03\x04" + little(45, 2) + little(flags, 2) + little(method, 2) + little(0, 4);
    file += m.sizes_follow ? little(0, 12) : little(crc, 4) + sizes(local_bytes);
    const std::string local_extra = m.sizes_follow ? "" : extra(local_bytes);
    file += little(local_name.size(), 2) + little(local_extra.size(), 2) + local_name +
            local_extra + packed;
    if (m.sizes_follow) {
      file += "PK\x07\x08" + little(crc, 4) + little(packed_bytes, 4) + little(bytes, 4);
    }
    directory += "PK\x01\x02" + little(45, 2) + little(45, 2) + little(flags, 2) +
                 little(method, 2) + little(0, 4) + little(crc, 4) + sizes(bytes) +
                 little(m.name.size(), 2) + little(extra(bytes).size(), 2) + little(0, 2) +
                 little(0, 8) + little(at, 4) + m.name + extra(bytes);
  }
  const std::uint64_t at = file.size();
  const std::uint64_t count = members.size();
  file += directory;
  if (zip64_end) {
    const std::uint64_t record_at = file.size();
    file += "PK\x06\x06" + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) +
            little(count, 8) + little(count, 8) + little(directory.size(), 8) + little(at, 8);
    file += "PK\x06\x07" + little(0, 4) + little(record_at, 8) + little(1, 4);
    file += "PK\x05\x06" + little(0, 4) + little(0xffff, 2) + little(0xffff, 2) +
            little(0xffffffff, 4) + little(0xffffffff, 4);
  } else {
    file += "PK\x05\x06" + little(0, 4) + little(count, 2) + little(count, 2) +
            little(directory.size(), 4) + little(at, 4);
  }
  return file + little(comment.size(), 2) + comment;
}

// A folder that goes with everything in it at the end of the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "eckart-test-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  // The number of entries, hidden ones included.
  std::ptrdiff_t entries() const {
    return std::distance(std::filesystem::directory_iterator(path_), {});
  }

 private:
  std::string path_;
};

inline std::string read_all(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_all(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Returns true if the Python of the system has NumPy and SciPy.
inline bool has_numpy() {
  return std::system("/usr/bin/python3 -c 'import numpy, scipy.sparse' 2> /dev/null") == 0;
}

// Runs a script that sees the folder as sys.argv[1]. Returns true if it ended well.
inline bool run_python(const std::string& script, const TemporaryDirectory& folder) {
  const std::string file = folder / "script.py";
  write_all(file, script);
  const bool good = std::system(("/usr/bin/python3 -B " + file + " " + folder.path()).c_str()) == 0;
  std::filesystem::remove(file);
  return good;
}

}  // namespace eckart::io::test
