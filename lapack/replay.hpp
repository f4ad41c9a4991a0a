// What calls would have taken in the LAPACK that the machine has: for eckart accelerate --compare.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "statistics.hpp"

namespace eckart::lapack {

// The environment variable that asks for it, beside that of the counts.
inline constexpr const char* compare_variable = "ECKART_LAPACK_COMPARE";

// Returns the machine's routine of this name (liblapack.so.3); null if there is none, or if nobody
// asks for a comparison.
void* machines(const char* symbol);

// An array that a call reads and overwrites.
struct InOut {
  void* data;
  std::size_t bytes;
};

// Calls ours, which returns whether it succeeded. The first call of each kind is made again on
// copies of its inputs, in turn by the machine and by us, whose results are the same bits and stay;
// the ratio of their times is taken for all calls of this kind.
void compare(Routine routine,
             const std::string& kind,
             std::span<const InOut> inputs,
             const std::function<bool()>& ours,
             const std::function<void()>& machine);

// Serves a call with 32-bit integers of GESDD, GESVD or GELSD, which has so many letters before
// its sizes, and compares it if that is asked for. A query is answered as the machine does then.
template <class T>
void call_and_compare(
    const char* symbol, Routine routine, std::size_t letters, auto ours, auto... pointers) {
  void* const machine = machines(symbol);
  if (machine == nullptr) return ours();
  const std::array all{pointers...};
  const auto integer = [&](std::size_t i) { return *static_cast<const std::int32_t*>(all[i]); };
  const auto run_machine = [&] {
    using Function = void (*)(decltype(pointers)..., std::size_t, std::size_t);
    reinterpret_cast<Function>(machine)(pointers..., 1, 1);
  };
  const auto run_ours = [&] {
    ours();
    return integer(all.size() - 1) == 0;
  };
  if (integer(routine == Routine::gesvd ? 12 : 11) == -1) {
    if (run_ours()) run_machine();
    return;
  }
  const auto m = integer(letters);
  const auto n = integer(letters + 1);
  const auto bytes = [](std::int64_t rows, std::int64_t cols, std::int64_t ld) {
    const bool empty = rows <= 0 || cols <= 0 || ld < rows;
    return empty ? 0 : sizeof(T) * static_cast<std::size_t>(ld * (cols - 1) + rows);
  };
  const std::size_t a = letters + (routine == Routine::gelsd ? 3 : 2);
  std::array inputs{InOut{all[a], bytes(m, n, integer(a + 1))}, InOut{nullptr, 0}};
  std::string kind = symbol;
  for (std::size_t i = 0; i < letters; ++i) kind += *static_cast<const char*>(all[i]);
  if (routine == Routine::gelsd) {
    inputs[1] = {all[5], bytes(std::max(m, n), integer(2), integer(6))};
    kind += std::to_string(std::bit_width(static_cast<std::uint32_t>(integer(2)))) + " ";
  }
  kind += std::to_string(std::bit_width(static_cast<std::uint32_t>(m))) + " " +
          std::to_string(std::bit_width(static_cast<std::uint32_t>(n)));
  compare(routine, kind, inputs, run_ours, run_machine);
}

}  // namespace eckart::lapack
