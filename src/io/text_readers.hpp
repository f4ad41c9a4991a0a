// One reader per format of text; eckart/io/text.hpp chooses.
#pragma once

#include <memory>
#include <string>

#include "eckart/io/text.hpp"
#include "eckart/text/documents.hpp"
#include "io/encoding.hpp"
#include "io/text_stream.hpp"

namespace eckart::io {

// The documents of one stream.
class TextReader {
 public:
  virtual ~TextReader() = default;
  // Gets the next document as UTF-8, or returns false at the end.
  virtual bool next(Document& document, TextDecoder& decoder) = 0;
};

// Returns the reader of a format; automatic: by the stream's name and first line.
// prefix stands in front of the names that are numbers.
std::unique_ptr<TextReader> make_text_reader(TextStream stream,
                                             const TextOptions& options,
                                             const std::string& prefix);

// The reader of csv and tsv.
std::unique_ptr<TextReader> make_table_reader(TextStream stream,
                                              char delimiter,
                                              const TextOptions& options,
                                              const std::string& prefix);

// Returns "a", "b" of "a,b".
std::vector<std::string> split_commas(const std::string& names);

}  // namespace eckart::io
