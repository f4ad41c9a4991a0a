// The bytes of one source: a file, standard input, or the text of the command line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace eckart::io {

// All bytes of a source, mapped when it is a regular file and read otherwise.
// gzip data is inflated while opening.
struct Input {
  std::string name;               // for messages: the path, or "standard input"
  std::string_view bytes;
  std::shared_ptr<const void> owner;  // keeps bytes alive (mapping or buffer)
  bool mapped = false;            // bytes are the file itself, page by page

  // Returns the input at path ("-" is standard input). max_bytes limits what is read into
  // memory (not what is mapped); 0 means no limit.
  // Throws IoError (missing, unreadable, a directory, truncated gzip), MemoryLimit.
  static Input open(const std::string& path, std::uint64_t max_bytes);
};

}  // namespace eckart::io
