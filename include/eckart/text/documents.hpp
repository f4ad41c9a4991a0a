// eckart/text/documents.hpp - a collection of documents, one after the other.
#pragma once

#include <string>

#include "eckart/types.hpp"

namespace eckart {

struct Document {
  std::string name;  // what people call it: a path, an identifier, a line number
  std::string text;  // UTF-8 without NUL
};

// What a source had to change so that its documents are UTF-8 without NUL.
struct TextRepairs {
  index_t documents = 0;          // in which anything below was found
  index_t invalid_sequences = 0;  // bytes that are not UTF-8, replaced by U+FFFD
  index_t nul_bytes = 0;          // replaced by a blank
  index_t latin1_documents = 0;   // read as Latin-1, because they were not UTF-8
  std::string first = {};         // the name of the first such document
};

// Documents of a collection that need not fit into memory.
class DocumentSource {
 public:
  virtual ~DocumentSource() = default;

  // Fills document and returns true, or returns false behind the last one.
  virtual bool next(Document& document) = 0;

  // What was changed so far.
  virtual const TextRepairs& repairs() const = 0;
};

}  // namespace eckart
