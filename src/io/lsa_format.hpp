// The layout of a saved model, shared by what writes and what reads it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "eckart/apps/lsa.hpp"
#include "io/input.hpp"

namespace eckart::io {

struct LsaHeader {
  // The line ends show a transfer that changed them.
  static constexpr std::array<char, 8> expected_magic = {'E', 'c', 'k', 'L', 'S', 'A', '\r', '\n'};
  static constexpr std::uint32_t newest = 1;

  std::array<char, 8> magic = expected_magic;
  std::uint32_t version = newest;
  std::uint32_t sections = 0;
  std::uint64_t bytes = 0;     // of the file
  std::uint64_t checksum = 0;  // of the table
};

struct LsaSection {
  std::array<char, 16> name = {};
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t checksum = 0;
};

// The sections in their order.
enum LsaPart : std::size_t {
  facts,  // JSON: counts, rules, weighting, history, report
  term_ends,
  term_bytes,
  name_ends,
  name_bytes,
  lead_ends,
  lead_bytes,
  global,
  sigma,
  left,   // Ut
  right,  // Vt
  lengths,
  entry_offsets,
  entry_terms,
  entry_weights,
  lsa_parts
};
inline constexpr std::array<std::string_view, lsa_parts> lsa_part_names = {
    "facts",     "term ends",  "term bytes",     "name ends",   "name bytes",
    "lead ends", "lead bytes", "global weights", "sigma",       "Ut",
    "Vt",        "lengths",    "entry offsets",  "entry terms", "entry weights"};
inline constexpr std::uint64_t lsa_alignment = 64;

std::uint64_t lsa_checksum(std::string_view bytes);

// What read_lsa does with the bytes of a file. They must lie at a multiple of 8 bytes.
LsaModel parse_lsa(const Input& input);

}  // namespace eckart::io
