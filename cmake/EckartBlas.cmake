# Finds the BLAS and LAPACK to link: target Eckart::blas.
# BLA_VENDOR chooses any that CMake knows. By default the OpenMP build of OpenBLAS is taken,
# because it shares one thread pool with our parallel regions.
if(NOT BLA_VENDOR)
  find_library(ECKART_OPENBLAS NAMES openblas
    PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp NO_DEFAULT_PATH)
  mark_as_advanced(ECKART_OPENBLAS)
endif()

add_library(eckart_blas_libraries INTERFACE)
add_library(Eckart::blas ALIAS eckart_blas_libraries)
if(ECKART_OPENBLAS)
  get_filename_component(folder ${ECKART_OPENBLAS} DIRECTORY)
  # The file name libopenblas.so.0 is shared by all builds of OpenBLAS: say which one at run time.
  target_link_libraries(eckart_blas_libraries INTERFACE ${ECKART_OPENBLAS})
  list(APPEND CMAKE_BUILD_RPATH ${folder})
  list(APPEND CMAKE_INSTALL_RPATH ${folder})
else()
  find_package(BLAS REQUIRED)
  find_package(LAPACK REQUIRED)
  target_link_libraries(eckart_blas_libraries INTERFACE LAPACK::LAPACK BLAS::BLAS)
endif()
