// A step that all ranks take, or none.
#pragma once

#include <functional>

#include "eckart/communicator.hpp"

namespace eckart::io {

// Calls step on this rank. If it throws on any, every rank throws IoError with the words of the
// first that did, and its number where there are several. Every rank calls it.
void together(const Communicator& ranks, const std::function<void()>& step);

// text <- that of the given rank.
void tell(const Communicator& ranks, int from, std::string& text);

}  // namespace eckart::io
