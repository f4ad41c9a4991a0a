// A build without MPI: every process is on its own.
#include "cli/ranks.hpp"

#include <complex>
#include <nlohmann/json.hpp>

namespace eckart::cli {

void join_ranks() {}
void leave_ranks() {}
const Communicator* ranks() { return nullptr; }
bool knows_scalapack() { return false; }
SvdPlan plan_scalapack(index_t, index_t, index_t, std::size_t) { return {}; }
template <Scalar T>
SvdResult<T> svd_by_scalapack(const LinearOperator<T>&, double, Context&) {
  return {};
}
template SvdResult<float> svd_by_scalapack(const LinearOperator<float>&, double, Context&);
template SvdResult<double> svd_by_scalapack(const LinearOperator<double>&, double, Context&);
template SvdResult<std::complex<float>> svd_by_scalapack(const LinearOperator<std::complex<float>>&,
                                                         double,
                                                         Context&);
template SvdResult<std::complex<double>> svd_by_scalapack(
    const LinearOperator<std::complex<double>>&, double, Context&);
bool speaks() { return true; }
void end_ranks(int, const std::string&) {}
nlohmann::ordered_json traffic_json() { return {}; }

}  // namespace eckart::cli
