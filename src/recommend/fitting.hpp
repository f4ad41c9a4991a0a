// What all fits share.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/parallel.hpp"
#include "eckart/apps/recommend/model.hpp"
#include "eckart/context.hpp"
#include "eckart/error.hpp"
#include "eckart/matrix.hpp"

namespace eckart::recommend {

inline std::size_t at(index_t i) { return static_cast<std::size_t>(i); }

// Returns a model of the ratings with names, rows, scale and mean filled in.
// Throws InvalidArgument if there is no rating.
Model start_model(Kind kind, const Ratings& ratings);

// The number of ratings of every user, and of every item.
std::vector<index_t> user_counts(const RatingRows& rated);
std::vector<index_t> item_counts(const RatingRows& rated, index_t items);

// Sets the factors of users and items without a rating to zero: nothing is known of them, and their
// random start is not to stand for them.
void clear_unrated(Model& model);

// Throws Cancelled if the context says so; else reports that epoch of epochs begins.
void begin_epoch(const char* stage, index_t epoch, index_t epochs, const Context& context);

// Fills rows of width numbers, of which count are random with the given deviation and the others 0.
// Row i depends on seed, purpose and i alone. The numbers are uniform: their sum matters, not they.
void fill_rows(index_t rows,
               index_t count,
               index_t width,
               double deviation,
               std::uint64_t seed,
               std::uint32_t purpose,
               float* data,
               const Context& context);

inline constexpr std::uint32_t user_purpose = 0x75736572;
inline constexpr std::uint32_t item_purpose = 0x6974656d;
inline constexpr std::uint32_t input_purpose = 0x696e7075;
inline constexpr std::uint32_t order_purpose = 0x6f726472;

// Returns 0 .. n - 1 in an order that depends on seed and purpose.
std::vector<std::int32_t> shuffled(index_t n, std::uint64_t seed, std::uint32_t purpose);

// Solves (F^T F + ridge I) x = F^T t for each row of something: F holds a row for each of its
// ratings. Storage is kept from row to row.
class RidgeSolver {
 public:
  explicit RidgeSolver(index_t unknowns) : unknowns_(unknowns) {}

  // Makes room for that many ratings; returns F, column-major with that many rows.
  MatrixView<double> design(index_t ratings);
  double* target() { return target_.data(); }
  // Adds base (both triangles, or none) to F^T F. Returns x.
  // REQUIRES: F^T F + base + ridge I is positive definite
  std::span<const double> solve(double ridge, const MatrixView<const double>* base = nullptr);

 private:
  index_t unknowns_;
  index_t ratings_ = 0;
  std::vector<double> design_, gram_;
  std::vector<double> target_, x_;
};

}  // namespace eckart::recommend
