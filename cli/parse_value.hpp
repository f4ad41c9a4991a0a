// cli/parse_value.hpp - the values of options, read strictly: the whole text or an error.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "eckart/io/matrix_file.hpp"
#include "eckart/rank_rule.hpp"
#include "eckart/types.hpp"

namespace eckart::cli {

// Each throws UsageError naming the option, the text and what was expected.

// "20"; at least minimum.
index_t parse_count(const std::string& option, const std::string& text, index_t minimum);

// "3" or "1-100", counted from 1: the first, from 0, and how many.
std::pair<index_t, index_t> parse_range(const std::string& option, const std::string& text);

// "csv", "npy", ... as --input-format lists them; else automatic.
io::Format format_named(const std::string& name);

// "1000x200": rows and columns.
std::pair<index_t, index_t> parse_shape(const std::string& option, const std::string& text);

// "17", up to 2^64 - 1.
std::uint64_t parse_seed(const std::string& option, const std::string& text);

// "0.95" or "95%"; above 0, at most 1.
double parse_share(const std::string& option, const std::string& text);

// "1e-3"; at least 0, below 1.
double parse_tolerance(const std::string& option, const std::string& text);

// Returns a number >= 0 and finite.
double parse_target(const std::string& option, const std::string& text);

// "1e-8"; above 0, below 1.
double parse_accuracy(const std::string& option, const std::string& text, const char* or_word = "");

// "gavish-donoho" or "elbow".
RankChoice parse_choice(const std::string& option, const std::string& text);

// "0.1"; above 0.
double parse_noise(const std::string& option, const std::string& text);

// "1e-9"; at least 0.
double parse_at_least_zero(const std::string& option, const std::string& text);

// "-0.4"; any finite number.
double parse_weight(const std::string& option, const std::string& text);

// "90", "90s", "5m", "1.5h", in seconds; above 0.
double parse_seconds(const std::string& option, const std::string& text);

// "500M", "2G", "1.5GiB", "1048576"; units are powers of 1024. At least 1 byte.
std::uint64_t parse_bytes(const std::string& option, const std::string& text);

}  // namespace eckart::cli
