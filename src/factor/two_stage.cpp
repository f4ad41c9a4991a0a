#include "factor/two_stage.hpp"

#include <algorithm>
#include <utility>

#include "factor/band_back_transform.hpp"
#include "factor/bulge_back_transform.hpp"

namespace eckart::factor {
namespace {

// The number of superdiagonals in between. The first stage and the second are together fastest with
// 32; the back-transform of a large matrix gains more from the wider band than the chase loses.
index_t band_width(index_t n, bool keep_vectors) { return keep_vectors && n >= 3000 ? 64 : 32; }

}  // namespace

template <Scalar T>
TwoStage<T> two_stage_bidiagonalize(MatrixView<T> A, bool keep_vectors, const Context& context) {
  TwoStage<T> stages;
  const index_t width = band_width(A.cols, keep_vectors);
  stages.band = reduce_to_band(A, width, context);
  stages.bulge = chase_bulges<T>(A, width, keep_vectors, context);
  stages.d = std::move(stages.bulge.d);
  stages.e = std::move(stages.bulge.e);
  return stages;
}

template <Scalar T>
index_t two_stage_bytes(index_t n, bool keep_vectors) {
  const index_t width = band_width(n, keep_vectors);
  const index_t returned = 2 * n * width * static_cast<index_t>(sizeof(T));
  return std::max(band_reduction_bytes<T>(n, width),
                  returned + bulge_chasing_bytes<T>(n, width, keep_vectors));
}

template <Scalar T>
void apply_left(const TwoStage<T>& stages,
                MatrixView<const T> A,
                MatrixView<T> X,
                const Context& context) {
  apply_bulge_left(stages.bulge, X, context);
  apply_band_left(stages.band, A, X, context);
}

template <Scalar T>
void apply_right(const TwoStage<T>& stages,
                 MatrixView<const T> A,
                 MatrixView<T> Y,
                 const Context& context) {
  apply_bulge_right(stages.bulge, Y, context);
  apply_band_right(stages.band, A, Y, context);
}

template <Scalar T>
index_t two_stage_apply_bytes(index_t n, index_t k) {
  const index_t width = band_width(n, true);
  return std::max(bulge_back_transform_bytes<T>(n, width, k),
                  band_back_transform_bytes<T>(n, width, k));
}

using cfloat = std::complex<float>;
using cdouble = std::complex<double>;
template TwoStage<float> two_stage_bidiagonalize(MatrixView<float>, bool, const Context&);
template TwoStage<double> two_stage_bidiagonalize(MatrixView<double>, bool, const Context&);
template TwoStage<cfloat> two_stage_bidiagonalize(MatrixView<cfloat>, bool, const Context&);
template TwoStage<cdouble> two_stage_bidiagonalize(MatrixView<cdouble>, bool, const Context&);
template index_t two_stage_bytes<float>(index_t, bool);
template index_t two_stage_bytes<double>(index_t, bool);
template index_t two_stage_bytes<cfloat>(index_t, bool);
template index_t two_stage_bytes<cdouble>(index_t, bool);
template void apply_left(const TwoStage<float>&,
                         MatrixView<const float>,
                         MatrixView<float>,
                         const Context&);
template void apply_left(const TwoStage<double>&,
                         MatrixView<const double>,
                         MatrixView<double>,
                         const Context&);
template void apply_left(const TwoStage<cfloat>&,
                         MatrixView<const cfloat>,
                         MatrixView<cfloat>,
                         const Context&);
template void apply_left(const TwoStage<cdouble>&,
                         MatrixView<const cdouble>,
                         MatrixView<cdouble>,
                         const Context&);
template void apply_right(const TwoStage<float>&,
                          MatrixView<const float>,
                          MatrixView<float>,
                          const Context&);
template void apply_right(const TwoStage<double>&,
                          MatrixView<const double>,
                          MatrixView<double>,
                          const Context&);
template void apply_right(const TwoStage<cfloat>&,
                          MatrixView<const cfloat>,
                          MatrixView<cfloat>,
                          const Context&);
template void apply_right(const TwoStage<cdouble>&,
                          MatrixView<const cdouble>,
                          MatrixView<cdouble>,
                          const Context&);
template index_t two_stage_apply_bytes<float>(index_t, index_t);
template index_t two_stage_apply_bytes<double>(index_t, index_t);
template index_t two_stage_apply_bytes<cfloat>(index_t, index_t);
template index_t two_stage_apply_bytes<cdouble>(index_t, index_t);

}  // namespace eckart::factor
