// Butterflies over a power of two of ranks. Those beyond it are folded in
// first: of the first ranks each odd one hands its values to the even one
// before it, and gets the result in the end.
#include "eckart/communicator.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <vector>

namespace eckart {
namespace {

// Who takes part in a butterfly, and as which number.
class Butterfly {
 public:
  explicit Butterfly(const Communicator& ranks)
      : ranks_(ranks),
        width_(static_cast<int>(std::bit_floor(static_cast<unsigned>(ranks.size())))),
        folded_(ranks.size() - width_) {}

  int width() const { return width_; }
  // Whether this rank is one of a pair, and then whether it is the one that
  // only looks on.
  bool paired() const { return ranks_.rank() < 2 * folded_; }
  bool looks_on() const { return paired() && ranks_.rank() % 2 == 1; }
  int partner() const { return ranks_.rank() ^ 1; }
  int number() const { return paired() ? ranks_.rank() / 2 : ranks_.rank() - folded_; }
  int rank_of(int number) const { return number < folded_ ? 2 * number : number + folded_; }

 private:
  const Communicator& ranks_;
  int width_;
  int folded_;
};

constexpr int nobody = -1;

template <class Real>
void send(const Communicator& ranks, int to, std::span<const Real> values) {
  ranks.exchange(to, std::as_bytes(values), nobody, {});
}

template <class Real>
void receive(const Communicator& ranks, int from, std::span<Real> values) {
  ranks.exchange(nobody, {}, from, std::as_writable_bytes(values));
}

template <class Real, class Op>
void combine(std::span<Real> values, std::span<const Real> others, const Op& op) {
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = op(values[i], others[i]);
}

// Every rank ends with op over all. op commutes to the last bit, so both of two
// that exchange values get the same.
template <class Real, class Op>
void reduce(const Communicator& ranks, std::span<Real> values, const Op& op) {
  if (ranks.size() == 1 || values.empty()) return;
  const Butterfly butterfly(ranks);
  if (butterfly.looks_on()) {
    send<Real>(ranks, butterfly.partner(), values);
    return receive(ranks, butterfly.partner(), values);
  }
  std::vector<Real> others(values.size());
  if (butterfly.paired()) {
    receive<Real>(ranks, butterfly.partner(), others);
    combine<Real>(values, others, op);
  }
  for (int distance = 1; distance < butterfly.width(); distance *= 2) {
    const int other = butterfly.rank_of(butterfly.number() ^ distance);
    ranks.exchange(other, std::as_bytes(values), other, std::as_writable_bytes(std::span(others)));
    combine<Real>(values, others, op);
  }
  if (butterfly.paired()) send<Real>(ranks, butterfly.partner(), values);
}

// The values of the ranks that a span of numbers stands for.
template <class Real>
std::span<Real> part(const Butterfly& butterfly,
                     std::span<Real> values,
                     std::span<const index_t> bounds,
                     int first,
                     int last) {
  const auto bound = [&](int number) {
    return number == butterfly.width()
               ? bounds.back()
               : bounds[static_cast<std::size_t>(butterfly.rank_of(number))];
  };
  return values.subspan(static_cast<std::size_t>(bound(first)),
                        static_cast<std::size_t>(bound(last) - bound(first)));
}

template <class Real>
std::span<Real> piece(std::span<Real> values, std::span<const index_t> bounds, int rank) {
  const auto r = static_cast<std::size_t>(rank);
  return values.subspan(static_cast<std::size_t>(bounds[r]),
                        static_cast<std::size_t>(bounds[r + 1] - bounds[r]));
}

// By halves: each hands the other's half over and adds up its own.
template <class Real>
void scatter_sums(const Communicator& ranks,
                  std::span<Real> values,
                  std::span<const index_t> bounds) {
  if (ranks.size() == 1) return;
  const Butterfly butterfly(ranks);
  if (butterfly.looks_on()) {
    send<Real>(ranks, butterfly.partner(), values);
    return receive(ranks, butterfly.partner(), piece(values, bounds, ranks.rank()));
  }
  std::unique_ptr<Real[]> others;
  const auto room = [&](std::size_t size) {  // the first is the largest
    if (!others) others = std::make_unique_for_overwrite<Real[]>(size);
    return std::span<Real>(others.get(), size);
  };
  if (butterfly.paired()) {
    const std::span<Real> theirs = room(values.size());
    receive<Real>(ranks, butterfly.partner(), theirs);
    combine<Real>(values, theirs, std::plus<Real>());
  }
  for (int distance = butterfly.width() / 2; distance > 0; distance /= 2) {
    const int other = butterfly.number() ^ distance;
    const auto half = [&](int number) {
      const int first = number / distance * distance;
      return part(butterfly, values, bounds, first, first + distance);
    };
    const std::span<Real> mine = half(butterfly.number());
    const std::span<Real> theirs = room(mine.size());
    const int rank = butterfly.rank_of(other);
    ranks.exchange(rank, std::as_bytes(half(other)), rank, std::as_writable_bytes(theirs));
    combine<Real>(mine, theirs, std::plus<Real>());
  }
  if (butterfly.paired()) {
    send<Real>(ranks, butterfly.partner(), piece(values, bounds, butterfly.partner()));
  }
}

// By doubling what is known.
template <class Real>
void gather(const Communicator& ranks, std::span<Real> values, std::span<const index_t> bounds) {
  if (ranks.size() == 1) return;
  const Butterfly butterfly(ranks);
  if (butterfly.looks_on()) {
    send<Real>(ranks, butterfly.partner(), piece(values, bounds, ranks.rank()));
    return receive(ranks, butterfly.partner(), values);
  }
  if (butterfly.paired()) {
    receive(ranks, butterfly.partner(), piece(values, bounds, butterfly.partner()));
  }
  for (int distance = 1; distance < butterfly.width(); distance *= 2) {
    const int other = butterfly.number() ^ distance;
    const auto known = [&](int number) {
      const int first = number / distance * distance;
      return part(butterfly, values, bounds, first, first + distance);
    };
    const int rank = butterfly.rank_of(other);
    ranks.exchange(rank, std::as_bytes(known(butterfly.number())), rank,
                   std::as_writable_bytes(known(other)));
  }
  if (butterfly.paired()) send<Real>(ranks, butterfly.partner(), values);
}

}  // namespace

void Communicator::sum(std::span<double> values) const {
  reduce(*this, values, std::plus<double>());
}
void Communicator::sum(std::span<float> values) const { reduce(*this, values, std::plus<float>()); }

void Communicator::max(std::span<double> values) const {
  reduce(*this, values, [](double a, double b) { return std::max(a, b); });
}

void Communicator::sum_pieces(std::span<double> values, std::span<const index_t> bounds) const {
  scatter_sums(*this, values, bounds);
}
void Communicator::sum_pieces(std::span<float> values, std::span<const index_t> bounds) const {
  scatter_sums(*this, values, bounds);
}
void Communicator::gather_pieces(std::span<double> values, std::span<const index_t> bounds) const {
  gather(*this, values, bounds);
}
void Communicator::gather_pieces(std::span<float> values, std::span<const index_t> bounds) const {
  gather(*this, values, bounds);
}

void Communicator::broadcast(std::span<std::byte> bytes) const {
  // The lowest bit set of a rank names whom it hears from; those below it name
  // whom it tells.
  const int lowest = rank() == 0 ? static_cast<int>(std::bit_ceil(static_cast<unsigned>(size())))
                                 : rank() & -rank();
  if (rank() != 0) exchange(nobody, {}, rank() - lowest, bytes);
  for (int distance = lowest / 2; distance > 0; distance /= 2) {
    if (rank() + distance < size()) exchange(rank() + distance, bytes, nobody, {});
  }
}

std::vector<index_t> even_bounds(index_t rows, int ranks) {
  std::vector<index_t> bounds;
  for (index_t r = 0; r <= ranks; ++r) {
    // Written so that it cannot overflow.
    bounds.push_back(rows / ranks * r + rows % ranks * r / ranks);
  }
  return bounds;
}

Shard Shard::even(const Communicator& ranks, index_t rows) {
  const std::vector<index_t> bounds = even_bounds(rows, ranks.size());
  const auto r = static_cast<std::size_t>(ranks.rank());
  const index_t whole = rows / ranks.size();
  return {.ranks = &ranks,
          .first = bounds[r],
          .count = bounds[r + 1] - bounds[r],
          .total = rows,
          .largest = rows % ranks.size() == 0 ? whole : whole + 1};
}

Shard Shard::counted(const Communicator& ranks, index_t count) {
  std::vector<double> counts(static_cast<std::size_t>(ranks.size()));
  counts[static_cast<std::size_t>(ranks.rank())] = static_cast<double>(count);
  ranks.sum(counts);
  Shard shard{.ranks = &ranks, .first = 0, .count = count, .total = 0, .largest = 0};
  for (int r = 0; r < ranks.size(); ++r) {
    const auto rows = static_cast<index_t>(counts[static_cast<std::size_t>(r)]);
    if (r < ranks.rank()) shard.first += rows;
    shard.total += rows;
    shard.largest = std::max(shard.largest, rows);
  }
  return shard;
}

bool Shard::any(bool here) const {
  if (alone()) return here;
  double said = here ? 1 : 0;
  ranks->max({&said, 1});
  return said > 0;
}

}  // namespace eckart
