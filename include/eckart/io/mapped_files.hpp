// eckart/io/mapped_files.hpp - files that another program writes to while we have them mapped.
#pragma once

namespace eckart::io {

// For programs of their own (a command-line tool, a server), never for what lives in a process of
// someone else: it takes over SIGBUS. Afterwards a mapped file that another program makes shorter
// reads as zeros from its new end on, instead of ending the process, and
// require_mapped_files_unchanged() throws. A SIGBUS for any other reason ends the process as
// before.
void guard_mapped_files();

// Throws IoError naming a file that got another size or time of change while it was mapped, at
// whatever time since guard_mapped_files(); before that call, nothing. A file that was replaced by
// rename did not change. Every write of a result asks this first, so that no result of two
// different inputs takes the place of a good one.
void require_mapped_files_unchanged();

}  // namespace eckart::io
