# Finds what src/text builds on: utf8proc, libstemmer and xxHash, as imported targets.
# The installed package finds them with this file too.
function(eckart_find name header library)
  find_path(ECKART_${name}_INCLUDE ${header} REQUIRED)
  find_library(ECKART_${name}_LIBRARY ${library} REQUIRED)
  add_library(Eckart::${name} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(Eckart::${name} PROPERTIES
    IMPORTED_LOCATION ${ECKART_${name}_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${ECKART_${name}_INCLUDE})
endfunction()

eckart_find(utf8proc utf8proc.h utf8proc)
eckart_find(stemmer libstemmer.h stemmer)
eckart_find(xxhash xxhash.h xxhash)
