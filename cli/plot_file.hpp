// cli/plot_file.hpp - figures as files, and as text on this terminal.
#pragma once

#include <string>
#include <vector>

#include "eckart/plot/figure.hpp"
#include "terminal.hpp"

namespace eckart::cli {

// Throws UsageError if the name says neither PNG nor SVG, or the file exists and force is not set,
// or is one of the inputs; IoError if it cannot be created. An empty name is no figure.
void check_plot(const std::string& path, bool force, const std::vector<std::string>& inputs);

// Writes the figure, in the format that the name says, atomically. An empty name is no figure.
// Throws UsageError if the file exists and force is not set, IoError.
void write_plot(const std::string& path, const plot::Figure& figure, bool force);

// Returns the figure as this terminal can show it, with the given number of rows to a panel.
std::string plot_text(const plot::Figure& figure, const Terminal& terminal, int rows = 12);

}  // namespace eckart::cli
