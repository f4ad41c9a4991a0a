// Any bytes as a request to the explorer: method, target, headers and body from one input. The gate
// and every answer must hold; what passes the gate without the cookie is a defect.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "explore/api.hpp"

using namespace eckart;
using namespace eckart::explore;

namespace {

std::string take_line(std::string_view& rest) {
  const std::string_view line = rest.substr(0, rest.find('\n'));
  rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  return std::string(line);
}

// The first line is the method and the target, then headers, an empty line, the body. With a first
// byte of '!' the request also carries what the page sends, so that it gets behind the gate.
Request request_from(std::string_view rest) {
  const bool from_page = rest.starts_with('!');
  if (from_page) rest.remove_prefix(1);
  Request request;
  const std::string line = take_line(rest);
  request.method = line.substr(0, line.find(' '));
  request.target =
      line.size() > request.method.size() ? line.substr(request.method.size() + 1) : "";
  for (std::string header = take_line(rest); !header.empty(); header = take_line(rest)) {
    const std::size_t colon = std::min(header.find(": "), header.size());
    request.headers.emplace_back(header.substr(0, colon),
                                 header.substr(std::min(header.size(), colon + 2)));
  }
  if (from_page) {
    request.headers = {{"Host", "127.0.0.1:8080"},
                       {"Cookie", "eckart-8080=session0"},
                       {"Content-Type", "application/json"},
                       {"X-Eckart", "1"}};
  }
  request.body = std::string(rest);
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t limit = 64 << 20;
  static ExplorerOptions options = [] {
    ExplorerOptions chosen;
    chosen.max_memory_bytes = limit;
    return chosen;
  }();
  Shelf shelf(limit);
  shelf.open("[[3,2,2],[2,3,-2]]", 0);
  shelf.upload("a.ppm", std::string("P6 4 3 255\n") + "a picture of so many colours, twelve", 0);
  Api api(shelf, options);
  Gate gate(8080, {"token0", "launch0", "session0"});
  Context context(1);
  context.set_memory_cap_bytes(limit);
  const Request request = request_from({reinterpret_cast<const char*>(data), size});
  const Response response = respond(request, gate, api, context);
  if (response.status < 200 || response.status > 599) __builtin_trap();
  if (response.status == 500) __builtin_trap();  // an error that the library does not name
  bool safe = false, cookie = false;
  for (const auto& [name, value] : response.headers) {
    safe = safe || name == "Content-Security-Policy";
    if (name.find_first_of("\r\n") != name.npos || value.find_first_of("\r\n") != value.npos) {
      __builtin_trap();
    }
  }
  for (const std::string_view value : values_of(request, "Cookie")) {
    cookie = cookie || value.find("session0") != value.npos;
  }
  if (!safe || (response.status == 200 && !cookie)) __builtin_trap();
  return 0;
}
