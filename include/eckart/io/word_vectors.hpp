// eckart/io/word_vectors.hpp - files of word vectors, read and written row by row.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "eckart/types.hpp"

namespace eckart::io {

enum class WordFormat {
  text,    // TOKEN x1 ... xD on each line, perhaps after a line "TOKENS D"
  binary,  // word2vec: "TOKENS D", then TOKEN, a blank, D floats
  npy,     // a matrix without tokens
};

// A file of word vectors. Tokens are bytes: blanks and what is not UTF-8 are kept as they are.
//
// Text: the last D fields of a line are numbers, the rest is the token; D is what the first line
// says, or the fewest fields less one of the first lines. Binary: floats, little-endian.
class WordVectors {
 public:
  // Throws IoError naming the line or byte, also for fastText's .bin, which is another format.
  explicit WordVectors(const std::string& path);
  ~WordVectors();
  WordVectors(WordVectors&&) noexcept;

  WordFormat format() const;
  bool has_header() const;
  index_t dimensions() const;
  // Counted, whatever the header says.
  index_t tokens() const;

  // Calls each(i, token, vector) in the order of the file. The first call parses every line: what
  // is wrong with one is an IoError then.
  using Each = std::function<void(index_t, std::string_view, std::span<const float>)>;
  void for_each(const Each& each) const;

 private:
  struct Source;
  std::unique_ptr<Source> source_;
};

// Writes a file of word vectors, atomically: it appears complete with commit().
class WordVectorWriter {
 public:
  WordVectorWriter(
      const std::string& path, WordFormat format, bool header, index_t tokens, index_t dimensions);
  ~WordVectorWriter();

  void write(std::string_view token, std::span<const float> vector);
  void commit();

 private:
  struct Target;
  std::unique_ptr<Target> target_;
};

}  // namespace eckart::io
