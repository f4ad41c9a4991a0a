#include "eigen_worker.hpp"

template class bench::EigenWorker<std::complex<double>>;
