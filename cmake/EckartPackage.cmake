# `cpack` in a build folder writes two Debian packages: eckart, the tool and the drop-in, and
# libeckart-dev. The Python package is a wheel (pyproject.toml).
function(eckart_package)
  # What Debian's rules ask for beside the files: licences and changes.
  find_program(GZIP gzip)
  file(READ ${PROJECT_SOURCE_DIR}/CHANGELOG.md changes)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/changelog CONTENT "${changes}" @ONLY)
  execute_process(COMMAND ${GZIP} -9nf ${PROJECT_BINARY_DIR}/changelog COMMAND_ERROR_IS_FATAL ANY)
  foreach(pair "eckart eckart" "development libeckart-dev")
    separate_arguments(pair)
    list(GET pair 0 component)
    list(GET pair 1 package)
    install(FILES ${PROJECT_SOURCE_DIR}/cmake/copyright ${PROJECT_BINARY_DIR}/changelog.gz
      DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${component})
  endforeach()

  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_VENDOR "The Eckart authors")
  # Who packs says who it is, as with Debian's own tools.
  set(CPACK_PACKAGE_CONTACT "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>")
  if("$ENV{DEBEMAIL}" STREQUAL "")
    set(CPACK_PACKAGE_CONTACT "The Eckart authors <eckart@localhost>")
  endif()
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "singular value decompositions with certificates")
  set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/EckartStage.cmake)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES ON)
  set(CPACK_COMPONENTS_ALL eckart development)
  set(CPACK_DEB_COMPONENT_INSTALL ON)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS OFF)
  set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
  set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
    GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

  set(CPACK_DEBIAN_ECKART_PACKAGE_NAME eckart)
  set(CPACK_DEBIAN_ECKART_PACKAGE_SECTION math)
  set(CPACK_DEBIAN_ECKART_DESCRIPTION
"The tool decomposes dense, sparse and complex matrices, also those larger than
memory, and says with every result how right it is. It fits PCA, searches text,
recommends, makes pictures and models smaller, and explains small matrices by
hand. The LAPACK drop-in gives other programs its decompositions.")
  file(WRITE ${PROJECT_BINARY_DIR}/triggers "activate-noawait ldconfig\n")
  set(CPACK_DEBIAN_ECKART_PACKAGE_CONTROL_EXTRA ${PROJECT_BINARY_DIR}/triggers)
  set(CPACK_DEBIAN_ECKART_PACKAGE_RECOMMENDS fonts-dejavu-core)

  set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libeckart-dev)
  set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)  # an archive names none
  set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    "libopenblas-openmp-dev, libfmt-dev, zlib1g-dev, libutf8proc-dev, libstemmer-dev, libxxhash-dev, libgomp1")
  set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
"Dense, sparse, matrix-free and streamed decompositions for C++20 programs,
found by CMake's find_package(eckart) and by pkg-config.")
  include(CPack)
endfunction()
