#include "eckart/io/matrix_file.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>

#include "eckart/error.hpp"
#include "io/input.hpp"
#include "io/readers.hpp"
#include "io/tensor_readers.hpp"
#include "io/text_stream.hpp"
#include "io/zip.hpp"

namespace eckart::io {
namespace {

constexpr const char* supported =
    "supported are .npy, .npz, MatrixMarket (.mtx), and tables of numbers (.csv, .tsv), "
    "each also compressed with gzip, and FILE.safetensors#TENSOR";

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

// text must be in lower case.
bool ends_with(std::string_view name, std::string_view text) {
  return name.size() >= text.size() &&
         std::equal(text.begin(), text.end(), name.end() - static_cast<std::ptrdiff_t>(text.size()),
                    [](char a, char b) { return a == lower(b); });
}

std::optional<Format> format_by_extension(std::string_view name) {
  if (ends_with(name, ".gz")) name.remove_suffix(3);
  struct Extension {
    std::string_view text;
    Format format;
  };
  constexpr std::array extensions = {
      Extension{".npy", Format::npy},           Extension{".npz", Format::npz},
      Extension{".mtx", Format::matrix_market}, Extension{".csv", Format::csv},
      Extension{".tsv", Format::tsv},           Extension{".safetensors", Format::safetensors},
  };
  for (const Extension& extension : extensions) {
    if (ends_with(name, extension.text)) return extension.format;
  }
  return std::nullopt;
}

std::optional<Format> format_by_content(std::string_view bytes) {
  if (bytes.starts_with("\x93NUMPY")) return Format::npy;
  if (bytes.starts_with("PK\x03\x04") || bytes.starts_with("PK\x05\x06")) return Format::npz;
  if (bytes.starts_with("%%")) return Format::matrix_market;
  if (looks_like_safetensors(bytes)) return Format::safetensors;
  // Text of any encoding is left to the table reader, which says what is wrong with it.
  constexpr std::size_t looked_at = 4096;
  const std::string_view start = bytes.substr(0, looked_at);
  const bool utf16 = start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF");
  const auto control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && (c < '\t' || c > '\r');
  };
  if (utf16 || std::none_of(start.begin(), start.end(), control)) return Format::csv;
  return std::nullopt;
}

Format choose_format(const Input& input, const ReadOptions& options) {
  if (options.format != Format::automatic) return options.format;
  if (const auto format = format_by_extension(input.name)) return *format;
  if (const auto format = format_by_content(input.bytes)) return *format;
  throw IoError(input.name, std::string("the format is not recognised; ") + supported);
}

// Splits "FILE.safetensors#TENSOR", also of an index.json or a folder. A file of the whole name
// goes first: # is a character like others.
std::optional<std::pair<std::string, std::string>> split_tensor_name(const std::string& source) {
  std::error_code ignored;
  if (std::filesystem::exists(source, ignored)) return std::nullopt;
  for (std::size_t at = source.find('#'); at != std::string::npos; at = source.find('#', at + 1)) {
    const std::string file = source.substr(0, at);
    const bool model = ends_with(file, ".safetensors") || ends_with(file, ".json") ||
                       std::filesystem::is_directory(file, ignored);
    if (at > 0 && model) return std::pair(file, source.substr(at + 1));
  }
  return std::nullopt;
}

// The tensor of the model that the name says, or its only one.
AnyMatrix read_tensor(const Model& model, const std::string& name) {
  if (name.empty() && model.tensors.size() == 1) return to_matrix(model.tensors.front());
  if (const Tensor* tensor = model.find(name)) return to_matrix(*tensor);
  std::string names;
  constexpr std::size_t most = 10;
  for (std::size_t i = 0; i < std::min(most, model.tensors.size()); ++i) {
    names += (i > 0 ? ", " : "") + printable(model.tensors[i].name);
  }
  if (model.tensors.size() > most) names += ", ...";
  throw IoError(model.path, name.empty()
                                ? "it holds " + std::to_string(model.tensors.size()) +
                                      " tensors; name one as FILE#TENSOR: " + names
                                : "no tensor '" + printable(name) + "'; it holds " + names);
}

}  // namespace

Format format_of(const std::string& source, Format said) {
  const std::size_t start = source.find_first_not_of(" \t\n");
  const bool literal = start != std::string::npos && source[start] == '[';
  if (literal || split_tensor_name(source)) return Format::automatic;
  if (said != Format::automatic) return said;
  if (const auto format = format_by_extension(source)) return *format;
  if (source == "-") return Format::automatic;
  std::string bytes;
  TextStream::open(source, UINT64_MAX).append_block(bytes);
  if (const auto format = format_by_content(bytes)) return *format;
  throw IoError(source, std::string("the format is not recognised; ") + supported);
}

AnyMatrix read_matrix(const std::string& source, const ReadOptions& options) {
  require(!source.empty(),
          "the name of the matrix is empty; expected a file, - for standard input, or numbers such "
          "as [[3,2],[2,3]]");
  const std::size_t start = source.find_first_not_of(" \t\n");
  if (start != std::string::npos && source[start] == '[') return read_literal(source);
  if (const auto place = split_tensor_name(source)) {
    return read_tensor(read_model(place->first, options.max_bytes), place->second);
  }
  const Input input = Input::open(source, options.max_bytes);
  switch (choose_format(input, options)) {
    case Format::npy:
      return read_npy(input, options);
    case Format::npz:
      return read_npz(input, options);
    case Format::matrix_market:
      return read_matrix_market(input, options);
    case Format::safetensors: {
      TensorFile file = read_safetensors(input);
      return read_tensor({source, std::move(file.tensors), {}, {}}, "");
    }
    case Format::tsv:
      return read_delimited(input, '\t', options);
    case Format::csv:
    case Format::automatic:
      break;
  }
  return read_delimited(input, '\0', options);
}

}  // namespace eckart::io
