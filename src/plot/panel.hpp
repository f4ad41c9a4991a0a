// One panel of a figure, drawn by cairo.
#pragma once

#include "eckart/plot/figure.hpp"
#include "labels.hpp"
#include "painter.hpp"

namespace eckart::plot {

// Draws all of the panel, its title and its axes included, inside the box.
void draw_panel(Painter& painter, const Panel& panel, const Box& box);

}  // namespace eckart::plot
