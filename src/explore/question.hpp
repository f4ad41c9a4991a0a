// What the page asks, read strictly.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "eckart/context.hpp"
#include "eckart/matrix.hpp"
#include "explore/http.hpp"
#include "explore/shelf.hpp"

namespace eckart::explore {

// One question. Each member throws InvalidArgument naming the field and what was expected.
class Question {
 public:
  // Throws InvalidArgument unless text is a JSON object.
  explicit Question(const std::string& text);
  ~Question();
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  index_t integer(const char* name, index_t least, index_t most) const;
  bool flag(const char* name) const;  // false if it is not there
  std::string text(const char* name, std::size_t most_bytes) const;
  // Rows of equal length, finite numbers; no more than that many rows and columns.
  Matrix<double> matrix(const char* name, index_t most_rows, index_t most_cols) const;
  // The data set whose number is the field "data".
  std::shared_ptr<const DataSet> data(const Shelf& shelf) const;

 private:
  const nlohmann::json& field(const char* name) const;
  std::unique_ptr<nlohmann::json> object_;
};

// Returns 200 with the object as JSON; text that is not UTF-8 is repaired.
Response answer_with(const nlohmann::ordered_json& object);

// Returns the rows of M as arrays.
nlohmann::ordered_json rows_json(MatrixView<const double> M);

}  // namespace eckart::explore
