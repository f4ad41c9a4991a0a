// The extension eckart_ext: the engine as eckart/*.py calls it. Private; arguments are positional.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "decompose.hpp"
#include "eckart/context.hpp"
#include "eckart/machine.hpp"
#include "errors.hpp"
#include "run.hpp"
#include "source.hpp"

namespace nb = nanobind;

namespace {

nb::dict machine(const std::string& kernel_before_repair) {
  const eckart::BlasInfo blas = eckart::blas_info();
  nb::dict answer;
  answer["library"] = blas.library;
  answer["kernel"] = blas.kernel;
  answer["best_kernel"] = blas.best_kernel;
  answer["misdetected"] = blas.misdetected;
  answer["kernel_before_repair"] = kernel_before_repair;
  return answer;
}

nb::tuple rates(int threads, const eckart::python::RunOptions& options) {
  const eckart::MachineRates measured = eckart::python::run_for(
      options, false, [&](eckart::Context&) { return eckart::measure_rates(threads); });
  return nb::make_tuple(measured.gemm_gflops, measured.read_gb_per_second);
}

}  // namespace

NB_MODULE(eckart_ext, module) {
  // This copy of OpenBLAS is the extension's own.
  const std::string kernel_before_repair = eckart::repair_blas_kernel();
  eckart::python::register_errors();
  eckart::python::bind_sources(module);
  eckart::python::bind_decompositions(module);
  eckart::python::bind_solutions(module);
  eckart::python::bind_batches(module);
  eckart::python::bind_texts(module);
  eckart::python::bind_ratings(module);
  module.attr("version") = eckart::version();
  module.def("isa", &eckart::isa_name);
  module.def("blas", [kernel_before_repair] { return machine(kernel_before_repair); });
  module.def("threads", &eckart::python::threads_of_caller);
  module.def("available_threads", &eckart::available_threads);
  module.def("rates", &rates);
}
