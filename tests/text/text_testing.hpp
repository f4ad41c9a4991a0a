// Collections that tests write down.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "eckart/text/documents.hpp"

namespace eckart::testing_support {

// Texts as documents "1", "2", ...
class Listed : public DocumentSource {
 public:
  explicit Listed(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  bool next(Document& document) override {
    if (at_ == texts_.size()) return false;
    document.text = texts_[at_++];
    document.name = std::to_string(at_);
    return true;
  }
  const TextRepairs& repairs() const override { return repairs_; }

 private:
  std::vector<std::string> texts_;
  std::size_t at_ = 0;
  TextRepairs repairs_;
};

}  // namespace eckart::testing_support
