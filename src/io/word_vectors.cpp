#include "eckart/io/word_vectors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <vector>

#include "eckart/error.hpp"
#include "io/atomic_file.hpp"
#include "io/input.hpp"
#include "io/npy.hpp"
#include "io/number.hpp"
#include "io/readers.hpp"

namespace eckart::io {
namespace {

std::size_t size(index_t n) { return static_cast<std::size_t>(n); }

constexpr std::int32_t fasttext_magic = 793712314;
constexpr index_t most_dimensions = 1 << 20;

constexpr bool is_separator(char c) { return c == ' ' || c == '\t'; }

// Removes the next line from text and returns it, without its end.
std::string_view take_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (!line.empty() && is_separator(line.back())) line.remove_suffix(1);
  return line;
}

// Removes the last field of a line and returns it; empty when there is none.
std::string_view take_last(std::string_view& line) {
  std::size_t begin = line.size();
  while (begin > 0 && !is_separator(line[begin - 1])) --begin;
  const std::string_view field = line.substr(begin);
  line = line.substr(0, begin > 0 ? begin - 1 : 0);
  return field;
}

index_t count_fields(std::string_view line) {
  index_t count = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    count += !is_separator(line[i]) && (i == 0 || is_separator(line[i - 1]));
  }
  return count;
}

// Whether the line is two whole numbers, "TOKENS DIMENSIONS".
bool is_header(std::string_view line, index_t& tokens, index_t& dimensions) {
  const auto read = [](std::string_view field, index_t& value) {
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    return error == std::errc() && end == field.data() + field.size() && value >= 0;
  };
  if (count_fields(line) != 2) return false;
  const std::string_view second = take_last(line);
  while (!line.empty() && is_separator(line.back())) line.remove_suffix(1);
  return read(line, tokens) && read(second, dimensions);
}

}  // namespace

struct WordVectors::Source {
  Input input;
  WordFormat format = WordFormat::text;
  bool header = false;
  std::size_t begin = 0;  // of the first vector
  index_t stated = 0;     // tokens, by the header
  index_t dimensions = 0;
  mutable index_t counted = -1;
  AnyMatrix matrix;

  void open_text() {
    std::string_view rest = input.bytes;
    const std::string_view first = take_line(rest);
    index_t width = 0;
    std::string_view look = rest;
    const std::string_view second = take_line(look);
    // "3 4" may also be the token 3 with one number: the next line tells.
    header = is_header(first, stated, width) && width >= 1 && count_fields(second) > width;
    if (header) {
      begin = input.bytes.size() - rest.size();
      dimensions = width;
    } else {
      look = input.bytes;
      constexpr int lines = 10;
      dimensions = std::numeric_limits<index_t>::max();
      for (int i = 0; i < lines && !look.empty(); ++i) {
        dimensions = std::min(dimensions, count_fields(take_line(look)) - 1);
      }
    }
    if (dimensions < 1 || dimensions > most_dimensions) {
      throw IoError(input.name, "line 1",
                    "no word vectors: expected a token and its numbers on each line");
    }
  }

  void open_binary() {
    std::string_view rest = input.bytes;
    std::int32_t magic = 0;
    if (rest.size() >= sizeof magic) std::memcpy(&magic, rest.data(), sizeof magic);
    if (magic == fasttext_magic) {
      throw IoError(input.name,
                    "a model of fastText, which also holds n-grams; reduce its vectors, the .vec "
                    "file that fastText writes beside it");
    }
    header = is_header(take_line(rest), stated, dimensions) && dimensions >= 1;
    begin = input.bytes.size() - rest.size();
    const auto floats = std::uint64_t(rest.size()) / sizeof(float);
    const auto wanted = static_cast<std::uint64_t>(std::max<index_t>(0, stated));
    if (!header || dimensions > most_dimensions ||
        wanted > floats / static_cast<std::uint64_t>(std::max<index_t>(1, dimensions))) {
      throw IoError(input.name, "byte 0",
                    "expected word2vec's first line \"TOKENS DIMENSIONS\" and as many vectors");
    }
  }

  void each_line(const Each& each) const {
    std::string_view rest = input.bytes.substr(begin);
    std::vector<float> vector(size(dimensions));
    index_t line_number = header ? 2 : 1, row = 0;
    for (; !rest.empty(); ++line_number) {
      std::string_view line = take_line(rest);
      if (line.empty()) continue;
      const std::string where = fmt::format("line {}", line_number);
      for (index_t j = dimensions - 1; j >= 0; --j) {
        std::string_view field;
        do {
          field = take_last(line);
        } while (field.empty() && !line.empty());
        double value = 0;
        if (!is_real(field, value)) {
          throw IoError(input.name, where,
                        fmt::format("number {} of {} is {}; expected a token and {} numbers", j + 1,
                                    dimensions, quote(field), dimensions));
        }
        vector[size(j)] = static_cast<float>(value);
      }
      each(row++, line, vector);
    }
    counted = row;
  }

