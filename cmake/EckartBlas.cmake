# Finds the BLAS and LAPACK to link: target Eckart::blas.
# BLA_VENDOR chooses any that CMake knows. By default the OpenMP build of OpenBLAS is taken,
# because it shares one thread pool with our parallel regions.
# With ECKART_STATIC_BLAS the archive of OpenBLAS goes into what is linked: a Python wheel needs no
# package of the system, and its BLAS is nobody else's.
# The installed package finds its BLAS with this file too.
if(ECKART_STATIC_BLAS)
  set(folder /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE})
  find_library(ECKART_OPENBLAS NAMES libopenblas.a
    PATHS ${folder}/openblas-openmp NO_DEFAULT_PATH REQUIRED)
  # The Fortran runtime that the archive needs.
  find_library(ECKART_GFORTRAN NAMES gfortran libgfortran.so.5 REQUIRED)
  mark_as_advanced(ECKART_GFORTRAN)
elseif(NOT BLA_VENDOR)
  find_library(ECKART_OPENBLAS NAMES openblas
    PATHS /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/openblas-openmp NO_DEFAULT_PATH)
  mark_as_advanced(ECKART_OPENBLAS)
endif()

add_library(Eckart::blas INTERFACE IMPORTED GLOBAL)
if(ECKART_STATIC_BLAS)
  target_link_libraries(Eckart::blas INTERFACE ${ECKART_OPENBLAS} ${ECKART_GFORTRAN}
    OpenMP::OpenMP_CXX)
  # A weak reference (src/blas/library.cpp) takes nothing out of an archive.
  foreach(function get_config get_corename get_parallel get_num_threads set_num_threads)
    target_link_options(Eckart::blas INTERFACE LINKER:-u,openblas_${function})
  endforeach()
elseif(ECKART_OPENBLAS)
  target_link_libraries(Eckart::blas INTERFACE ${ECKART_OPENBLAS})
else()
  find_package(BLAS REQUIRED)
  find_package(LAPACK REQUIRED)
  target_link_libraries(Eckart::blas INTERFACE LAPACK::LAPACK BLAS::BLAS)
endif()
