// The files of the page, which are part of the program.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "explore/http.hpp"

namespace eckart::explore {

struct Asset {
  std::string_view path;  // "/views/matrix.js"
  std::string_view content;
};

// Every file of web/, written by CMake.
std::span<const Asset> assets();

// Returns the answer to a GET of that path, "/" being the page itself; 404 if there is no such
// file. With a web_root the content is read from there, under the names of assets() alone.
Response asset_answer(std::string_view path, const std::string& web_root);

}  // namespace eckart::explore
