#!/bin/sed -Ef
# What our comments are to Doxygen: the first line names the file, nothing in them is markup.
1s|^// (eckart/[^ ]+) - (.*)|/// \\file\n/// \2|
1n
/^ *\/\//{
  s|\\|\\\\|g
  s|<|\&lt;|g
  s|#|\\#|g
  s|^( *)//( .*)?$|\1///\2|
}
s|([;,{]) +// |\1  ///< |
