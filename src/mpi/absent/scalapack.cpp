// A build without ScaLAPACK.
#include "eckart/mpi/scalapack.hpp"

#include <complex>

#include "eckart/error.hpp"

namespace eckart::mpi {

bool has_scalapack() { return false; }

template <Scalar T>
RankFactors<T> scalapack_svd(MatrixView<const T>, const Shard&, const Shard&) {
  throw Error("this build has no ScaLAPACK; build where libscalapack-openmpi-dev is installed");
}

template RankFactors<float> scalapack_svd(MatrixView<const float>, const Shard&, const Shard&);
template RankFactors<double> scalapack_svd(MatrixView<const double>, const Shard&, const Shard&);
template RankFactors<std::complex<float>> scalapack_svd(MatrixView<const std::complex<float>>,
                                                        const Shard&,
                                                        const Shard&);
template RankFactors<std::complex<double>> scalapack_svd(MatrixView<const std::complex<double>>,
                                                         const Shard&,
                                                         const Shard&);

}  // namespace eckart::mpi
