// What the drivers say they allocate against what they do allocate.
#include <gtest/gtest.h>
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "eckart/error.hpp"
#include "eckart/lanczos_svd.hpp"
#include "eckart/streaming.hpp"
#include "eckart/svd.hpp"
#include "tests/drivers/driver_testing.hpp"

namespace {

std::atomic<std::size_t> held{0};
std::atomic<std::size_t> peak{0};
std::atomic<long> until_failure{-1};  // allocations that go well before one fails; below 0: all

void may_fail() {
  if (until_failure >= 0 && until_failure-- == 0) throw std::bad_alloc();
}

void* taken(void* block, std::size_t size) {
  if (!block) throw std::bad_alloc();
  const std::size_t now = held += size;
  std::size_t before = peak;
  while (before < now && !peak.compare_exchange_weak(before, now)) {
  }
  return block;
}

void returned(void* block) {
  if (block) held -= malloc_usable_size(block);
  std::free(block);
}

// Blocks of large alignment, as those on huge pages, are counted by what was asked for, which
// stands in front of them: what lies between them is never touched.
std::size_t& size_of(void* block) { return static_cast<std::size_t*>(block)[-1]; }

void* taken(std::size_t size, std::size_t unit) {
  void* raw = std::aligned_alloc(unit, (size / unit + 2) * unit);
  if (!raw) throw std::bad_alloc();
  void* block = static_cast<char*>(raw) + unit;
  size_of(block) = size;
  return taken(block, size);
}

void returned(void* block, std::align_val_t alignment) {
  if (!block) return;
  held -= size_of(block);
  std::free(static_cast<char*>(block) - static_cast<std::size_t>(alignment));
}

}  // namespace

