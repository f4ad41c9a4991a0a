// eckart/types.hpp - index type and the four element types the library is compiled for.
#pragma once

#include <complex>
#include <concepts>
#include <cstdint>

namespace eckart {

// Every size, index and count. Signed, so that differences and reverse loops are plain.
using index_t = std::int64_t;

// float, double and their complex counterparts; nothing else instantiates.
template <class T>
concept Scalar = std::same_as<T, float> || std::same_as<T, double> ||
    std::same_as<T, std::complex<float>> || std::same_as<T, std::complex<double>>;

namespace detail {
template <class T>
struct RealOf {
  using type = T;
};
template <class T>
struct RealOf<std::complex<T>> {
  using type = T;
};
}  // namespace detail

// float for float and complex<float>, double for double and complex<double>.
template <Scalar T>
using real_t = typename detail::RealOf<T>::type;

template <Scalar T>
inline constexpr bool is_complex = !std::same_as<T, real_t<T>>;

// Returns "float32", "float64", "complex64" or "complex128".
template <Scalar T>
constexpr const char* scalar_name() {
  if constexpr (std::same_as<T, float>) return "float32";
  if constexpr (std::same_as<T, double>) return "float64";
  if constexpr (std::same_as<T, std::complex<float>>) return "complex64";
  return "complex128";
}

// Returns the complex conjugate; a real number is returned unchanged and stays real.
template <Scalar T>
constexpr T conjugate(T x) {
  if constexpr (is_complex<T>) {
    return std::conj(x);
  } else {
    return x;
  }
}

}  // namespace eckart
