#include "eigen_worker.hpp"

int main() { return bench::serve<bench::EigenWorker>(); }
