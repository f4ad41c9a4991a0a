// svd, plan and check of one matrix.
#include "decompose.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <string>

#include "arrays.hpp"
#include "eckart/certify.hpp"
#include "eckart/io/report_json.hpp"
#include "eckart/svd.hpp"
#include "source.hpp"

namespace eckart::python {
namespace {

// What is wanted, with columns centred and scaled first.
struct Request {
  SvdRequest svd;
  bool center = false;
  bool scale = false;
};

Method method_named(const std::string& name) {
  return name == "auto" ? Method::automatic : method_from_string(name);
}

Request make_request(std::optional<index_t> k,
                     std::optional<double> energy,
                     std::optional<double> tolerance,
                     int vectors,
                     const std::string& method,
                     std::uint64_t seed,
                     bool center,
                     bool scale,
                     bool smallest,
                     std::optional<double> accuracy,
                     std::optional<index_t> oversampling,
                     std::optional<index_t> power_iterations) {
  Request request;
  request.svd.rank = {.rank = k, .energy = energy, .tolerance = tolerance};
  request.svd.vectors = static_cast<Vectors>(vectors);
  request.svd.method = method_named(method);
  request.svd.seed = seed;
  request.svd.smallest = smallest;
  request.svd.accuracy = accuracy.value_or(0);
  request.svd.oversampling = oversampling;
  request.svd.power_iterations = power_iterations;
  request.center = center;
  request.scale = scale;
  return request;
}

// A report, read when it is asked for.
struct LazyReport {
  SvdReport report;
};

template <Scalar T>
struct Decomposition {
  SvdResult<T> result;
  AffineMap<T> map;
  double variance = 0;  // of all columns, where it is wanted
};

// (U, s, Vt, report, eigenvalues, mean, scale); None for what there is not.
template <Scalar T>
nb::object to_python(Decomposition<T>&& made, bool vectors) {
  SvdResult<T>& result = made.result;
  const auto unless_empty = [](auto&& values) {
    return values.empty() ? nb::object(nb::none()) : to_numpy(std::move(values));
  };
  nb::object report = nb::cast(LazyReport{std::move(result.report)});
  return nb::make_tuple(vectors ? to_numpy(std::move(result.U)) : nb::object(nb::none()),
                        to_numpy(std::move(result.sigma)),
                        vectors ? to_numpy_adjoint(std::move(result.V)) : nb::object(nb::none()),
                        std::move(report), unless_empty(std::move(result.lambda)),
                        unless_empty(std::move(made.map.column_shift)),
                        unless_empty(std::move(made.map.column_scale)));
}

// Returns the sum of the variances (divisor m) of the columns.
template <Scalar T>
double total_variance(const LinearOperator<T>& A, Context& context) {
  const AffineMap<T> centring = standardisation(A, true, false, context);
  const std::vector<double> energies = A.column_energies(centring, context);
  return std::accumulate(energies.begin(), energies.end(), 0.0) /
         static_cast<double>(std::max<index_t>(A.rows(), 1));
}

nb::object decompose(const Source& source, const Request& request, const RunOptions& options) {
  const bool vectors = request.svd.vectors != Vectors::none;
  return with_operator(
      source, request.center, request.scale, options,
      [&]<Scalar T>(const LinearOperator<T>& A, AffineMap<T> map, Context& context) {
        return Decomposition<T>{svd(A, request.svd, context), std::move(map)};
      },
      [&](auto&& made) { return to_python(std::move(made), vectors); });
}

// Returns (what decompose returns, the variance of all columns together), of a matrix as it is.
nb::object decompose_and_variance(const Source& source,
                                  const Request& request,
                                  const RunOptions& options) {
  return with_operator(
      source, false, false, options,
      [&]<Scalar T>(const LinearOperator<T>& A, AffineMap<T> map, Context& context) {
        const double variance = total_variance(A, context);
        return Decomposition<T>{svd(A, request.svd, context), std::move(map), variance};
      },
      [&](auto&& made) {
        const double variance = made.variance;
        return nb::make_tuple(to_python(std::move(made), true), variance);
      });
}

// Returns the plan as JSON.
nb::object plan(const Source& source, const Request& request, const RunOptions& options) {
  return with_operator(
      source, request.center, request.scale, options,
      [&]<Scalar T>(const LinearOperator<T>& A, const AffineMap<T>&, Context& context) {
        return io::to_json(plan_svd(A, request.svd, context), -1);
      },
      [](const std::string& text) { return nb::cast(text); });
}

// Returns a report that holds the certificate alone. U is m x k, V n x k.
template <Scalar T>
nb::object check(const Source& source,
                 const Array2<T>& U,
                 const Array1<real_t<T>>& sigma,
                 const Array2<T>& V,
                 double accuracy,
                 bool leading,
                 std::uint64_t seed,
                 bool center,
                 bool scale,
                 const RunOptions& options) {
  const DenseMatrix<T> left = as_matrix(U), right = as_matrix(V);
  require(!left.row_major && !right.row_major, "U and V must be Fortran-ordered");
  const std::span<const real_t<T>> values(sigma.data(), sigma.size());
  const CertifyOptions certify_options{.accuracy = accuracy, .leading = leading, .seed = seed};
  return with_operator(
      source, center, scale, options,
      [&]<Scalar S>(const LinearOperator<S>& A, const AffineMap<S>&, Context& context) {
        SvdReport report;
        if constexpr (std::same_as<S, T>) {
          report.certificate =
              certify<T>(A, left.values, values, right.values, certify_options, context);
        } else {
          throw InvalidArgument("the matrix and its factors must have the same scalar");
        }
        return report;
      },
      [](SvdReport&& report) { return nb::cast(LazyReport{std::move(report)}); });
}

template <Scalar T>
void bind_check(nb::module_& module) {
  module.def("check", &check<T>, nb::arg(), nb::arg().noconvert(), nb::arg().noconvert(),
             nb::arg().noconvert(), nb::arg(), nb::arg(), nb::arg(), nb::arg(), nb::arg(),
             nb::arg());
}

}  // namespace

void bind_decompositions(nb::module_& module) {
  using namespace nb::literals;
  nb::class_<RunOptions>(module, "RunOptions")
      .def(
          "__init__",
          [](RunOptions* self, int threads, std::uint64_t max_memory, nb::object progress) {
            new (self) RunOptions{threads, max_memory, std::move(progress)};
          },
          nb::arg(), nb::arg(), nb::arg().none());
  nb::class_<Request>(module, "Request")
      .def("__init__", [](Request* self, std::optional<index_t> k, std::optional<double> energy,
                          std::optional<double> tolerance, int vectors, const std::string& method,
                          std::uint64_t seed, bool center, bool scale, bool smallest,
                          std::optional<double> accuracy, std::optional<index_t> oversampling,
                          std::optional<index_t> power_iterations) {
        new (self) Request(make_request(k, energy, tolerance, vectors, method, seed, center, scale,
                                        smallest, accuracy, oversampling, power_iterations));
      });
  nb::class_<LazyReport>(module, "LazyReport").def("json", [](const LazyReport& lazy) {
    return io::to_json(lazy.report, -1);
  });
  module.def("svd", &decompose);
  module.def("svd_and_variance", &decompose_and_variance);
  module.def("plan", &plan);
  bind_check<double>(module);
  bind_check<float>(module);
  bind_check<std::complex<double>>(module);
  bind_check<std::complex<float>>(module);
}

}  // namespace eckart::python
