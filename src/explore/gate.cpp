#include "explore/gate.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "eckart/error.hpp"

namespace eckart::explore {
namespace {

std::string random_text() {
  std::array<unsigned char, 16> bytes{};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw IoError("getrandom", "the system gave no random bytes for the token");
  }
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// In a time that does not tell where two secrets differ.
bool same_secret(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() != b.size();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference |= static_cast<unsigned char>(a[i] ^ other);
  }
  return difference == 0;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

Response page(int status, std::string_view heading, std::string_view advice) {
  std::string body = "<!doctype html><html lang=\"en\"><title>Eckart explorer</title><h1>";
  body.append(heading).append("</h1><p>").append(advice).append("</p></html>\n");
  return {.status = status, .type = "text/html; charset=utf-8", .body = std::move(body)};
}

std::optional<Response> check_form(const Request& request) {
  if (request.method != "GET" && request.method != "HEAD" && request.method != "POST") {
    Response response = failure(405, "method", "this server knows GET, HEAD and POST");
    response.headers = {{"Allow", "GET, HEAD, POST"}};
    return response;
  }
  const std::string_view target = request.target;
  const bool printable = target.find_first_of(std::string_view("\0\\", 2)) == target.npos;
  if (target.empty() || target.front() != '/' || target.starts_with("//") || !printable) {
    return failure(400, "target", "the target of a request is a path that starts with one /");
  }
  if (!values_of(request, "Transfer-Encoding").empty()) {
    return failure(411, "length", "a body comes with its Content-Length, not in chunks");
  }
  if (values_of(request, "Content-Length").size() > 1) {
    return failure(400, "length", "there is more than one Content-Length");
  }
  if (!values_of(request, "Content-Encoding").empty()) {
    return failure(415, "encoding", "a body is sent as it is, not compressed");
  }
  if (!values_of(request, "Upgrade").empty()) {
    return failure(400, "upgrade", "this server speaks HTTP/1.1 alone");
  }
  return std::nullopt;
}

std::optional<Response> check_post(const Request& request) {
  if (request.method != "POST") return std::nullopt;
  const auto types = values_of(request, "Content-Type");
  const bool known = types.size() == 1 && (types[0].starts_with("application/json") ||
                                           types[0] == "application/octet-stream");
  if (!known) return failure(415, "type", "a POST is application/json or octet-stream");
  if (values_of(request, "X-Eckart").size() != 1) {
    return failure(403, "origin", "only the page of this explorer may ask for that");
  }
  return std::nullopt;
}

}  // namespace

Secrets make_secrets() { return {random_text(), random_text(), random_text()}; }

Gate::Gate(int port, Secrets secrets) : port_(port), secrets_(std::move(secrets)) {}

bool Gate::is_own_authority(std::string_view authority) const {
  const std::string given = lower_case(authority);
  const std::string port = ":" + std::to_string(port_);
  for (const char* host : {"localhost", "localhost.", "127.0.0.1", "127.0.0.1.", "[::1]"}) {
    if (given == host + port) return true;
  }
  return false;
}

bool Gate::has_cookie(const Request& request) const {
  const std::string name = "eckart-" + std::to_string(port_) + "=";
  for (std::string_view rest : values_of(request, "Cookie")) {
    while (!rest.empty()) {
      const std::string_view cookie = rest.substr(0, rest.find(';'));
      rest.remove_prefix(std::min(rest.size(), cookie.size() + 1));
      const std::size_t start = std::min(cookie.find_first_not_of(' '), cookie.size());
      const std::string_view pair = cookie.substr(start);
      if (pair.starts_with(name) && same_secret(pair.substr(name.size()), secrets_.session)) {
        return true;
      }
    }
  }
  return false;
}

bool Gate::takes_token(const std::string& token) {
  if (same_secret(token, secrets_.token)) return true;
  if (launched_ || !same_secret(token, secrets_.launch)) return false;
  launched_ = true;
  return true;
}

std::optional<Response> Gate::stop(const Request& request) {
  const auto hosts = values_of(request, "Host");
  if (hosts.size() != 1 || !is_own_authority(hosts[0])) {
    return failure(403, "host", "this is the Eckart explorer of another address");
  }
  if (auto refusal = check_form(request)) return refusal;
  for (const std::string_view origin : values_of(request, "Origin")) {
    if (!origin.starts_with("http://") || !is_own_authority(origin.substr(7))) {
      return failure(403, "origin", "another page may not ask this explorer");
    }
  }
  const std::string token = query_field(request, "token");
  if (request.method == "GET" && path_of(request) == "/" && !token.empty() &&
      (has_cookie(request) || takes_token(token))) {
    const std::string cookie = "eckart-" + std::to_string(port_) + "=" + secrets_.session;
    return Response{.status = 303,
                    .type = "text/plain",
                    .body = "",
                    .headers = {{"Location", "/"},
                                {"Set-Cookie", cookie + "; HttpOnly; SameSite=Strict; Path=/"}}};
  }
  for (const std::string_view site : values_of(request, "Sec-Fetch-Site")) {
    if (site != "same-origin" && !(site == "none" && request.method != "POST")) {
      return failure(403, "origin", "another page may not ask this explorer");
    }
  }
  if (!has_cookie(request)) {
    if (request.method != "POST" && path_of(request) == "/") {
      return page(401, "This explorer does not know you yet",
                  "Open the address that <code>eckart explore</code> printed: it holds the key.");
    }
    return failure(401, "token", "open the address that eckart explore printed: it holds the key");
  }
  return check_post(request);
}

std::uint64_t Gate::body_limit(const Request& request, std::uint64_t upload_limit) {
  if (request.method != "POST") return 0;
  constexpr std::uint64_t question = std::uint64_t{1} << 20;
  return path_of(request) == "/api/upload" ? upload_limit : question;
}

void add_safety_headers(Response& response) {
  for (const auto& [name, value] :
       Headers{{"Content-Security-Policy",
                "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; "
                "base-uri 'none'; form-action 'none'"},
               {"X-Content-Type-Options", "nosniff"},
               {"Referrer-Policy", "no-referrer"},
               {"Cross-Origin-Opener-Policy", "same-origin"},
               {"Cross-Origin-Resource-Policy", "same-origin"},
               {"Cache-Control", "no-store"}}) {
    response.headers.emplace_back(name, value);
  }
}

}  // namespace eckart::explore
