// Which files hold a matrix that can stay there, and the operators over them.
#include "eckart/io/file_operator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <sstream>
#include <system_error>
#include <utility>
#include <vector>

#include "core/hash.hpp"
#include "eckart/error.hpp"
#include "io/csr_file.hpp"
#include "io/dense_tiles.hpp"
#include "io/input.hpp"

namespace eckart::io {
namespace {

namespace fs = std::filesystem;

bool ends_with(const std::string& name, std::string_view extension) {
  return name.size() > extension.size() && name.ends_with(extension);
}

// Text by characters, runs of digits by their number: block2 before block10.
bool before(const std::string& a, const std::string& b) {
  const auto digit = [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; };
  std::size_t i = 0, j = 0;
  while (i < a.size() && j < b.size()) {
    if (!digit(a[i]) || !digit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [&](const std::string& text, std::size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const std::size_t first = at;
      while (at < text.size() && digit(text[at])) ++at;
      return text.substr(first, at - first);
    };
    const std::string m = number(a, i), n = number(b, j);
    if (m.size() != n.size()) return m.size() < n.size();
    if (m != n) return m < n;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

std::vector<std::string> blocks_of_folder(const std::string& folder) {
  std::vector<std::string> blocks;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (ends_with(name, ".npy") && name[0] != '.') blocks.push_back(it->path().string());
  }
  if (error) throw IoError(folder, "cannot be listed: " + error.message());
  if (blocks.empty()) throw IoError(folder, "holds no .npy file; expected blocks of rows");
  std::sort(blocks.begin(), blocks.end(), before);
  return blocks;
}

std::vector<std::string> blocks_of_list(const std::string& list) {
  const Input input = Input::open(list, 0, "the names of .npy files");
  std::istringstream lines{std::string(input.bytes)};
  std::vector<std::string> blocks;
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    blocks.push_back((fs::path(list).parent_path() / line).string());
  }
  if (blocks.empty()) throw IoError(list, "names no file; expected one .npy file a line");
  return blocks;
}

std::vector<std::string> paths_of(const std::string& source) {
  if (fs::is_directory(source)) return blocks_of_folder(source);
  if (ends_with(source, ".list")) return blocks_of_list(source);
  return {source};
}

AnyOperator operator_over(std::shared_ptr<TileSource> tiles) {
  const Element element = tiles->element();
  if (becomes<float>(element)) return make_tiled<float>(std::move(tiles));
  if (becomes<std::complex<float>>(element)) {
    return make_tiled<std::complex<float>>(std::move(tiles));
  }
  if (becomes<std::complex<double>>(element)) {
    return make_tiled<std::complex<double>>(std::move(tiles));
  }
  return make_tiled<double>(std::move(tiles));
}

}  // namespace

bool stays_in_file(const std::string& source) {
  std::error_code error;
  if (fs::is_directory(source, error)) {
    for (fs::directory_iterator it(source, error), end; !error && it != end; it.increment(error)) {
      if (ends_with(it->path().filename().string(), ".npy")) return true;
    }
    return false;
  }
  return ends_with(source, ".npy") || ends_with(source, ".csr") || ends_with(source, ".list");
}

FileOperator open_file_operator(const std::string& source, const FileOperatorOptions& options) {
  constexpr std::uint64_t least_tile = 4096;
  require(options.tile_bytes >= least_tile,
          fmt::format("tile_bytes must be >= {}, got {}", least_tile, options.tile_bytes));
  const bool described = options.rows >= 0 || options.cols >= 0 || !options.element.empty();
  if (!described && !stays_in_file(source)) {
    if (!fs::exists(source)) throw IoError(source, "no such file");
    throw IoError(source,
                  "cannot be read where it is; expected .npy, a folder or .list of .npy blocks, "
                  ".csr, or a raw file with its shape and element type");
  }
  FileOperator result;
  std::uint64_t fingerprint = 0;
  std::shared_ptr<TileSource> tiles;
  const auto note = [&](const PartFile& file) {
    const std::uint64_t part = file.fingerprint();
    fingerprint = core::hash_bytes(&part, sizeof part, fingerprint);
    result.file_bytes += file.bytes();
  };
  if (!described && ends_with(source, ".csr")) {
    PartFile file(source);
    note(file);
    result.sparse = true;
    result.stored_entries = read_csr_header(file).entries;
    tiles = make_csr_tiles(std::move(file), options.tile_bytes);
  } else {
    std::vector<DensePart> parts;
    for (const std::string& path : paths_of(source)) {
      parts.push_back(described ? open_raw_part(path, options) : open_npy_part(path));
      note(parts.back().file);
    }
    tiles = make_dense_tiles(std::move(parts), options.tile_bytes);
    result.stored_entries = tiles->rows() * tiles->cols();
  }
  const std::uint64_t layout[] = {
      fingerprint, options.tile_bytes, static_cast<std::uint64_t>(tiles->element()),
      static_cast<std::uint64_t>(tiles->rows()), static_cast<std::uint64_t>(options.fortran_order)};
  result.fingerprint = fmt::format("{:016x}", core::hash_bytes(layout, sizeof layout));
  result.element = tiles->element();
  result.A = operator_over(std::move(tiles));
  return result;
}

}  // namespace eckart::io
