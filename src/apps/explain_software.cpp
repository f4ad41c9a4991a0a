// Why software does not form AᵀA, and how near it comes without.
#include <algorithm>
#include <cmath>

#include "apps/derivation_steps.hpp"
#include "eckart/dense_svd.hpp"
#include "eckart/hermitian_svd.hpp"
#include "eckart/operators.hpp"

namespace eckart::exact {
namespace {

// The largest modulus of an entry of X Xᵀ - Y Yᵀ over columns [first, first + count).
double projector_difference(MatrixView<const double> X,
                            MatrixView<const double> Y,
                            index_t first,
                            index_t count) {
  double worst = 0;
  for (index_t i = 0; i < X.rows; ++i) {
    for (index_t j = 0; j < X.rows; ++j) {
      double sum = 0;
      for (index_t k = first; k < first + count; ++k) sum += X(i, k) * X(j, k) - Y(i, k) * Y(j, k);
      worst = std::max(worst, std::abs(sum));
    }
  }
  return worst;
}

}  // namespace

// Läuchli's matrix, by the way of this derivation and by an SVD, both in binary64.
void write_warning(Derivation& d, Context& context) {
  Writer w(d, "Why software does not do it like this");
  constexpr double epsilon = 1e-9;
  Matrix<double> L(3, 2), G(2, 2);
  L(0, 0) = L(0, 1) = 1;
  L(1, 0) = L(2, 1) = epsilon;
  for (index_t i = 0; i < 2; ++i) {
    for (index_t j = 0; j < 2; ++j) {
      for (index_t l = 0; l < 3; ++l) G(i, j) += L(l, i) * L(l, j);
    }
  }
  const auto direct = dense_svd(*make_operator(std::as_const(L).view()), {}, context);
  const auto by_gram = hermitian_svd(*make_operator(std::as_const(G).view()), {}, context);
  const auto shown = [](double x, int digits) { return formula_of(Decimal(x), digits); };
  w.say(
      "Forming AᵀA is fine on paper. A computer keeps about 16 digits of each number, and squaring "
      "pushes small things out of them. Läuchli's matrix shows it:");
  const Formula e = symbol("ε"), one = number("1"), zero = number("0");
  w.show({symbol("L"), sign("="), matrix({one, one, e, zero, zero, e}, 2), sign(","), e, sign("="),
          power(number("10"), number("−9"))});
  const Formula above = row({one, sign("+"), power(e, number("2"))});
  w.show({transposed(symbol("L")), symbol("L"), sign("="), matrix({above, one, one, above}, 2)});
  w.say(
      "The singular values of L are {} and {}. But {} needs 19 digits. Computed just now in "
      "binary64, "
      "the arithmetic of most computers:",
      {root(row({number("2"), sign("+"), power(e, number("2"))})), e,
       row({above, sign("="), number("1.000000000000000001")})});
  w.show({transposed(symbol("L")), symbol("L"), sign("≈"),
          matrix({shown(G(0, 0), 17), shown(G(0, 1), 17), shown(G(1, 0), 17), shown(G(1, 1), 17)},
                 2)});
  const double small = by_gram.lambda.back();
  w.say(
      "ε has left no trace: this matrix has the eigenvalues 2 and 0. A program that computes them "
      "finds in the place of {} what rounding leaves, {}, {}. From L itself, as eckart svd works, "
      "comes {}.",
      {row({power(e, number("2")), sign("="), power(number("10"), number("−18"))}), shown(small, 2),
       small < 0
           ? words("which has no root")
           : row({words("and so "), row({at("σ", 1), sign("≈"), shown(std::sqrt(small), 2)})}),
       row({at("σ", 1), sign("≈"), shown(direct.sigma.back(), 15)})});
  w.say(
      "With the small singular value is lost that the columns of L differ at all. That is why "
      "programs work on A directly, by perpendicular transformations, and square nothing.");
}

void write_comparison(const HandSvd& svd,
                      MatrixView<const double> matrix,
                      Derivation& d,
                      Context& context) {
  const auto engine = dense_svd(*make_operator(matrix), {.vectors = Vectors::full}, context);
  const double largest = d.sigma.front();
  for (std::size_t i = 0; i < d.sigma.size(); ++i) {
    const double difference = std::abs(d.sigma[i] - engine.sigma[i]);
    d.value_difference =
        std::max(d.value_difference, largest > 0 ? difference / largest : difference);
  }
  index_t first = 0;
  for (const Eigenvalue& e : svd.eigenvalues) {
    const auto count = static_cast<index_t>(e.multiplicity);
    const auto compare = [&](const Matrix<double>& mine, const Matrix<double>& its, index_t many) {
      d.vector_difference =
          std::max(d.vector_difference, projector_difference(mine.view(), its.view(), first, many));
    };
    compare(d.V, engine.V, count);
    if (e.value != 0) compare(d.U, engine.U, count);
    first += count;
  }
  if (const auto rank = static_cast<index_t>(svd.rank); rank < d.U.cols()) {
    d.vector_difference =
        std::max(d.vector_difference,
                 projector_difference(d.U.view(), engine.U.view(), rank, d.U.cols() - rank));
  }
  Writer w(d, "Compared with the program");
  w.say(
      "The command eckart svd, which works on A in binary64, was run on the same matrix. Its "
      "singular values differ from those above by {} of the largest at most, its vectors (where a "
      "singular value is repeated: the space that they span) by {}.",
      {formula_of(Decimal(d.value_difference), 2), formula_of(Decimal(d.vector_difference), 2)});
}

}  // namespace eckart::exact
