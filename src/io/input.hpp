// The bytes of one source: a file, standard input, or the text of the command line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace eckart::io {

// All bytes of a source, mapped when it is a large regular file and read otherwise.
// gzip data is inflated while opening.
//
// A mapped file must not be made shorter by another program while it is in use: the system then
// kills whoever reads beyond the new end, unless mapped_files.hpp guards it. Replacing it (write a
// new file, rename) is harmless.
struct Input {
  std::string name;                   // for messages: the path, or "standard input"
  std::string_view bytes;             // never empty
  std::shared_ptr<const void> owner;  // keeps bytes alive (mapping or buffer)
  bool mapped = false;                // bytes are the file itself, page by page

  // Returns the input at path ("-" is standard input). max_bytes limits what is read into
  // memory (not what is mapped); 0 means the memory of this machine.
  // Throws IoError (missing, unreadable, a directory, a device other than a terminal, empty,
  // truncated or corrupt gzip), MemoryLimit.
  // expected says in messages what the file should hold.
  static Input open(const std::string& path,
                    std::uint64_t max_bytes,
                    const std::string& expected = "a matrix");
};

}  // namespace eckart::io
