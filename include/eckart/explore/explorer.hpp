// eckart/explore/explorer.hpp - the explorer: a page on this machine, drawn by a browser and
// computed by the library.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace eckart::explore {

struct ExplorerOptions {
  // Matrices, pictures and saved models that the page shows. Nothing else is ever opened: a browser
  // names what is here by number, or sends bytes of its own.
  std::vector<std::string> files;

  int port = 0;  // on the loopback address; 0: a free one. REQUIRES: 0 <= port <= 65535

  int threads = 0;  // of computations; 0: every CPU of this process
  std::uint64_t max_memory_bytes =
      0;                     // of one computation, and of all uploads; 0: 4 GiB of uploads
  double max_seconds = 600;  // of one computation. REQUIRES: > 0
  double idle_seconds = 0;   // without a page before the explorer ends itself; 0: it does not

  // A folder to read the page's files from instead of this program: for those who write them.
  std::string web_root;
};

// Where the explorer is reached. Whoever has a token may use it until it ends.
struct Address {
  std::string url;         // with the token, for people
  std::string launch_url;  // works once: for a command line, which every user can list
};

// Serves the page until it is told to stop or idle. ready is called when it answers, from the
// calling thread; it may not block. stop_requested is looked at several times a second.
// Throws IoError for a file that cannot be read, and if the port is taken; InvalidArgument.
void serve(const ExplorerOptions& options,
           const std::function<void(const Address&)>& ready,
           const std::function<bool()>& stop_requested);

}  // namespace eckart::explore
