// eckart/io/lsa_file.hpp - saved models of latent semantic analysis, and their export.
#pragma once

#include <string>
#include <string_view>

#include "eckart/apps/lsa.hpp"

namespace eckart::io {

// Writes the model as one file, atomically: a header with magic and version, a table of sections
// with offsets, sizes and checksums (XXH3), and the sections, each at a multiple of 64 bytes.
// Little-endian. Throws IoError; an existing file is then untouched.
void write_lsa(const std::string& path, const LsaModel& model);

// Returns the model in the file, which is mapped, not read, if it is large.
//
// Everything is checked: the checksums, that every section has the size that the counts of terms,
// documents and triplets ask for, that strings and rows end inside their sections, that terms are
// sorted, indices in range and singular values finite and falling. A file that passes can be
// searched without harm, whoever made it.
// Cost: one look at the bytes.
// Throws IoError naming the section, and what is wrong with it.
LsaModel read_lsa(const std::string& path);

// Writes the vectors of the terms (or documents) as word2vec's text format has them: a line with
// their number and k, then a line each: the name, blanks in it replaced by underscores, and the k
// coordinates, rows of U diag(sigma) (V diag(sigma)).
void write_word2vec(const std::string& path, const LsaModel& model, bool documents);

// Returns the model as one JSON object: rules, weights, terms, documents, sigma, U and V by rows.
std::string lsa_json(const LsaModel& model);

}  // namespace eckart::io
