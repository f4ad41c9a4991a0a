// safetensors: a length N, N bytes of JSON that name the tensors and their places, the numbers.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>

#include "eckart/error.hpp"
#include "io/tensor_readers.hpp"
#include "io/zip.hpp"

namespace eckart::io {
namespace {

using json = nlohmann::json;

constexpr std::uint64_t length_bytes = 8;
constexpr std::uint64_t largest_header = 100'000'000;  // as in the reference
constexpr std::size_t largest_rank = 32;
constexpr std::size_t largest_depth = 16;

// What one tensor's entry of the header says.
struct Entry {
  std::string name;
  std::optional<ElementType> type;
  std::optional<std::vector<std::uint64_t>> shape;
  std::optional<std::vector<std::uint64_t>> offsets;  // BEGIN, END in the buffer
};

std::uint64_t read_length(std::string_view bytes) {
  std::uint64_t length = 0;
  for (unsigned i = 0; i < length_bytes; ++i) {
    length |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return length;
}

// Takes the header's JSON event by event: a key that stands twice is noticed, and a hostile header
// costs no more memory than its tensors.
class HeaderReader : public nlohmann::json_sax<json> {
 public:
  HeaderReader(const std::string& file, std::vector<Entry>& entries, Metadata& metadata)
      : file_(file), entries_(entries), metadata_(metadata) {}

  bool null() override { return scalar("null"); }
  bool boolean(bool) override { return scalar("a truth value"); }
  bool number_integer(number_integer_t) override { return scalar("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return scalar("a number that is not a whole one of 64 bits");
  }
  bool binary(binary_t&) override { return scalar("bytes"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (list_ == nullptr) return scalar("a number");
    if (list_->size() >= largest_rank) {
      fail(fmt::format("more than {} numbers", largest_rank));
    }
    list_->push_back(value);
    return true;
  }

  bool string(string_t& value) override {
    if (in_metadata_ && depth_ == 2) {
      metadata_[key_] = value;
      return true;
    }
    if (depth_ == 2 && key_ == "dtype") {
      try {
        entry().type = element_type(value);
      } catch (const InvalidArgument& error) {
        fail(error.what());
      }
      return true;
    }
    return scalar("text");
  }

  bool start_object(std::size_t) override {
    if (depth_ == 1) {
      in_metadata_ = key_ == "__metadata__";
      if (!in_metadata_) entries_.push_back({key_, {}, {}, {}});
      inner_keys_.clear();
    } else if (depth_ >= 2) {
      scalar("an object");
    }
    return enter();
  }
  bool key(string_t& name) override {
    if (depth_ == 1) {
      key_ = name;
      if (!names_.insert(name).second) {
        fail_header(fmt::format("the name '{}' stands twice; expected each once", printable(name)));
      }
    } else if (depth_ == 2) {
      key_ = name;
      if (!inner_keys_.insert(name).second) {
        fail(fmt::format("the key '{}' stands twice; expected it once", printable(name)));
      }
    }
    return true;
  }
  bool end_object() override {
    --depth_;
    if (depth_ == 1) in_metadata_ = false;
    return true;
  }

  bool start_array(std::size_t) override {
    if (depth_ == 0) fail_header("it is a list; expected an object { }");
    if (depth_ == 1) scalar("a list");
    if (depth_ == 2 && !in_metadata_ && (key_ == "shape" || key_ == "data_offsets")) {
      auto& list = key_ == "shape" ? entry().shape : entry().offsets;
      list.emplace();
      list_ = &*list;
    } else {
      scalar("a list");
    }
    return enter();
  }
  bool end_array() override {
    --depth_;
    if (depth_ == 2) list_ = nullptr;
    return true;
  }

  bool parse_error(std::size_t position,
                   const std::string&,
                   const json::exception& error) override {
    std::string text = error.what();
    if (const auto at = text.find("syntax error"); at != std::string::npos) text.erase(0, at);
    throw IoError(file_, fmt::format("byte {}", length_bytes + position - (position > 0)),
                  "the header is not valid JSON in UTF-8: " + printable(text));
  }

 private:
  Entry& entry() { return entries_.back(); }

  bool enter() {
    if (++depth_ <= largest_depth) return true;
    fail_header(fmt::format("it nests deeper than {} levels", largest_depth));
  }

  // A value of a kind that is wrong wherever the format says what stands there. Other keys of an
  // entry may hold anything.
  bool scalar(const std::string& what) {
    if (depth_ == 0) fail_header("it is " + what + "; expected an object { }");
    if (depth_ == 1) {
      fail_header(fmt::format("'{}' is {}; expected an object", printable(key_), what));
    }
    if (in_metadata_) fail("its values must be text; '" + printable(key_) + "' is " + what);
    if (list_ != nullptr) fail(fmt::format("{} in '{}'; expected whole numbers", what, key_));
    if (depth_ == 2 && (key_ == "dtype" || key_ == "shape" || key_ == "data_offsets")) {
      const char* expected = key_ == "dtype" ? "text such as \"F32\"" : "a list of whole numbers";
      fail(fmt::format("'{}' is {}; expected {}", key_, what, expected));
    }
    return true;
  }

  [[noreturn]] void fail_header(const std::string& what) const {
    throw IoError(file_, "the header: " + what);
  }
  [[noreturn]] void fail(const std::string& what) const {
    const std::string where =
        in_metadata_ ? "__metadata__" : fmt::format("tensor '{}'", printable(entries_.back().name));
    throw IoError(file_, where + ": " + what);
  }

  const std::string& file_;
  std::vector<Entry>& entries_;
  Metadata& metadata_;
  std::unordered_set<std::string> names_, inner_keys_;
  std::string key_;
  std::vector<std::uint64_t>* list_ = nullptr;  // the array that is being read
  std::size_t depth_ = 0;
  bool in_metadata_ = false;
};

// Throws IoError unless the entry is complete and its size is that of its shape.
Tensor check_entry(const Entry& entry, const std::string& file, std::uint64_t& begin) {
  const auto fail = [&](const std::string& what) {
    throw IoError(file, fmt::format("tensor '{}': {}", printable(entry.name), what));
  };
  if (!entry.type) fail("'dtype' is missing");
  if (!entry.shape) fail("'shape' is missing");
  if (!entry.offsets) fail("'data_offsets' is missing");
  if (entry.offsets->size() != 2) {
    fail(fmt::format("'data_offsets' holds {} numbers; expected 2", entry.offsets->size()));
  }
  Tensor tensor{entry.name, *entry.type, {}, {}, {}, false};
  // An empty tensor is held to the same limit, so that no part of its shape overflows either.
  std::uint64_t count = 1, bits = 0;
  bool fits = true, empty = false;
  for (const std::uint64_t n : *entry.shape) {
    empty = empty || n == 0;
    fits = fits && n <= INT64_MAX &&
           !__builtin_mul_overflow(count, std::max<std::uint64_t>(n, 1), &count);
    tensor.shape.push_back(static_cast<index_t>(n));
  }
  fits = fits && count <= INT64_MAX &&
         !__builtin_mul_overflow(count, static_cast<std::uint64_t>(bits_of(*entry.type)), &bits);
  if (empty) bits = 0;
  if (!fits)
    fail(
        fmt::format("the shape {} has more elements than 64 bits can count", format_shape(tensor)));
  if (bits % 8 != 0) {
    fail(
        fmt::format("{} elements of {} bits do not fill whole bytes", count, bits_of(*entry.type)));
  }
  begin = (*entry.offsets)[0];
  const std::uint64_t end = (*entry.offsets)[1];
  if (end < begin) fail(fmt::format("it ends at {} before it begins at {}", end, begin));
  if (end - begin != bits / 8) {
    fail(fmt::format("shape {} of {} needs {} bytes; data_offsets hold {}", format_shape(tensor),
                     to_string(tensor.type), bits / 8, end - begin));
  }
  return tensor;
}

}  // namespace

bool looks_like_safetensors(std::string_view bytes) {
  return bytes.size() > length_bytes && bytes[length_bytes] == '{' &&
         read_length(bytes) <= largest_header;
}

void sort_by_name(std::vector<Tensor>& tensors, const std::string& file) {
  std::sort(tensors.begin(), tensors.end(),
            [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
  const auto twice =
      std::adjacent_find(tensors.begin(), tensors.end(),
                         [](const Tensor& a, const Tensor& b) { return a.name == b.name; });
  if (twice == tensors.end()) return;
  throw IoError(file, fmt::format("two tensors are called '{}'", printable(twice->name)));
}

TensorFile read_safetensors(const Input& input) {
  const std::string_view bytes = input.bytes;
  if (bytes.size() < length_bytes) {
    throw IoError(input.name, fmt::format("it has {} bytes; a safetensors file begins with 8 that "
                                          "hold the length of its header",
                                          bytes.size()));
  }
  const std::uint64_t length = read_length(bytes);
  if (length > largest_header) {
    throw IoError(input.name, "byte 0",
                  fmt::format("the header is said to have {} bytes; at most {} are allowed", length,
                              largest_header));
  }
  if (length > bytes.size() - length_bytes) {
    throw IoError(input.name, "byte 0",
                  fmt::format("the header is said to have {} bytes; the file has {} more", length,
                              bytes.size() - length_bytes));
  }
  const std::string_view header = bytes.substr(length_bytes, static_cast<std::size_t>(length));
  if (header.empty() || header.front() != '{') {
    throw IoError(input.name, "byte 8", "the header does not begin with '{'");
  }
  TensorFile file;
  std::vector<Entry> entries;
  HeaderReader reader(input.name, entries, file.metadata);
  json::sax_parse(header, &reader);
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    return a.offsets.value_or(std::vector<std::uint64_t>()) <
           b.offsets.value_or(std::vector<std::uint64_t>());
  });

  const std::string_view buffer = bytes.substr(length_bytes + static_cast<std::size_t>(length));
  std::uint64_t end = 0;
  for (const Entry& entry : entries) {
    std::uint64_t begin = 0;
    Tensor tensor = check_entry(entry, input.name, begin);
    if (begin != end) {
      throw IoError(input.name, fmt::format("tensor '{}' begins at {} of the buffer, but the one "
                                            "before it ends at {}: {}",
                                            printable(entry.name), begin, end,
                                            begin > end ? "there is a hole" : "they overlap"));
    }
    end = (*entry.offsets)[1];
    if (end > buffer.size()) {
      throw IoError(input.name,
                    fmt::format("tensor '{}' ends at byte {} of the file, which has {}; is it cut "
                                "short?",
                                printable(entry.name), length_bytes + length + end, bytes.size()));
    }
    tensor.data =
        buffer.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
    tensor.owner = input.owner;
    tensor.mapped = input.mapped;
    file.tensors.push_back(std::move(tensor));
  }
  if (end != buffer.size()) {
    throw IoError(
        input.name, fmt::format("byte {}", length_bytes + length + end),
        fmt::format("{} bytes follow the last tensor; expected none", buffer.size() - end));
  }
  sort_by_name(file.tensors, input.name);
  return file;
}

}  // namespace eckart::io
