// Any bytes as the arguments of a routine of the LAPACK drop-in: INFO as LAPACK's manual has it,
// nothing touched beside what it says, and factors that an oracle in wider arithmetic accepts.

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fuzz/bytes.hpp"
#include "lapack/gejsv.hpp"
#include "lapack/gelsd.hpp"
#include "lapack/gesdd.hpp"
#include "lapack/gesvd.hpp"
#include "lapack/gesvdx.hpp"
#include "lapack/gesvj.hpp"
#include "tests/oracles/svd_check.hpp"

using namespace eckart;
using fuzz::Bytes;
using fuzz::demand;

// What a routine tells the program's XERBLA.
static std::int64_t reported = 0;
// One call serves both widths of integers: a Fortran program reads the first half.
extern "C" void xerbla_(const char*, const std::int64_t* position, std::size_t) {
  reported = static_cast<std::int32_t>(*position);
}

namespace {

constexpr double unlimited = 1e300;

// A matrix as Fortran hands it over: no byte more than its last column needs, and between the
// columns bytes that are nobody's business.
template <class T>
class Argument {
 public:
  Argument(index_t rows, index_t cols, index_t ld)
      : rows_(std::max<index_t>(0, rows)),
        cols_(std::max<index_t>(0, cols)),
        ld_(std::max(ld, rows_)) {
    if (rows_ > 0 && cols_ > 0) bytes_.resize(static_cast<std::size_t>(ld_ * (cols_ - 1) + rows_));
    std::fill(bytes_.begin(), bytes_.end(), T(sentinel));
    before_ = bytes_;
  }
  // Room for something that is no matrix of its own shape.
  T* data() { return bytes_.data(); }
  T& operator()(index_t i, index_t j) { return bytes_[static_cast<std::size_t>(i + j * ld_)]; }
  void keep() { before_ = bytes_; }
  bool touched() const { return !same(0, bytes_.size()); }
  bool touched_between() const {
    for (index_t j = 0; j + 1 < cols_; ++j) {
      const auto end = static_cast<std::size_t>((j + 1) * ld_);
      if (!bytes_.empty() && !same(end - static_cast<std::size_t>(ld_ - rows_), end)) return true;
    }
    return false;
  }
  MatrixView<const T> leading(index_t rows, index_t cols) const {
    return {bytes_.data(), rows, cols, std::max<index_t>(1, ld_)};
  }
  MatrixView<const T> before() const {
    return {before_.data(), rows_, cols_, std::max<index_t>(1, ld_)};
  }

 private:
  static constexpr float sentinel = -7.25f;
  bool same(std::size_t first, std::size_t end) const {
    return first == end ||
           std::memcmp(&bytes_[first], &before_[first], (end - first) * sizeof(T)) == 0;
  }
  index_t rows_, cols_, ld_;
  std::vector<T> bytes_, before_;
};

template <Scalar T>
Matrix<T> adjoint_of(MatrixView<const T> X) {
  Matrix<T> result(X.cols, X.rows);
  for (index_t j = 0; j < X.cols; ++j) {
    for (index_t i = 0; i < X.rows; ++i) result(j, i) = conjugate(X(i, j));
  }
  return result;
}

// One call: its arguments, in the order of the manual, are looked at before it is made.
template <Scalar T, class Int>
class Call {
 public:
  using Real = real_t<T>;

  explicit Call(Bytes& bytes) : bytes_(bytes) {}

  char letter(std::string_view good) {
    constexpr std::string_view wrong = "X?";
    const std::uint8_t choice = bytes_.next();
    const std::string_view from = choice % 16 == 15 ? wrong : good;
    const char picked = from[choice / 16 % from.size()];
    return choice & 8 ? static_cast<char>(picked | 0x20) : picked;  // lower case is as good
  }
  // Seldom negative.
  Int size() {
    const std::uint8_t choice = bytes_.next();
    return choice > 250 ? Int{-1} : static_cast<Int>(choice % 25);
  }
  // Seldom too small.
  Int leading(index_t least) {
    const std::uint8_t choice = bytes_.next();
    return static_cast<Int>(choice > 245 ? least - 1 : least + choice % 4);
  }
  Int work() {
    const std::uint8_t choice = bytes_.next();
    return choice < 16 ? Int{-1} : choice < 24 ? Int{0} : Int{4000};
  }
  void expect(bool good, int position) {
    if (!good && wrong_ == 0) wrong_ = position;
  }
  bool legal() const { return wrong_ == 0; }

