// eckart/io/text.hpp - documents from files, folders, archives, tables and mail boxes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "eckart/text/documents.hpp"

namespace eckart::io {

enum class TextFormat { automatic, file, lines, csv, tsv, jsonl, mbox, smart };
const char* to_string(TextFormat format);
// Throws InvalidArgument naming the known formats.
TextFormat text_format_from_string(const std::string& name);

enum class TextEncoding {
  utf8,    // what is not UTF-8 is replaced by U+FFFD, and counted
  latin1,  // every byte is a character
  mixed,   // a document that is not UTF-8 is Latin-1
};

struct TextOptions {
  // automatic: .csv .tsv .jsonl .ndjson .mbox by the name (in any case, also with .gz), SMART by
  // its first line ".I 1"; any other file is one document. A folder and a .zip are their files,
  // a document each.
  TextFormat format = TextFormat::automatic;

  // What automatic takes a file for that shows no format; of queries it is lines.
  TextFormat otherwise = TextFormat::file;

  TextEncoding encoding = TextEncoding::utf8;

  // The text of a table: the name of a column, or its number from 1; several, separated by commas,
  // are joined by a blank. Of JSON lines: the keys. Empty: a table's only column, or the key
  // "text".
  std::string column = {};

  // What names the documents of a table, likewise. Empty: they are numbered.
  std::string id_column = {};

  // Whether the first row of a table holds names.
  bool header = true;

  // The files of a folder or .zip that are documents, by a shell pattern for the last part of
  // their name. Hidden files never are.
  std::string match = "*";

  // Refuse longer documents: IoError.
  std::uint64_t max_document_bytes = std::uint64_t{1} << 30;
};

// Returns the documents of all paths, one path after the other; "-" is standard input, gzip is
// inflated on the way. Files of a folder come sorted by name, those below it included.
//
// file   one document, named by the path
// lines  a document each line, named by the number of the line
// csv    fields separated by commas, or by semicolons if the first line has more of them; quotes
//        as in RFC 4180: a field in quotes may hold separators, line ends and doubled quotes
// tsv    fields separated by tabs; quotes are ordinary characters
// jsonl  an object each line
// mbox   messages that begin with a line "From ...": subject and body; named by the Message-ID or
//        the number. Encoded bodies stay as they are
// smart  .I starts a document and names it; its text is that of .T and .W
//
// Text comes out as UTF-8 without NUL, whatever the bytes were: see TextEncoding and TextRepairs.
// A byte-order mark is dropped; behind one of UTF-16 the file is decoded as that.
// Empty documents are documents.
//
// Cost: one pass over the bytes; memory for the longest document and a buffer of 256 KiB; a .zip
// is mapped.
// Throws InvalidArgument if paths is empty; IoError, at once or from next(), naming file and line
// of what cannot be read: a missing column, a row with fewer fields, a quote that never ends, a
// line that is not JSON, a folder without files.
std::unique_ptr<DocumentSource> open_text(const std::vector<std::string>& paths,
                                          const TextOptions& options = {});

}  // namespace eckart::io
