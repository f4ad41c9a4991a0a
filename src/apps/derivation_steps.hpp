// The steps of a derivation, written one by one.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "apps/exact_formula.hpp"
#include "apps/hand_svd.hpp"
#include "eckart/apps/explain.hpp"

namespace eckart::exact {

// Collects the paragraphs of one step.
class Writer {
 public:
  Writer(Derivation& derivation, std::string title)
      : step_(derivation.steps.emplace_back(DerivationStep{std::move(title), {}})) {}

  void say(const std::string& text, const std::vector<Formula>& formulas = {}) {
    add(Paragraph::Kind::prose, sentence(text, formulas));
  }
  void remark(const std::string& text, const std::vector<Formula>& formulas = {}) {
    add(Paragraph::Kind::remark, sentence(text, formulas));
  }
  void show(std::vector<Formula> parts) { add(Paragraph::Kind::formula, row(std::move(parts))); }

 private:
  void add(Paragraph::Kind kind, Formula content) {
    step_.paragraphs.push_back({kind, std::move(content)});
  }
  DerivationStep& step_;
};

// v₁ for i = 0.
inline Formula at(const char* letter, std::size_t i) {
  return eckart::index(symbol(letter), number(std::to_string(i + 1)));
}

// Returns σ of one eigenvalue: exactly if that is short enough to help.
Formula sigma_formula(const Eigenvalue& e);

// Each appends one step. Those of explain_product.cpp: why U does not come from AAᵀ; U Σ Vᵀ with
// its matrices; the sum of its terms.
void write_signs(const HandSvd& svd, Derivation& d);
void write_assembly(const HandSvd& svd, Derivation& d);
void write_check(const HandSvd& svd, Derivation& d);

// Those of explain_software.cpp: what AᵀA loses in binary64; the difference from dense_svd, which
// is also noted in the derivation.
void write_warning(Derivation& d, Context& context);
void write_comparison(const HandSvd& svd,
                      MatrixView<const double> matrix,
                      Derivation& d,
                      Context& context);

}  // namespace eckart::exact
