#include "parse_value.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "exit_code.hpp"

namespace eckart::cli {
namespace {

[[noreturn]] void refuse(const std::string& option,
                         const std::string& text,
                         const std::string& expected) {
  throw UsageError(fmt::format("{}: '{}' will not do; expected {}", option, text, expected));
}

// Returns whether text is, in full, one finite number.
bool read_number(std::string_view text, double& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end && std::isfinite(value);
}

template <class Integer>
bool read_integer(std::string_view text, Integer& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

// Returns the factor of a unit such as "M", "MB" or "MiB"; 0 for any other text.
double unit_factor(std::string_view unit) {
  if (unit.ends_with("iB") || unit.ends_with("ib")) {
    unit.remove_suffix(2);
    if (unit.empty()) return 0;
  } else if (unit.ends_with('B') || unit.ends_with('b')) {
    unit.remove_suffix(1);
  }
  if (unit.empty()) return 1;
  if (unit.size() > 1) return 0;
  switch (unit[0]) {
    case 'k':
    case 'K':
      return 0x1p10;
    case 'm':
    case 'M':
      return 0x1p20;
    case 'g':
    case 'G':
      return 0x1p30;
    case 't':
    case 'T':
      return 0x1p40;
    default:
      return 0;
  }
}

}  // namespace

index_t parse_count(const std::string& option, const std::string& text, index_t minimum) {
  index_t value = 0;
  if (!read_integer(text, value) || value < minimum) {
    refuse(option, text, fmt::format("a whole number, at least {}", minimum));
  }
  return value;
}

std::pair<index_t, index_t> parse_range(const std::string& option, const std::string& text) {
  const std::size_t dash = text.find('-');
  index_t first = 0, last = 0;
  const bool read = read_integer(text.substr(0, dash), first) &&
                    read_integer(dash == text.npos ? text : text.substr(dash + 1), last);
  if (!read || first < 1 || last < first) refuse(option, text, "rows such as 3 or 1-100");
  return {first - 1, last - first + 1};
}

io::Format format_named(const std::string& name) {
  if (name == "npy") return io::Format::npy;
  if (name == "npz") return io::Format::npz;
  if (name == "mtx") return io::Format::matrix_market;
  if (name == "csv") return io::Format::csv;
  if (name == "tsv") return io::Format::tsv;
  if (name == "safetensors") return io::Format::safetensors;
  return io::Format::automatic;
}

std::pair<index_t, index_t> parse_shape(const std::string& option, const std::string& text) {
  index_t rows = -1, cols = -1;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, rows);
  if (first.ec == std::errc() && first.ptr != end && *first.ptr == 'x') {
    const auto second = std::from_chars(first.ptr + 1, end, cols);
    if (second.ec == std::errc() && second.ptr == end && rows >= 0 && cols >= 0) {
      return {rows, cols};
    }
  }
  throw UsageError(option + ": '" + text +
                   "' will not do; expected rows and columns as in 1000x200");
}

std::uint64_t parse_seed(const std::string& option, const std::string& text) {
  std::uint64_t value = 0;
  if (!read_integer(text, value)) refuse(option, text, "a whole number, 0 or above");
  return value;
}

double parse_share(const std::string& option, const std::string& text) {
  const bool percent = text.ends_with('%');
  double value = 0;
  if (!read_number(std::string_view(text).substr(0, text.size() - (percent ? 1 : 0)), value)) {
    refuse(option, text, "a share such as 0.95 or 95%");
  }
  if (!percent && value > 1 && value <= 100) {
    refuse(option, text,
           fmt::format("a share above 0 and at most 1; for {0} per cent write {0}%", text));
  }
  if (percent) value /= 100;
  if (!(value > 0 && value <= 1)) refuse(option, text, "a share above 0 and at most 1 (100%)");
  return value;
}

double parse_tolerance(const std::string& option, const std::string& text) {
  double value = 0;
  if (!read_number(text, value) || !(value >= 0 && value < 1)) {
    refuse(option, text, "a relative error such as 1e-3, at least 0 and below 1");
  }
  return value;
}

double parse_target(const std::string& option, const std::string& text) {
  double value = 0;
  if (!read_number(text, value) || !(value >= 0 && std::isfinite(value))) {
    refuse(option, text, "a number such as 2.5, at least 0");
  }
  return value;
}

double parse_accuracy(const std::string& option, const std::string& text, const char* or_word) {
  double value = 0;
  if (!read_number(text, value) || !(value > 0 && value < 1)) {
    refuse(
        option, text,
        std::string("a number such as 1e-8, above 0 and below 1, relative to sigma_1") + or_word);
  }
  return value;
}

RankChoice parse_choice(const std::string& option, const std::string& text) {
  if (text == "gavish-donoho") return RankChoice::gavish_donoho;
  if (text == "elbow") return RankChoice::elbow;
  refuse(option, text, "one of gavish-donoho, elbow");
}

double parse_noise(const std::string& option, const std::string& text) {
  double value = 0;
  if (!read_number(text, value) || !(value > 0)) refuse(option, text, "a number above 0");
  return value;
}

double parse_at_least_zero(const std::string& option, const std::string& text) {
  double value = 0;
  if (!read_number(text, value) || !(value >= 0)) refuse(option, text, "a number, 0 or above");
  return value;
}

double parse_weight(const std::string& option, const std::string& text) {
  double value = 0;
  if (!read_number(text, value) || !std::isfinite(value)) refuse(option, text, "numbers");
  return value;
}

double parse_seconds(const std::string& option, const std::string& text) {
  std::string_view number = text;
  double unit = 1;
  if (text.ends_with('s') || text.ends_with('m') || text.ends_with('h')) {
    unit = text.back() == 's' ? 1 : text.back() == 'm' ? 60 : 3600;
    number.remove_suffix(1);
  }
  double value = 0;
  if (!read_number(number, value) || !(value > 0)) {
    refuse(option, text, "a time above 0 such as 90s, 5m or 2h");
  }
  return value * unit;
}

std::uint64_t parse_bytes(const std::string& option, const std::string& text) {
  const char* expected = "bytes such as 500M, 2G or 1.5GiB";
  const std::size_t digits = text.find_first_not_of("0123456789.");
  const std::size_t split = digits == std::string::npos ? text.size() : digits;
  double value = 0;
  const double factor = unit_factor(std::string_view(text).substr(split));
  if (factor == 0 || !read_number(std::string_view(text).substr(0, split), value)) {
    refuse(option, text, expected);
  }
  const double bytes = value * factor;
  if (!(bytes >= 1 && bytes < 0x1p63)) {
    refuse(option, text, std::string(expected) + ", at least one byte and below 8 EiB");
  }
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace eckart::cli