  void fill(Argument<T>& A, index_t rows, index_t cols) {
    Real before = 1;
    for (index_t j = 0; j < cols; ++j) {
      for (index_t i = 0; i < rows; ++i) {
        before = bytes_.real<Real>(before);
        if constexpr (is_complex<T>) {
          const Real re = before;
          before = bytes_.real<Real>(before);
          A(i, j) = {re, before};
        } else {
          A(i, j) = before;
        }
        const auto entry = std::complex<double>(A(i, j));
        finite_ = finite_ && std::isfinite(entry.real()) && std::isfinite(entry.imag());
        norm_ = std::hypot(norm_, std::abs(entry));
      }
    }
    A.keep();
  }

  // Whether the call succeeded and there are results to look at.
  bool succeeded(Int info, int matrix) {
    demand(wrong_ == 0 || info == -wrong_,
           "INFO of the first wrong argument: " + std::to_string(info) + ", expected " +
               std::to_string(-wrong_));
    demand(wrong_ == 0 ? reported == 0 : reported == wrong_, "XERBLA is told which");
    if (wrong_ != 0) return false;
    if (!finite_) demand(info == -matrix, "NaN and infinity are refused");
    const bool may_overflow = !(norm_ < static_cast<double>(std::numeric_limits<Real>::max()));
    if (finite_) demand(info == 0 || (info == 1 && may_overflow), "finite matrices are served");
    return info == 0;
  }

  // Triplets of A, all of them or some; null where the side was not asked for.
  void judge(const Argument<T>& A,
             std::span<const Real> sigma,
             const MatrixView<const T>* U,
             const MatrixView<const T>* V,
             bool all,
             double limit = is_complex<T> ? 10 : 5) {
    demand(oracles::ordered_and_not_negative<Real>(sigma), "falling values, none negative");
    const double eps = oracles::epsilon<T>();
    for (const MatrixView<const T>* Q : {U, V}) {
      if (!Q) continue;
      const double defect = static_cast<double>(oracles::orthogonality_defect(*Q));
      demand(defect <= limit * eps * static_cast<double>(std::max<index_t>(1, Q->rows)),
             "orthonormal vectors");
    }
    if (!U || !V) return;
    const MatrixView<const T> given = A.before();
    using Wide = oracles::wide_real_t<T>;
    const Wide scale = static_cast<Wide>(std::max<index_t>({1, given.rows, given.cols})) *
                       (oracles::one_norm(given) * static_cast<Wide>(eps) +
                        static_cast<Wide>(std::numeric_limits<Real>::denorm_min()));
    if (all) {
      const Wide defect = oracles::reconstruction_defect<T>(given, *U, sigma, *V);
      demand(static_cast<double>(defect / scale) <= limit, "the factors' product is the matrix");
      return;
    }
    for (std::size_t l = 0; l < sigma.size(); ++l) {
      const auto c = static_cast<index_t>(l);
      Wide worst = 0;
      for (index_t i = 0; i < given.rows; ++i) {
        oracles::wide_t<T> sum = -static_cast<Wide>(sigma[l]) * oracles::widen((*U)(i, c));
        for (index_t j = 0; j < given.cols; ++j) {
          sum += oracles::times(oracles::widen(given(i, j)), oracles::widen((*V)(j, c)));
        }
        worst = std::max(worst, std::abs(sum));
      }
      demand(static_cast<double>(worst / scale) <= limit, "A v = sigma u");
    }
  }

