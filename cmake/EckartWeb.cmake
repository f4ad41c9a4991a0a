# Adds src/explore, the explorer, as a library of its own: who computes needs no server.
# The files of web/ become part of it, and the photographs that it offers as /samples/NAME: a
# generated source includes their bytes.
function(eckart_explore)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/web
    ${PROJECT_SOURCE_DIR}/web/*)
  list(FILTER files EXCLUDE REGEX "\\.txt$")
  list(SORT files)
  set(number 0)
  set(bytes "")
  set(names "")
  set(table "")
  set(full "")
  foreach(file ${files} samples/camera.png samples/chelsea.png)
    set(name eckart_web_${number})
    set(place ${PROJECT_SOURCE_DIR}/web/${file})
    if(file MATCHES "^samples/")
      string(REPLACE samples/ ${PROJECT_SOURCE_DIR}/examples/data/ place ${file})
    endif()
    string(APPEND bytes "  \".global ${name}, ${name}_end\\n${name}:\\n\"\n"
      "  \".incbin \\\"${place}\\\"\\n${name}_end:\\n.byte 0\\n\"\n")
    string(APPEND names "extern const char ${name}[], ${name}_end[];\n")
    string(APPEND table
      "    {\"/${file}\", {${name}, static_cast<std::size_t>(${name}_end - ${name})}},\n")
    list(APPEND full ${place})
    math(EXPR number "${number} + 1")
  endforeach()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/web_files.cpp @ONLY CONTENT
"// Written by cmake/EckartWeb.cmake.
#include \"explore/assets.hpp\"

asm(
  \".pushsection .rodata\\n\"
@bytes@  \".popsection\\n\");

extern \"C\" {
@names@}

std::span<const eckart::explore::Asset> eckart::explore::assets() {
  static const Asset all[] = {
@table@  };
  return all;
}
")
  set_source_files_properties(${PROJECT_BINARY_DIR}/web_files.cpp PROPERTIES OBJECT_DEPENDS "${full}")

  find_package(Boost 1.74 REQUIRED)
  find_package(Threads REQUIRED)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/explore/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/eckart/explore/*.hpp)
  add_library(eckart_explore STATIC ${sources} ${PROJECT_BINARY_DIR}/web_files.cpp)
  target_sources(eckart_explore PUBLIC
    FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${headers})
  target_include_directories(eckart_explore PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(eckart_explore PUBLIC Eckart::eckart eckart_image
    PRIVATE eckart_flags fmt::fmt nlohmann_json::nlohmann_json ZLIB::ZLIB Boost::headers
      Threads::Threads)
  target_compile_definitions(eckart_explore PRIVATE ECKART_VERSION="${PROJECT_VERSION}")
  set_target_properties(eckart_explore PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
endfunction()
