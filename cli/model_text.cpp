#include "model_text.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>

#include "eckart/models/layers.hpp"
#include "exit_code.hpp"

namespace eckart::cli {

std::vector<io::Tensor> select_tensors(const io::Model& model, const std::string& pattern) {
  std::vector<io::Tensor> chosen;
  for (const io::Tensor& tensor : model.tensors) {
    if (matches(tensor.name, pattern)) chosen.push_back(tensor);
  }
  if (!chosen.empty()) return chosen;
  throw UsageError(fmt::format("--only: no tensor of {} matches '{}'; the first is called {}",
                               model.path, pattern,
                               model.tensors.empty() ? "nothing" : model.tensors[0].name));
}

std::string fingerprint(const std::vector<io::Model>& models, const std::string& options) {
  std::string text = options;
  for (const io::Model& model : models) {
    for (const std::string& file : model.files) {
      struct stat info {};
      ::stat(file.c_str(), &info);
      text += fmt::format("\n{} {} {}.{}", file, info.st_size, info.st_mtim.tv_sec,
                          info.st_mtim.tv_nsec);
    }
  }
  return text;
}

std::string model_line(const io::Model& model, const Session& session) {
  return fmt::format("model    {}: {}, {} in {}\n", session.terminal.bold(printable(model.path)),
                     counted(static_cast<index_t>(model.tensors.size()), "tensor"),
                     format_bytes(model.bytes()),
                     counted(static_cast<index_t>(model.files.size()), "file"));
}

nlohmann::ordered_json model_json(const io::Model& model) {
  return {{"source", model.path},
          {"tensors", model.tensors.size()},
          {"bytes", model.bytes()},
          {"files", model.files}};
}

}  // namespace eckart::cli
