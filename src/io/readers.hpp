// One reader per file format; eckart/io/matrix_file.hpp chooses.
#pragma once

#include "eckart/io/matrix_file.hpp"
#include "io/input.hpp"

namespace eckart::io {

AnyMatrix read_npy(const Input& input, const ReadOptions& options);
AnyMatrix read_npz(const Input& input, const ReadOptions& options);
AnyMatrix read_matrix_market(const Input& input, const ReadOptions& options);
// delimiter '\0': found from the first two lines, one of tab ; , or blanks.
AnyMatrix read_delimited(const Input& input, char delimiter, const ReadOptions& options);
// The text of the command line, such as [[3,2],[2,3]].
AnyMatrix read_literal(const std::string& text);

// Returns the format of a file: as said, by its name, or by its first bytes. automatic: the source
// is no file that can be looked at beforehand.
Format format_of(const std::string& source, Format said);

}  // namespace eckart::io
