// Who may ask: the checks that every request passes before anything looks at it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "explore/http.hpp"

namespace eckart::explore {

// The secrets of one run, 128 random bits each in hexadecimal.
struct Secrets {
  std::string token;    // in the URL that people are given
  std::string launch;   // in the one that the browser is started with: good for one visit
  std::string session;  // in the cookie
};
// Throws IoError if the system has no randomness to give.
Secrets make_secrets();

// A page of another origin can make a browser send requests here, and a name server can make that
// page's name mean this address. So a request must name this server (Host), come from its own page
// (Origin, Sec-Fetch-Site), and carry the cookie that only the URL with the token hands out; one
// that may change anything also a header that a form cannot send.
class Gate {
 public:
  Gate(int port, Secrets secrets);

  // Returns why the request is refused, or the answer that exchanges a token for the cookie;
  // nothing if it may pass. Looks at the method, the target and the headers alone.
  std::optional<Response> stop(const Request& request);

  // Returns the longest body that a request may have.
  static std::uint64_t body_limit(const Request& request, std::uint64_t upload_limit);

 private:
  bool is_own_authority(std::string_view authority) const;
  bool has_cookie(const Request& request) const;
  bool takes_token(const std::string& token);

  int port_;
  Secrets secrets_;
  bool launched_ = false;
};

// Adds the headers that tell the browser to keep what it gets to itself.
void add_safety_headers(Response& response);

}  // namespace eckart::explore
