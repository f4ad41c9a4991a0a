#include "explore/http.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace eckart::explore {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The value of a hexadecimal digit, or -1.
int digit(char c) {
  c = lower(c);
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

std::string decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : -1;
    const int low = high >= 0 ? digit(text[i + 2]) : -1;
    if (low >= 0) {
      plain += static_cast<char>(16 * high + low);
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::vector<std::string_view> values_of(const Request& request, std::string_view name) {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : request.headers) {
    if (same_name(key, name)) values.emplace_back(value);
  }
  return values;
}

std::string_view path_of(const Request& request) {
  return std::string_view(request.target).substr(0, request.target.find('?'));
}

std::string query_field(const Request& request, std::string_view name) {
  const std::size_t mark = request.target.find('?');
  if (mark == std::string::npos) return "";
  std::string_view rest = std::string_view(request.target).substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view field = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), field.size() + 1));
    const std::size_t equals = std::min(field.find('='), field.size());
    if (field.substr(0, equals) == name) {
      return decoded(field.substr(std::min(field.size(), equals + 1)));
    }
  }
  return "";
}

Response failure(int status, std::string_view kind, std::string_view message) {
  const nlohmann::ordered_json body = {{"error", kind}, {"message", message}};
  return {.status = status,
          .body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

Response cancelled(std::string_view message) {
  Response response = failure(200, "cancelled", message);
  response.headers.emplace_back("X-Cancelled", "1");
  return response;
}

}  // namespace eckart::explore