  void each_record(const Each& each) const {
    std::string_view rest = input.bytes.substr(begin);
    std::vector<float> vector(size(dimensions));
    const std::size_t bytes = vector.size() * sizeof(float);
    for (index_t row = 0; row < stated; ++row) {
      while (rest.starts_with('\n')) rest.remove_prefix(1);
      const std::size_t blank = rest.find(' ');
      if (blank == std::string_view::npos || rest.size() - blank - 1 < bytes) {
        throw IoError(input.name, fmt::format("byte {}", input.bytes.size()),
                      fmt::format("the file ends in vector {} of {}", row + 1, stated));
      }
      std::memcpy(vector.data(), rest.data() + blank + 1, bytes);
      each(row, rest.substr(0, blank), vector);
      rest.remove_prefix(blank + 1 + bytes);
    }
    counted = stated;
  }

  void each_row(const Each& each) const {
    std::visit(
        [&](const auto& A) {
          if constexpr (requires { A.row_major; }) {
            using T = std::remove_cvref_t<decltype(A(0, 0))>;
            if constexpr (!is_complex<T>) {
              std::vector<float> vector(size(dimensions));
              for (index_t i = 0; i < A.rows(); ++i) {
                for (index_t j = 0; j < dimensions; ++j) {
                  vector[size(j)] = static_cast<float>(A(i, j));
                }
                each(i, "", vector);
              }
              counted = A.rows();
            }
          }
        },
        matrix);
  }
};

WordVectors::WordVectors(const std::string& path) : source_(std::make_unique<Source>()) {
  Source& s = *source_;
  s.input = Input::open(path, 0);
  if (s.input.bytes.starts_with("\x93NUMPY")) {
    s.format = WordFormat::npy;
    s.matrix = read_npy(s.input, {});
    std::visit(
        [&](const auto& A) {
          if constexpr (requires { A.row_major; }) {
            if constexpr (!is_complex<std::remove_cvref_t<decltype(A(0, 0))>>) {
              s.dimensions = A.cols();
            }
          }
        },
        s.matrix);
    if (s.dimensions < 1) throw IoError(path, "expected a matrix of real numbers, a row per token");
  } else if (path.ends_with(".bin")) {
    s.format = WordFormat::binary;
    s.open_binary();
  } else {
    s.open_text();
  }
}

WordVectors::~WordVectors() = default;
WordVectors::WordVectors(WordVectors&&) noexcept = default;
WordFormat WordVectors::format() const { return source_->format; }
bool WordVectors::has_header() const { return source_->header; }
index_t WordVectors::dimensions() const { return source_->dimensions; }

index_t WordVectors::tokens() const {
  if (source_->counted < 0) for_each([](index_t, std::string_view, std::span<const float>) {});
  return source_->counted;
}

void WordVectors::for_each(const Each& each) const {
  if (source_->format == WordFormat::text) return source_->each_line(each);
  if (source_->format == WordFormat::binary) return source_->each_record(each);
  source_->each_row(each);
}

struct WordVectorWriter::Target {
  AtomicFile file;
  WordFormat format;
  std::string buffer;
  explicit Target(const std::string& path, WordFormat f) : file(path), format(f) {}
};

WordVectorWriter::WordVectorWriter(
    const std::string& path, WordFormat format, bool header, index_t tokens, index_t dimensions)
    : target_(std::make_unique<Target>(path, format)) {
  if (format == WordFormat::npy) {
    target_->file.write(format_npy_header("f4", {tokens, dimensions}));
  } else if (header) {
    target_->file.write(fmt::format("{} {}\n", tokens, dimensions));
  }
}

WordVectorWriter::~WordVectorWriter() = default;

void WordVectorWriter::write(std::string_view token, std::span<const float> vector) {
  std::string& buffer = target_->buffer;
  if (target_->format == WordFormat::text) {
    buffer += token;
    for (const float x : vector) fmt::format_to(std::back_inserter(buffer), " {:.6g}", x);
    buffer += '\n';
  } else {
    if (target_->format == WordFormat::binary) {
      buffer += token;
      buffer += ' ';
    }
    buffer.append(reinterpret_cast<const char*>(vector.data()), vector.size_bytes());
    if (target_->format == WordFormat::binary) buffer += '\n';
  }
  constexpr std::size_t enough = 1 << 20;
  if (buffer.size() < enough) return;
  target_->file.write(buffer);
  buffer.clear();
}

void WordVectorWriter::commit() {
  target_->file.write(target_->buffer);
  target_->buffer.clear();
  target_->file.commit();
}

}  // namespace eckart::io
