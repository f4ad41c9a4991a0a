// A folder for readers that open files by name: in memory where the system has such a place.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace eckart::fuzz {

class Folder {
 public:
  Folder() {
    const bool in_memory = std::filesystem::is_directory("/dev/shm");
    std::string path = (in_memory ? "/dev/shm" : "/tmp") + std::string("/eckart-fuzz-XXXXXX");
    if (mkdtemp(path.data()) == nullptr) std::abort();
    path_ = path;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  // Returns the path of a file with those bytes.
  std::string write(const std::string& name, std::string_view bytes) const {
    const std::string path = *this / name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }

 private:
  std::string path_;
};

// Takes a part off the front: a length of two bytes, and so many bytes or what is left.
inline std::string_view take_part(std::string_view& bytes) {
  if (bytes.size() < 2) return {};
  const auto low = static_cast<unsigned char>(bytes[0]);
  const auto high = static_cast<unsigned char>(bytes[1]);
  const std::string_view part = bytes.substr(2, low + 256U * high);
  bytes.remove_prefix(2 + part.size());
  return part;
}

}  // namespace eckart::fuzz
