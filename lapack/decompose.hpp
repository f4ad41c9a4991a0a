// The engine behind every entry: an SVD whose factors go where a caller of LAPACK wants them.
#pragma once

#include <functional>
#include <span>

#include "eckart/dense_svd.hpp"
#include "eckart/matrix.hpp"

namespace eckart::lapack {

// Where the factors of A = U diag(sigma) V^H go; views without data are not wanted.
// U has min(m, n) columns or m, VT as many rows or n. They may overlap A.
template <Scalar T>
struct Factors {
  real_t<T>* sigma = nullptr;
  MatrixView<T> U = {};
  MatrixView<T> VT = {};
};

enum class Outcome {
  done,
  not_finite,  // A holds a NaN or an infinity
  overflow,    // a singular value is not representable
  no_memory,
};

// Returns how it went; NaN stands in all wanted places if it did not go well. Never throws.
// The columns of U and the rows of VT are the same for every choice of what is wanted.
template <Scalar T>
Outcome decompose(MatrixView<const T> A, const Factors<T>& factors) noexcept;

// Chooses triplets by all singular values, which fall.
using Selection = std::function<TripletRange(std::span<const double> sigma)>;

// The same for chosen triplets, *count of them, which come first in the places of factors. Those
// have room for as many as select may choose; no select chooses all. The vectors are orthonormal
// to a fraction of what reflectors leave. Without success *count is 0.
template <Scalar T>
Outcome decompose_part(MatrixView<const T> A,
                       const Selection& select,
                       const Factors<T>& factors,
                       index_t* count) noexcept;

// Returns the outcome that the exception stands for that is being handled.
Outcome outcome_of_exception() noexcept;

// Runs body and returns how it went; allocates nothing itself.
template <class Body>
Outcome outcome_of(const Body& body) noexcept {
  try {
    body();
    return Outcome::done;
  } catch (...) {
    return outcome_of_exception();
  }
}

// INFO of an outcome, for a routine whose argument number position is A: -position, as LAPACK
// since 3.9.1; 1 ("did not converge"); LAPACKE's code for memory.
int info_of(Outcome outcome, int position);

// Returns what there is to say of the entries of A. Throws NonFiniteInput.
template <Scalar T>
EntryScan throw_if_not_finite(MatrixView<const T> A, Context& context);

// to <- NaN.
template <Scalar T>
void fill_with_nan(MatrixView<T> to);

}  // namespace eckart::lapack
