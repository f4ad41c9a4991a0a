# What `cmake --install` writes: component eckart, for those who run the tool, and component
# development, for those who build on the library by find_package or pkg-config.
include(CMakePackageConfigHelpers)

# Writes eckart.pc. Who links the archive needs all that it links: with or without --static.
function(eckart_pkg_config)
  # The prefix from where the file lies: it holds wherever the tree is installed.
  file(RELATIVE_PATH up /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
  string(REGEX REPLACE "/$" "" up ${up})
  get_target_property(blas Eckart::blas INTERFACE_LINK_LIBRARIES)
  set(libraries "")
  foreach(library ${blas})
    if(IS_ABSOLUTE ${library})
      get_filename_component(folder ${library} DIRECTORY)
      string(APPEND libraries " ${library} -Wl,-rpath,${folder}")
    elseif(TARGET ${library})  # what FindBLAS found
      get_target_property(files ${library} INTERFACE_LINK_LIBRARIES)
      foreach(file ${files})
        if(IS_ABSOLUTE ${file})
          string(APPEND libraries " ${file}")
        endif()
      endforeach()
    endif()
  endforeach()
  string(APPEND libraries " -lstemmer ${OpenMP_CXX_FLAGS} -ldl")
  set(libs "-L\${libdir} -leckart")
  set(private "")
  set(libs_private "")
  if(BUILD_SHARED_LIBS)
    set(private ".private")
    set(libs_private "Libs.private:${libraries}\n")
  else()
    string(APPEND libs "${libraries}")
  endif()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/eckart.pc @ONLY CONTENT
"prefix=\${pcfiledir}/@up@
libdir=\${prefix}/@CMAKE_INSTALL_LIBDIR@
includedir=\${prefix}/@CMAKE_INSTALL_INCLUDEDIR@

Name: eckart
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Requires@private@: fmt, libutf8proc, libxxhash, zlib
Libs: @libs@
@libs_private@Cflags: -I\${includedir} -std=c++20
")
endfunction()

function(eckart_install)
  include(GNUInstallDirs)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/eckart)
  install(TARGETS eckart EXPORT eckart-targets
    ARCHIVE COMPONENT development
    LIBRARY COMPONENT eckart NAMELINK_COMPONENT development
    FILE_SET HEADERS COMPONENT development)
  install(EXPORT eckart-targets NAMESPACE Eckart:: DESTINATION ${package} COMPONENT development)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/eckart-config.cmake.in
    ${PROJECT_BINARY_DIR}/eckart-config.cmake INSTALL_DESTINATION ${package}
    NO_SET_AND_CHECK_MACRO)
  # Before version 1 a new minor version may change the interface.
  write_basic_package_version_file(${PROJECT_BINARY_DIR}/eckart-config-version.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${PROJECT_BINARY_DIR}/eckart-config.cmake
    ${PROJECT_BINARY_DIR}/eckart-config-version.cmake
    ${PROJECT_SOURCE_DIR}/cmake/EckartBlas.cmake ${PROJECT_SOURCE_DIR}/cmake/EckartText.cmake
    DESTINATION ${package} COMPONENT development)
  eckart_pkg_config()
  install(FILES ${PROJECT_BINARY_DIR}/eckart.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
  if(TARGET eckart_cli)
    install(TARGETS eckart_cli COMPONENT eckart)
    install(DIRECTORY ${PROJECT_BINARY_DIR}/man DESTINATION ${CMAKE_INSTALL_DATADIR}
      COMPONENT eckart)
    foreach(place bash-completion/completions/eckart zsh/vendor-completions/_eckart
        fish/vendor_completions.d/eckart.fish)
      get_filename_component(folder ${place} DIRECTORY)
      install(FILES ${PROJECT_BINARY_DIR}/${place}
        DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder} COMPONENT eckart)
    endforeach()
    if(TARGET eckart_mpi)  # the name that says that it runs under mpirun
      set(links ${PROJECT_BINARY_DIR}/links)
      file(MAKE_DIRECTORY ${links})
      file(CREATE_LINK eckart ${links}/eckart-mpi SYMBOLIC)
      file(CREATE_LINK eckart.1.gz ${links}/eckart-mpi.1.gz SYMBOLIC)
      install(FILES ${links}/eckart-mpi DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT eckart)
      install(FILES ${links}/eckart-mpi.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1
        COMPONENT eckart)
    endif()
  endif()
  foreach(drop_in eckart_lapack eckart_lapack64)
    if(TARGET ${drop_in})
      install(TARGETS ${drop_in} LIBRARY COMPONENT eckart)
    endif()
  endforeach()
endfunction()
