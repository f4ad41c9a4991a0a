// eckart/mpi/scalapack.hpp - all singular triplets of a dense matrix over ranks, by ScaLAPACK.
#pragma once

#include <vector>

#include "eckart/communicator.hpp"
#include "eckart/matrix.hpp"

namespace eckart::mpi {

// Whether this build knows ScaLAPACK.
bool has_scalapack();

template <Scalar T>
struct RankFactors {
  Matrix<T> U;                   // the rows here, min(m, n) columns
  std::vector<real_t<T>> sigma;  // all, on every rank
  Matrix<T> V;                   // likewise the rows here
};

// Returns the thin factors of the matrix of which A holds the rows that the shard rows names; V has
// those that cols names. The ranks are those of MPI_COMM_WORLD, each of which calls it.
// Nothing of the size of the matrix, or of the square of its shorter side, is ever on one rank: A,
// U and V lie in blocks over a grid of ranks. The same bits in repeated runs. Cost: about 4 m n^2 +
// 4/3 n^3 flops for the bidiagonal form, half of them products of matrix and vector, and some 12
// n^3 + 4 m n^2 for vectors by QR iteration (m >= n), shared by the ranks: a method of one stage.
// Each sends its rows, and receives its rows of U and V. Throws Error if ScaLAPACK fails, or is no
// part of this build. Source: Blackford et al., ScaLAPACK Users' Guide, SIAM, 1997.
template <Scalar T>
RankFactors<T> scalapack_svd(MatrixView<const T> A, const Shard& rows, const Shard& cols);

}  // namespace eckart::mpi
