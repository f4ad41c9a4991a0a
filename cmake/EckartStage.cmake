# What CPack runs before it packs: in Debian the system says which OpenBLAS is meant.
file(GLOB programs ${CPACK_TEMPORARY_DIRECTORY}/*/usr/bin/eckart)
foreach(program ${programs})
  file(RPATH_REMOVE FILE ${program})
endforeach()
