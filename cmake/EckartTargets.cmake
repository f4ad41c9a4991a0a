# Flags that every target of this project is compiled with.
add_library(eckart_flags INTERFACE)
target_compile_options(eckart_flags INTERFACE
  -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow
  # g++ 12 takes std::string's own copies for overlapping ones (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # a * b + c means what it says, on every machine; src/kernels alone may fuse it.
  $<IF:$<STREQUAL:$<TARGET_PROPERTY:NAME>,eckart_kernels>,-ffp-contract=fast,-ffp-contract=off>)

# Adds src/<name>/*.cpp as an object library.
function(eckart_layer name)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(eckart_${name} OBJECT ${sources})
  target_include_directories(eckart_${name}
    PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(eckart_${name}
    PRIVATE eckart_flags OpenMP::OpenMP_CXX ZLIB::ZLIB fmt::fmt nlohmann_json::nlohmann_json
      Eckart::utf8proc Eckart::stemmer Eckart::xxhash)
  target_compile_definitions(eckart_${name} PRIVATE ECKART_VERSION="${PROJECT_VERSION}")
  set_target_properties(eckart_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  if(name STREQUAL kernels)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      target_compile_options(eckart_kernels PRIVATE -mprefer-vector-width=512)
    endif()
    target_compile_options(eckart_kernels PRIVATE -fopenmp-simd -O3
      # Nobody reads errno or the floating-point flags; roots and choices become vector code.
      -fno-math-errno -fno-trapping-math)
    # Its sums know their own rounding errors; a fused product would not be the one they know.
    set_source_files_properties(${PROJECT_SOURCE_DIR}/src/kernels/double_word.cpp
      PROPERTIES COMPILE_OPTIONS -ffp-contract=off)
  endif()
  set_property(GLOBAL APPEND PROPERTY ECKART_LAYERS eckart_${name})
endfunction()

# Joins the layers into the library target Eckart::eckart.
function(eckart_library)
  get_property(layers GLOBAL PROPERTY ECKART_LAYERS)
  add_library(eckart)
  add_library(Eckart::eckart ALIAS eckart)
  foreach(layer ${layers})
    target_sources(eckart PRIVATE $<TARGET_OBJECTS:${layer}>)
  endforeach()
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/eckart/*.hpp)
  list(FILTER headers EXCLUDE REGEX "/include/eckart/(plot|image|explore|mpi)/")
  target_sources(eckart PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
  target_compile_features(eckart PUBLIC cxx_std_20)
  target_link_libraries(eckart
    PRIVATE Eckart::blas OpenMP::OpenMP_CXX ZLIB::ZLIB fmt::fmt
      Eckart::utf8proc Eckart::stemmer Eckart::xxhash ${CMAKE_DL_LIBS})
  # Every public header compiles alone: target all_verify_interface_header_sets.
  set_target_properties(eckart PROPERTIES
    VERIFY_INTERFACE_HEADER_SETS ON VERSION ${PROJECT_VERSION} SOVERSION 0
    LINKER_LANGUAGE CXX)
endfunction()

# Adds src/plot, which draws with cairo, as a library of its own: who computes needs no cairo.
function(eckart_plot)
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(CAIRO REQUIRED IMPORTED_TARGET cairo>=1.16)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/plot/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/eckart/plot/*.hpp)
  add_library(eckart_plot STATIC ${sources})
  target_sources(eckart_plot PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
  target_include_directories(eckart_plot PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(eckart_plot
    PUBLIC Eckart::eckart PRIVATE eckart_flags fmt::fmt PkgConfig::CAIRO)
  set_target_properties(eckart_plot PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# Adds src/image, which reads and writes pictures, as a library of its own: who computes needs no
# libpng and no libjpeg.
function(eckart_image)
  find_package(PNG REQUIRED)
  find_package(JPEG REQUIRED)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/image/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/eckart/image/*.hpp)
  add_library(eckart_image STATIC ${sources})
  target_sources(eckart_image PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
  target_include_directories(eckart_image PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(eckart_image
    PUBLIC Eckart::eckart
    PRIVATE eckart_flags OpenMP::OpenMP_CXX fmt::fmt PNG::PNG JPEG::JPEG ZLIB::ZLIB)
  set_target_properties(eckart_image PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# Adds src/mpi as a library of its own: who computes on one machine needs no MPI.
function(eckart_mpi)
  find_package(MPI REQUIRED COMPONENTS C)
  find_library(ECKART_SCALAPACK NAMES scalapack-openmpi scalapack)
  mark_as_advanced(ECKART_SCALAPACK)
  set(folder ${PROJECT_SOURCE_DIR}/src/mpi)
  add_library(eckart_mpi STATIC ${folder}/world.cpp
    $<IF:$<BOOL:${ECKART_SCALAPACK}>,${folder}/scalapack.cpp,${folder}/absent/scalapack.cpp>)
  if(ECKART_SCALAPACK)
    target_link_libraries(eckart_mpi PRIVATE ${ECKART_SCALAPACK})
  endif()
  set(headers ${PROJECT_SOURCE_DIR}/include)
  target_sources(eckart_mpi PUBLIC FILE_SET HEADERS BASE_DIRS ${headers}
    FILES ${headers}/eckart/mpi/scalapack.hpp ${headers}/eckart/mpi/world.hpp)
  target_link_libraries(eckart_mpi PUBLIC Eckart::eckart PRIVATE eckart_flags MPI::MPI_C)
  # The C++ bindings of old are no part of MPI any more.
  target_compile_definitions(eckart_mpi PRIVATE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
  set_target_properties(eckart_mpi PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()

# Adds tests/<folder>/*_test.cpp as one GoogleTest program, each test a ctest entry.
function(eckart_test_folder folder)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/tests/${folder}/*_test.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(${folder}_tests ${sources})
  target_compile_options(${folder}_tests PRIVATE -O1)  # compiled once, run once
  target_include_directories(${folder}_tests PRIVATE ${PROJECT_SOURCE_DIR}/src
    ${PROJECT_SOURCE_DIR})
  target_link_libraries(${folder}_tests
    PRIVATE eckart_flags Eckart::eckart Eckart::blas OpenMP::OpenMP_CXX fmt::fmt
      nlohmann_json::nlohmann_json ZLIB::ZLIB GTest::gtest GTest::gtest_main ${CMAKE_DL_LIBS})
  gtest_discover_tests(${folder}_tests TEST_PREFIX ${folder}/ DISCOVERY_TIMEOUT 60)
endfunction()
