#include "plot_file.hpp"

#include "eckart/io/result_folder.hpp"
#include "exit_code.hpp"
#include "request.hpp"

namespace eckart::cli {

void check_plot(const std::string& path, bool force, const std::vector<std::string>& inputs) {
  if (path.empty()) return;
  if (!path.ends_with(".png") && !path.ends_with(".svg")) {
    throw UsageError("--plot: '" + path +
                     "' will not do; expected a name that ends in .png or .svg");
  }
  check_target(path, force, false);
  check_not_input(path, inputs);
}

void write_plot(const std::string& path, const plot::Figure& figure, bool force) {
  if (path.empty()) return;
  check_free(path, force);
  io::write_text(path, path.ends_with(".svg") ? to_svg(figure) : to_png(figure));
}

std::string plot_text(const plot::Figure& figure, const Terminal& terminal, int rows) {
  return to_text(
      figure,
      {.columns = terminal.columns, .rows = rows, .utf8 = terminal.utf8, .color = terminal.color});
}

}  // namespace eckart::cli
