// Requests as the page sends them, and a gate with secrets that the tests know.
#pragma once

#include <string>

#include "explore/gate.hpp"
#include "explore/http.hpp"

namespace eckart::explore {

inline constexpr int test_port = 8080;

inline Gate test_gate() { return Gate(test_port, {"token0", "launch0", "session0"}); }

inline Request page_request(const std::string& method, const std::string& target) {
  Request request{.method = method,
                  .target = target,
                  .headers = {{"Host", "127.0.0.1:8080"},
                              {"Cookie", "other=1; eckart-8080=session0"},
                              {"Sec-Fetch-Site", "same-origin"}},
                  .body = ""};
  return request;
}

inline Request question_of(const std::string& path, const std::string& body) {
  Request request = page_request("POST", path);
  request.headers.emplace_back("Origin", "http://127.0.0.1:8080");
  request.headers.emplace_back("Content-Type", "application/json");
  request.headers.emplace_back("X-Eckart", "1");
  request.body = body;
  return request;
}

// The request with a header in another value, or without it.
inline Request with(Request request, const std::string& name, const std::string& value) {
  std::erase_if(request.headers, [&](const auto& header) { return header.first == name; });
  if (!value.empty()) request.headers.emplace_back(name, value);
  return request;
}

}  // namespace eckart::explore