 private:
  Bytes& bytes_;
  int wrong_ = 0;
  bool finite_ = true;
  double norm_ = 0;
};

bool among(char letter, std::string_view letters) {
  return letters.find(static_cast<char>(letter & ~0x20)) != std::string_view::npos;
}

// Both divide-and-conquer and QR iteration: one job for both sides, or one each.
template <Scalar T, class Int>
void decompose(Bytes& bytes, bool one_job) {
  Call<T, Int> call(bytes);
  const char left = call.letter("ASON");
  const char right = one_job ? left : call.letter("ASON");
  const Int m = call.size(), n = call.size();
  const index_t k = std::min(m, n);
  // With one job, O overwrites A by the longer side's vectors and gives all of the other's.
  const bool o = one_job && among(left, "O");
  const bool has_u = among(left, "AS") || (o && m < n);
  const bool has_vt = among(right, "AS") || (o && m >= n);
  const index_t u_cols = among(left, "A") ? m : k;
  const index_t vt_rows = among(right, "A") ? n : k;
  const Int lda = call.leading(std::max<Int>(1, m));
  const Int ldu = call.leading(has_u ? std::max<Int>(1, m) : 1);
  const Int ldvt = call.leading(has_vt ? std::max<index_t>(1, vt_rows) : 1);
  const Int lwork = call.work();
  const int shift = one_job ? 0 : 1;
  call.expect(among(left, "ASON"), 1);
  if (!one_job) call.expect(among(right, "ASON") && !(among(left, "O") && among(right, "O")), 2);
  call.expect(m >= 0, 2 + shift);
  call.expect(n >= 0, 3 + shift);
  call.expect(lda >= std::max<Int>(1, m), 5 + shift);
  call.expect(ldu >= (has_u ? std::max<Int>(1, m) : 1), 8 + shift);
  call.expect(ldvt >= (has_vt ? std::max<index_t>(1, vt_rows) : 1), 10 + shift);
  call.expect(lwork != 0, 12 + shift);

  Argument<T> A(m, n, lda), U(has_u ? m : 0, u_cols, ldu), VT(has_vt ? vt_rows : 0, n, ldvt);
  Argument<real_t<T>> s(k, 1, k);
  std::vector<T> work(8, T(0));
  call.fill(A, m, n);
  Int info = 99;
  reported = 0;
  if (one_job) {
    lapack::gesdd<T, Int>(&left, &m, &n, A.data(), &lda, s.data(), U.data(), &ldu, VT.data(), &ldvt,
                          work.data(), &lwork, nullptr, nullptr, &info);
  } else {
    lapack::gesvd<T, Int>(&left, &right, &m, &n, A.data(), &lda, s.data(), U.data(), &ldu,
                          VT.data(), &ldvt, work.data(), &lwork, nullptr, &info);
  }
  demand(!U.touched_between() && !VT.touched_between() && !A.touched_between(),
         "nothing between the columns is touched");
  if (lwork == -1 || !call.legal()) {
    demand(!A.touched() && !U.touched() && !VT.touched() && !s.touched(),
           "a query or a wrong call touches no array");
    demand(!call.legal() || info == 0, "a query succeeds");
    demand(!call.legal() || (std::real(work[0]) >= 1 && std::real(work[0]) < unlimited),
           "a query answers");
  }
  if (lwork == -1 && call.legal()) return;
  if (k == 0 && call.legal()) return demand(info == 0, "nothing to do");
  if (!call.succeeded(info, 4 + shift)) return;
  const bool u_in_a = among(left, "O") && (!one_job || m >= n);
  const bool vt_in_a = among(right, "O") && (!one_job || m < n);
  const MatrixView<const T> u = has_u ? U.leading(m, u_cols) : A.leading(m, k);
  const Matrix<T> v =
      adjoint_of<T>(has_vt ? VT.leading(vt_rows, n) : A.leading(vt_in_a ? k : 0, n));
  const MatrixView<const T> v_view = v.view();
  call.judge(A, {s.data(), static_cast<std::size_t>(k)}, has_u || u_in_a ? &u : nullptr,
             has_vt || vt_in_a ? &v_view : nullptr, true);
}

template <Scalar T, class Int>
void decompose_part(Bytes& bytes) {
  using Real = real_t<T>;
  Call<T, Int> call(bytes);
  const char left = call.letter("VN"), right = call.letter("VN"), range = call.letter("AVI");
  const Int m = call.size(), n = call.size();
  const index_t k = std::min(m, n);
  const bool by_value = among(range, "V"), by_index = among(range, "I");
  const Real vl = bytes.real<Real>(1), vu = vl + bytes.real<Real>(1);
  const Int il = static_cast<Int>(bytes.below(27)), iu = static_cast<Int>(bytes.below(27));
  const index_t most = by_index ? iu - il + 1 : k;
  const Int lda = call.leading(std::max<Int>(1, m));
  const Int ldu = call.leading(std::max<Int>(1, among(left, "V") ? m : 1));
  const Int ldvt = call.leading(std::max<index_t>(1, among(right, "V") ? most : 1));
  const Int lwork = call.work();
  call.expect(among(left, "VN"), 1);
  call.expect(among(right, "VN"), 2);
  call.expect(among(range, "AVI"), 3);
  call.expect(m >= 0, 4);
  call.expect(n >= 0, 5);
  call.expect(lda >= std::max<Int>(1, m), 7);
  call.expect(!(by_value && k > 0) || vl >= 0, 8);
  call.expect(!(by_value && k > 0) || vu > vl, 9);
  call.expect(!(by_index && k > 0) || (il >= 1 && il <= k), 10);
  call.expect(!(by_index && k > 0) || (iu >= il && iu <= k), 11);
  call.expect(ldu >= (among(left, "V") ? std::max<Int>(1, m) : 1), 15);
  const index_t least = by_index && k > 0 ? most : k;
  call.expect(ldvt >= (among(right, "V") ? std::max<index_t>(1, least) : 1), 17);
  call.expect(lwork != 0, 19);

  const index_t room = std::max<index_t>(0, std::min<index_t>(least, k));
  Argument<T> A(m, n, lda), U(among(left, "V") ? m : 0, room, ldu);
  Argument<T> VT(among(right, "V") ? room : 0, n, ldvt);
  Argument<Real> s(k, 1, k);
  std::vector<Int> iwork(static_cast<std::size_t>(12 * std::max<index_t>(1, k)));
  std::vector<T> work(8, T(0));
  call.fill(A, m, n);
  Int info = 99, found = 99;
  reported = 0;
  lapack::gesvdx<T, Int>(&left, &right, &range, &m, &n, A.data(), &lda, &vl, &vu, &il, &iu, &found,
                         s.data(), U.data(), &ldu, VT.data(), &ldvt, work.data(), &lwork, nullptr,
                         iwork.data(), &info);
  demand(!U.touched_between() && !VT.touched_between(), "nothing between the columns is touched");
  if ((lwork == -1 || k == 0) && call.legal()) return demand(info == 0, "nothing to do");
  if (!call.succeeded(info, 6)) return;
  demand(found >= 0 && found <= room && (!by_index || found == most), "as many as asked for");
  const std::span<const Real> sigma(s.data(), static_cast<std::size_t>(found));
  for (const Real value : sigma) {
    demand(!by_value || (value > vl && value <= vu), "values of the interval");
  }
  const MatrixView<const T> u = U.leading(m, found);
  const Matrix<T> v = adjoint_of<T>(VT.leading(among(right, "V") ? found : 0, n));
  const MatrixView<const T> v_view = v.view();
  call.judge(A, sigma, among(left, "V") ? &u : nullptr, among(right, "V") ? &v_view : nullptr,
             false);
}

// One-sided Jacobi, in its plain form or the one for graded matrices.
template <Scalar T, class Int>
void decompose_accurately(Bytes& bytes, bool plain) {
  using Real = real_t<T>;
  Call<T, Int> call(bytes);
  const char accuracy = call.letter(plain ? "LUG" : "CEFGAR");
  const char left = call.letter(plain ? "UN" : "UFWN"), right = call.letter(plain ? "VN" : "VWN");
  const char no = 'N';
  Int m = call.size(), n = call.size();
  if (bytes.next() < 240 && m < n) std::swap(m, n);
  const bool has_u = among(left, plain ? "U" : "UF"), has_v = among(right, "V");
  const Int lda = call.leading(std::max<Int>(1, m));
  const Int ldu = call.leading(std::max<Int>(1, has_u && !plain ? m : 1));
  const Int ldv = call.leading(std::max<Int>(1, has_v ? n : 1));
  const Int lwork = call.work(), lrwork = is_complex<T> ? lwork : Int{1}, mv = 0;
  const int shift = plain ? 0 : 3;
  call.expect(among(accuracy, plain ? "LUG" : "CEFGAR"), 1);
  call.expect(among(left, plain ? "UN" : "UFWN"), 2);
  call.expect(among(right, plain ? "VN" : "VWN"), 3);
  call.expect(m >= 0, 4 + shift);
  call.expect(n >= 0 && n <= m, 5 + shift);
  call.expect(lda >= m, 7 + shift);
  if (!plain) call.expect(!has_u || ldu >= m, 13);
  call.expect(!has_v || ldv >= n, plain ? 11 : 15);
  call.expect(lwork != 0, plain ? 13 : 17);

  const index_t u_cols = plain ? 0 : among(left, "F") ? m : n;
  Argument<T> A(m, n, lda), U(has_u && !plain ? m : 0, u_cols, ldu), V(has_v ? n : 0, n, ldv);
  Argument<Real> s(n, 1, n);
  std::vector<T> work(8, T(0));
  std::vector<Real> rwork(8, Real(0));
  std::vector<Int> iwork(8);
  call.fill(A, m, n);
  Int info = 99;
  reported = 0;
  if (plain) {
    lapack::gesvj<T, Int>(&accuracy, &left, &right, &m, &n, A.data(), &lda, s.data(), &mv, V.data(),
                          &ldv, work.data(), &lwork, rwork.data(), &lrwork, &info);
  } else {
    lapack::gejsv<T, Int>(&accuracy, &left, &right, &no, &no, &no, &m, &n, A.data(), &lda, s.data(),
                          U.data(), &ldu, V.data(), &ldv, work.data(), &lwork, rwork.data(),
                          &lrwork, iwork.data(), &info);
  }
  demand(!U.touched_between() && !V.touched_between() && !A.touched_between(),
         "nothing between the columns is touched");
  if ((lwork == -1 || n == 0) && call.legal()) return demand(info == 0, "nothing to do");
  if (!call.succeeded(info, 6 + shift)) return;
  const Real scale = is_complex<T> ? rwork[0] : std::real(work[0]);
  std::vector<Real> sigma(s.data(), s.data() + n);
  const bool scaled = scale != 1;
  if (scaled) return demand(scale > 0 && std::isfinite(scale), "the scale is a number");
  const MatrixView<const T> u = plain ? A.leading(m, n) : U.leading(m, u_cols);
  const MatrixView<const T> v = V.leading(has_v ? n : 0, n);
  call.judge(A, sigma, has_u ? &u : nullptr, has_v ? &v : nullptr, true, is_complex<T> ? 20 : 10);
}

template <Scalar T, class Int>
void solve(Bytes& bytes) {
  using Real = real_t<T>;
  Call<T, Int> call(bytes);
  const Int m = call.size(), n = call.size(), count = call.size();
  const index_t k = std::min(m, n), rows = std::max(m, n);
  const Int lda = call.leading(std::max<Int>(1, m));
  const Int ldb = call.leading(std::max<index_t>(1, rows));
  const Int lwork = call.work();
  const Real rcond = bytes.real<Real>(1);
  call.expect(m >= 0, 1);
  call.expect(n >= 0, 2);
  call.expect(count >= 0, 3);
  call.expect(lda >= std::max<Int>(1, m), 5);
  call.expect(ldb >= std::max<index_t>(1, rows), 7);
  call.expect(lwork != 0, 12);
  Argument<T> A(m, n, lda), B(rows, count, ldb);
  Argument<Real> s(k, 1, k);
  std::vector<T> work(8, T(0));
  std::vector<Real> rwork(8, Real(0));
  std::vector<Int> iwork(8);
  call.fill(A, m, n);
  for (index_t j = 0; j < count; ++j) {
    for (index_t i = 0; i < m; ++i) B(i, j) = T(static_cast<float>(bytes.next()) / 16);
  }
  B.keep();
  Int info = 99, rank = 99;
  reported = 0;
  lapack::gelsd<T, Int>(&m, &n, &count, A.data(), &lda, B.data(), &ldb, s.data(), &rcond, &rank,
                        work.data(), &lwork, rwork.data(), iwork.data(), &info);
  demand(!B.touched_between(), "nothing between the columns is touched");
  if (lwork == -1 && call.legal()) return demand(info == 0, "a query succeeds");
  if (!call.legal()) demand(!A.touched() && !B.touched(), "a wrong call touches no array");
  // A solution may be beyond all numbers though the matrix is not.
  if (info == 1 && call.legal()) return;
  if (k == 0 && call.legal()) return demand(info == 0 && rank == 0, "nothing to do");
  if (!call.succeeded(info, 4)) return;
  demand(rank >= 0 && rank <= k, "a rank");
  call.judge(A, {s.data(), static_cast<std::size_t>(k)}, nullptr, nullptr, true);
  demand(oracles::all_finite(B.leading(n, count)), "finite solutions");
}

template <Scalar T, class Int>
void run(Bytes& bytes) {
  switch (bytes.below(6)) {
    case 0:
      return decompose<T, Int>(bytes, true);
    case 1:
      return decompose<T, Int>(bytes, false);
    case 2:
      return decompose_part<T, Int>(bytes);
    case 3:
      return decompose_accurately<T, Int>(bytes, true);
    case 4:
      return decompose_accurately<T, Int>(bytes, false);
    default:
      return solve<T, Int>(bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(data, size);
  switch (bytes.below(5)) {
    case 0:
      run<double, std::int32_t>(bytes);
      break;
    case 1:
      run<float, std::int32_t>(bytes);
      break;
    case 2:
      run<std::complex<double>, std::int32_t>(bytes);
      break;
    case 3:
      run<std::complex<float>, std::int32_t>(bytes);
      break;
    default:
      run<double, std::int64_t>(bytes);
  }
  return 0;
}
