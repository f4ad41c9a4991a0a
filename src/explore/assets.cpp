#include "explore/assets.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

namespace eckart::explore {
namespace {

std::string type_of(std::string_view path) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> types = {{
      {".html", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".svg", "image/svg+xml"},
      {".woff2", "font/woff2"},
  }};
  for (const auto& [extension, type] : types) {
    if (path.ends_with(extension)) return std::string(type);
  }
  return "application/octet-stream";
}

}  // namespace

Response asset_answer(std::string_view path, const std::string& web_root) {
  if (path == "/") path = "/index.html";
  const auto all = assets();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Asset& asset) { return asset.path == path; });
  if (found == all.end()) return failure(404, "path", "the explorer has no such page");
  Response response{.status = 200, .type = type_of(path), .body = std::string(found->content)};
  if (!web_root.empty()) {
    std::ifstream file(web_root + std::string(found->path), std::ios::binary);
    if (!file) return failure(404, "path", "the folder of --web-root has no such file");
    response.body.assign(std::istreambuf_iterator<char>(file), {});
  }
  return response;
}

}  // namespace eckart::explore
