#include "explore/question.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "eckart/error.hpp"

namespace eckart::explore {
namespace {

[[noreturn]] void refuse(const char* name, const std::string& expected) {
  throw InvalidArgument(std::string("the field \"") + name + "\" must be " + expected);
}

// Whether arrays and objects are nested no deeper than any question is: the parser calls itself.
bool is_shallow(const std::string& text) {
  int depth = 0;
  for (const char c : text) {
    depth += (c == '[' || c == '{') - (c == ']' || c == '}');
    if (depth > 8) return false;
  }
  return true;
}

}  // namespace

Question::Question(const std::string& text)
    : object_(std::make_unique<nlohmann::json>(
          is_shallow(text) ? nlohmann::json::parse(text, nullptr, false) : nlohmann::json())) {
  require(object_->is_object(), "the body of a question must be a JSON object");
}

Question::~Question() = default;

const nlohmann::json& Question::field(const char* name) const {
  const auto found = object_->find(name);
  if (found == object_->end()) refuse(name, "given");
  return *found;
}

index_t Question::integer(const char* name, index_t least, index_t most) const {
  const nlohmann::json& value = field(name);
  const bool fits = value.is_number_integer() &&
                    (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
  const index_t number = fits ? value.get<index_t>() : 0;
  if (!fits || number < least || number > most) {
    refuse(name, "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return number;
}

bool Question::flag(const char* name) const {
  const auto found = object_->find(name);
  if (found == object_->end()) return false;
  if (!found->is_boolean()) refuse(name, "true or false");
  return found->get<bool>();
}

std::string Question::text(const char* name, std::size_t most_bytes) const {
  const nlohmann::json& value = field(name);
  if (!value.is_string() || value.get_ref<const std::string&>().size() > most_bytes) {
    refuse(name, "text of at most " + std::to_string(most_bytes) + " bytes");
  }
  return value.get<std::string>();
}

Matrix<double> Question::matrix(const char* name, index_t most_rows, index_t most_cols) const {
  const nlohmann::json& rows = field(name);
  const std::string expected = "a matrix of at most " + std::to_string(most_rows) + " x " +
                               std::to_string(most_cols) + " finite numbers: rows of equal length";
  if (!rows.is_array() || rows.empty() || rows.size() > std::size_t(most_rows) ||
      !rows[0].is_array() || rows[0].empty() || rows[0].size() > std::size_t(most_cols)) {
    refuse(name, expected);
  }
  Matrix<double> A(index_t(rows.size()), index_t(rows[0].size()));
  for (index_t i = 0; i < A.rows(); ++i) {
    const nlohmann::json& row = rows[std::size_t(i)];
    if (!row.is_array() || row.size() != std::size_t(A.cols())) refuse(name, expected);
    for (index_t j = 0; j < A.cols(); ++j) {
      const nlohmann::json& entry = row[std::size_t(j)];
      if (!entry.is_number() || !std::isfinite(entry.get<double>())) refuse(name, expected);
      A(i, j) = entry.get<double>();
    }
  }
  return A;
}

std::shared_ptr<const DataSet> Question::data(const Shelf& shelf) const {
  return shelf.find(integer("data", 1, INT32_MAX));
}

Response answer_with(const nlohmann::ordered_json& object) {
  return {.body = object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

nlohmann::ordered_json rows_json(MatrixView<const double> M) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (index_t i = 0; i < M.rows; ++i) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (index_t j = 0; j < M.cols; ++j) row.push_back(M(i, j));
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace eckart::explore
