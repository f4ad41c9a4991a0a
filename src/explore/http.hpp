// One request and its answer, without a word on how they travel.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eckart::explore {

using Headers = std::vector<std::pair<std::string, std::string>>;

struct Request {
  std::string method;  // GET, POST, ...
  std::string target;  // /path?query, as it came
  Headers headers;     // as they came, with repetitions
  std::string body;
};

struct Response {
  int status = 200;
  std::string type = "application/json";
  std::string body;
  Headers headers = {};
};

// Whether two names of headers are one: case does not count.
bool same_name(std::string_view a, std::string_view b);

// Returns the values of the header of that name.
std::vector<std::string_view> values_of(const Request& request, std::string_view name);

// Returns the target up to the question mark.
std::string_view path_of(const Request& request);

// Returns the value of a field of the query, percent signs decoded; empty if it is not there.
std::string query_field(const Request& request, std::string_view name);

// Returns {"error": kind, "message": what people read}.
Response failure(int status, std::string_view kind, std::string_view message);

// The same of a question that was stopped, with the header X-Cancelled. Its status is 200: browsers
// report every 4xx in their console, and nothing went wrong.
Response cancelled(std::string_view message);

}  // namespace eckart::explore
