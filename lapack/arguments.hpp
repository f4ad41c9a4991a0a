// What the entries of LAPACK have in common: their integers, letters and checks.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "eckart/types.hpp"
#include "xerbla.hpp"

namespace eckart::lapack {

// Integers of 32 bits (LP64), or of 64 bits (ILP64).
template <class Int>
concept FortranInt = std::same_as<Int, std::int32_t> || std::same_as<Int, std::int64_t>;

// Returns the letter in upper case: LAPACK does not tell cases apart.
inline char upper(const char* letter) {
  return *letter >= 'a' && *letter <= 'z' ? static_cast<char>(*letter - 'a' + 'A') : *letter;
}

inline bool one_of(char letter, std::string_view letters) {
  return letters.find(letter) != std::string_view::npos;
}

// Returns "DGESDD" for "GESDD".
template <Scalar T>
std::string routine_name(const char* root) {
  constexpr char letter = std::same_as<T, float>                 ? 'S'
                          : std::same_as<T, double>              ? 'D'
                          : std::same_as<T, std::complex<float>> ? 'C'
                                                                 : 'Z';
  return letter + std::string(root);
}

// The arguments of one call, looked at in their order; the first wrong one is reported.
template <FortranInt Int>
class Check {
 public:
  void require(bool good, Int position) {
    if (!good && wrong_ == 0) wrong_ = position;
  }
  // Sets info, and calls xerbla if an argument was wrong. Returns whether all were good.
  template <Scalar T>
  bool passed(const char* root, Int* info) const {
    *info = -wrong_;
    if (wrong_ != 0) xerbla(routine_name<T>(root), wrong_);
    return wrong_ == 0;
  }

 private:
  Int wrong_ = 0;
};

// Returns a workspace for a matrix whose sides are given, as LAPACK hands it over: what its manual
// asks for at least without vectors, but no more than half of what an Int holds, so that the next
// number that Real holds can be returned.
template <class Real, FortranInt Int>
Real workspace_answer(Int smaller, Int larger) {
  const double wanted = std::clamp(12 * static_cast<double>(smaller) + static_cast<double>(larger),
                                   1.0, static_cast<double>(std::numeric_limits<Int>::max() / 2));
  const Real answer = static_cast<Real>(wanted);
  return static_cast<double>(answer) < wanted
             ? std::nextafter(answer, std::numeric_limits<Real>::infinity())
             : answer;
}

// Returns the LWORK below which a call is refused, where LAPACK's testers insist on that: less than
// any call that keeps to the manual has.
template <class Real, FortranInt Int>
double least_work(Int smaller, Real answer) {
  return std::clamp(2 * static_cast<double>(smaller), 1.0, static_cast<double>(answer));
}

}  // namespace eckart::lapack
