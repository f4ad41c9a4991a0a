// cli/model_text.hpp - what the commands for models share.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "eckart/io/tensors.hpp"
#include "session.hpp"

namespace eckart::cli {

// Returns the tensors whose names match the pattern.
// Throws UsageError if none does.
std::vector<io::Tensor> select_tensors(const io::Model& model, const std::string& pattern);

// Returns a text that changes when one of the models' files or the options do.
std::string fingerprint(const std::vector<io::Model>& models, const std::string& options);

// "model    PATH: 291 tensors, 13.5 GiB in 3 files\n"
std::string model_line(const io::Model& model, const Session& session);
nlohmann::ordered_json model_json(const io::Model& model);

}  // namespace eckart::cli