// Every allocation of the program goes through here; only this file reads the counters.
void* operator new(std::size_t size) {
  may_fail();
  void* block = std::malloc(size ? size : 1);
  return taken(block, block ? malloc_usable_size(block) : 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  may_fail();
  return taken(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* block) noexcept { returned(block); }
void operator delete(void* block, std::size_t) noexcept { returned(block); }
void operator delete(void* block, std::align_val_t alignment) noexcept {
  returned(block, alignment);
}
void operator delete(void* block, std::size_t, std::align_val_t alignment) noexcept {
  returned(block, alignment);
}

namespace eckart {
namespace {

using namespace testing_support;

template <Scalar T>
void expect_plan_covers_run(const LinearOperator<T>& A,
                            const SvdRequest& request,
                            double slack = 4) {
  SCOPED_TRACE(std::string(to_string(request.method)) + ", " + scalar_name<T>() + ", " +
               std::to_string(A.rows()) + "x" + std::to_string(A.cols()));
  Context context(2);
  const SvdPlan plan = plan_svd<T>(A, request, context);
  const std::size_t before = held;
  peak = before;
  const auto result = svd<T>(A, request, context);
  const double used = static_cast<double>(peak - before);
  // 64 KiB for names, lists and other small things that no formula counts.
  EXPECT_TRUE(used <= plan.peak_bytes + 65536) << used << " used, planned " << plan.peak_bytes;
  EXPECT_TRUE(plan.peak_bytes <= slack * used + 65536)
      << used << " used, planned " << plan.peak_bytes;
}

template <class T>
class Memory : public testing::Test {};
TYPED_TEST_SUITE(Memory, Scalars);

// Makes allocations of body fail in turn, all of the first ones and then ever fewer: what it took
// is given back, and it throws or does without, as std::stable_sort does. Returns how many were
// tried.
template <class Body>
long fail_each(const Body& body) {
  long tried = 0;
  for (long k = 0;; k += 1 + k / 16, ++tried) {
    const std::size_t before = held;
    until_failure = k;
    try {
      body();
    } catch (const std::bad_alloc&) {
    } catch (const MemoryLimit&) {  // which says how much was needed
    }
    const bool passed = until_failure >= 0;
    until_failure = -1;
    EXPECT_EQ(held, before) << "allocation " << k;
    if (passed) return tried;
  }
}

TEST(MemoryDouble, WhicheverAllocationFailsTheRunSaysSoAndGivesBackWhatItTook) {
  const Matrix<double> matrix = cases::gaussian<double>(12, 8, 3);
  const auto op = make_operator<double>(view(matrix));
  for (const Method method :
       {Method::dense, Method::jacobi, Method::gram, Method::randomized, Method::lanczos}) {
    SCOPED_TRACE(to_string(method));
    Context context(2);
    const SvdRequest request{.rank = {.rank = 3}, .method = method};
    const SvdResult<double> expected = svd<double>(*op, request, context);
    bool right = true;
    const long count = fail_each([&] {
      const SvdResult<double> result = svd<double>(*op, request, context);
      right = right && result.sigma == expected.sigma;
    });
    EXPECT_TRUE(count > 10);
    EXPECT_TRUE(right);
  }
}

TEST(MemoryDouble, AStreamGivesBackWhatItTookWhicheverAllocationFails) {
  const Matrix<double> rows = cases::gaussian<double>(6, 9, 4);
  Context context(1);
  EXPECT_TRUE(fail_each([&] {
                IncrementalSvd<double> svd(9, {.rank = 5});
                svd.append_rows(rows.view(), context);
                svd.append_rows(rows.view(), context);
                svd.remove_rows(2, 3, context);
                (void)svd.U(context);
              }) > 20);
}

// Routes of the dense engine: what is planned is what is used, but for a third.
TYPED_TEST(Memory, ThePlanOfADenseRunIsTight) {
  using T = TypeParam;
  const auto expect_tight = [](const LinearOperator<T>& A, const SvdRequest& request) {
    expect_plan_covers_run<T>(A, request, 1.3);
  };
  for (const auto& [m, n] : {std::pair<index_t, index_t>{400, 400}, {420, 350}, {2000, 300}}) {
    const Matrix<T> matrix = cases::gaussian<T>(m, n, 1);
    const auto op = make_operator<T>(view(matrix));
    for (const Method method : {Method::dense, Method::jacobi}) {
      expect_tight(*op, {.method = method});
      expect_tight(*op, {.vectors = Vectors::none, .method = method});
    }
    expect_tight(*op, {.vectors = Vectors::full, .method = Method::dense});
    expect_tight(*op, {.rank = {.rank = 20}, .method = Method::dense});
  }
  const Matrix<T> random = cases::gaussian<T>(400, 400, 2);
  Matrix<T> symmetric(400, 400);
  for (index_t j = 0; j < 400; ++j) {
    for (index_t i = 0; i < 400; ++i) symmetric(i, j) = random(i, j) + conjugate(random(j, i));
  }
  expect_tight(*make_operator<T>(view(symmetric)), {.method = Method::hermitian});
}

// The plan is of the default; the report follows where both bases are kept, or more triplets are
// found than were expected.
TYPED_TEST(Memory, TheReportCoversALanczosRunThatNeededMoreThanItsPlan) {
  using T = TypeParam;
  std::vector<long double> steep;
  std::vector<long double> slow;
  for (int i = 1; i <= 2000; ++i) {
    steep.push_back(std::max(std::pow(0.5L, i), 1e-18L));
    slow.push_back(1 / std::sqrt(static_cast<long double>(i)));
  }
  const auto expect_covered = [](const std::vector<long double>& sigma, const RankRule& rule) {
    const SparseMatrix<T> A = testing_support::sparse_diagonal<T>(sigma);
    const auto op = make_operator<T>(A);
    Context context(2);
    const std::size_t before = held;
    peak = before;
    const auto result = lanczos_svd<T>(*op, rule, {}, context);
    const double used = static_cast<double>(peak - before);
    const auto said = static_cast<double>(result.report.peak_bytes);
    EXPECT_TRUE(used <= 1.1 * said + 65536) << used << " used, " << said << " said";
    return result.report;
  };
  const SvdReport both = expect_covered(steep, {.rank = 40});
  // Single precision stops at its own rounding, before one side is not enough.
  if (std::is_same_v<real_t<T>, double>) {
    EXPECT_FALSE(both.fallbacks.empty());
  }
  const SvdReport grown = expect_covered(slow, {.energy = 0.6});
  const double first = lanczos_svd_bytes<T>(2000, 2000, 10);
  EXPECT_TRUE(static_cast<double>(grown.peak_bytes) > first);
}

TYPED_TEST(Memory, ThePlanIsAnUpperBoundWithinReason) {
  using T = TypeParam;
  const SparseMatrix<T> sparse = cases::random_sparse<T>(6000, 700, 8, 1);
  const auto sparse_op = make_operator<T>(sparse);
  for (const auto& [m, n] : {std::pair<index_t, index_t>{300, 200}, {4000, 60}, {60, 2000}}) {
    const Matrix<T> matrix = cases::gaussian<T>(m, n, 1);
    const auto op = make_operator<T>(view(matrix));
    expect_plan_covers_run<T>(*op, {});
    expect_plan_covers_run<T>(*op, {.vectors = Vectors::none});
    expect_plan_covers_run<T>(*op, {.method = Method::jacobi});
    expect_plan_covers_run<T>(*op, {.vectors = Vectors::none, .method = Method::jacobi});
    for (const Method method : {Method::gram, Method::randomized, Method::lanczos}) {
      expect_plan_covers_run<T>(*op, {.rank = {.rank = 8}, .method = method});
    }
    expect_plan_covers_run<T>(*op, {.rank = {.rank = 30},
                                    .method = Method::randomized,
                                    .oversampling = 25,
                                    .power_iterations = 3});
  }
  Matrix<T> symmetric(250, 250);
  for (index_t i = 0; i < 250; ++i) symmetric(i, 249 - i) = T(1);
  expect_plan_covers_run<T>(*make_operator<T>(view(symmetric)), {.method = Method::hermitian});
  Context context(2);
  const auto centred =
      make_affine<T>(*sparse_op, standardisation<T>(*sparse_op, true, true, context));
  for (const LinearOperator<T>* op : {sparse_op.get(), centred.get()}) {
    for (const index_t k : {8, 100}) {
      for (const Method method : {Method::gram, Method::randomized, Method::lanczos}) {
        expect_plan_covers_run<T>(*op, {.rank = {.rank = k}, .method = method, .accuracy = 1e-2});
      }
    }
  }
}

}  // namespace
}  // namespace eckart
