// cli/out_of_core.hpp - matrices that stay in their files.
#pragma once

#include <string>

#include "eckart/io/checkpoint.hpp"
#include "eckart/io/convert.hpp"
#include "eckart/io/file_operator.hpp"
#include "options.hpp"
#include "session.hpp"

namespace eckart::cli {

// Returns how to convert the input within the memory allowed. Throws MemoryLimit if that is less
// than what the process takes beside.
io::ConvertOptions conversion_of(const RunOptions& run);

// Returns whether the matrix is to stay in its file: asked for, or larger than the cap, or of a
// format that is read in no other way. Throws UsageError if the options contradict each other.
bool is_out_of_core(const RunOptions& run, const OutOfCoreOptions& options);

// Returns the operator over the file, and lowers the memory cap of the session's context by what
// the process and the tiles take beside a driver. A table or MatrixMarket file is converted first,
// into a file beside the target (empty: of the current folder) that has no name when this returns.
// Throws what open_file_operator throws, MemoryLimit if nothing would be left.
io::FileOperator open_out_of_core(const RunOptions& run,
                                  const OutOfCoreOptions& options,
                                  const std::string& target,
                                  Session& session);

MatrixFacts facts_of(const io::FileOperator& file, const std::string& source);

// Returns what a checkpoint of this file belongs to.
std::string identity_of(const io::FileOperator& file);

// Returns "about 12 s of reading, at 2.1 GB/s" for so many bytes, from a sample of the source.
// Empty if it cannot be had.
std::string reading_text(const std::string& source, double bytes);

}  // namespace eckart::cli
