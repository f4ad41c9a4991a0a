// eckart/apps/explain.hpp - the singular value decomposition of a small matrix as it is derived by
// hand.
#pragma once

#include <string>
#include <vector>

#include "eckart/apps/formula.hpp"
#include "eckart/context.hpp"
#include "eckart/matrix.hpp"

namespace eckart {

// One paragraph of a derivation: a sentence, or a formula that stands alone.
struct Paragraph {
  enum class Kind { prose, formula, remark };
  Kind kind = Kind::prose;
  Formula content;
};

struct DerivationStep {
  std::string title;
  std::vector<Paragraph> paragraphs;
};

struct Derivation {
  std::vector<DerivationStep> steps;

  // The entries were read as whole numbers and fractions; else as the binary numbers that they are,
  // and shown as decimals.
  bool exact_input = true;
  // Nothing was rounded: every eigenvalue is a fraction or a + b√r, and U Σ Vᵀ is A exactly.
  bool exact = true;
  index_t rank = 0;
  std::vector<double> sigma;   // min(m, n), falling
  std::vector<Formula> roots;  // likewise, as formulas: 3√5, or decimals
  Matrix<double> U;            // m x m
  Matrix<double> V;            // n x n

  // Largest differences from dense_svd: of the values relative to sigma_1, and of the entries of
  // the projectors on the vectors of each distinct value.
  double value_difference = 0;
  double vector_difference = 0;
};

inline constexpr index_t largest_explained = 6;

// Returns the derivation of A = U Σ Vᵀ, from AᵀA to the check of the product, in words and
// formulas.
//
// Shapes: m x n with 1 <= m, n <= largest_explained.
// Accuracy: exact where Derivation says so; else every digit shown is right.
// Cost: about 0.1 s for a 6 x 6 matrix.
// Throws InvalidArgument for other shapes, and if nonzero entries differ by more than about 100
// orders of magnitude; NonFiniteInput.
Derivation explain(MatrixView<const double> A, Context& context = default_context());

// Each returns the derivation as a document: plain text in UTF-8 of at most so many columns where a
// matrix allows it; Markdown with LaTeX; a page of HTML with MathML that loads nothing.
std::string derivation_text(const Derivation& derivation, std::size_t columns = 80);
std::string derivation_markdown(const Derivation& derivation);
std::string derivation_html(const Derivation& derivation);

}  // namespace eckart
