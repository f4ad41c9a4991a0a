"""A line chart as SVG text: linear across, logarithmic upwards, so that equal ratios look equal."""

import html
import math

WIDTH, HEIGHT = 900, 480
LEFT, RIGHT, TOP, BOTTOM = 70, 130, 50, 55
COLOURS = ("#1f5fa8", "#c4561a", "#2e7d4f", "#7a3e9d")
GRID, INK = "#d8d8d8", "#333333"


def chart(title, across, upwards, lines, marks=()):
    """Returns the text. lines: {name: [(x, y), ...]} with y > 0; marks: (x, y, text) on them."""
    xs = [x for line in lines.values() for x, _ in line]
    ys = [y for line in lines.values() for _, y in line]
    x_ticks = round_steps(min(xs), max(xs))
    y_ticks = one_two_five(min(ys), max(ys))
    low, high = min(min(xs), x_ticks[0]), max(max(xs), x_ticks[-1])

    def at_x(x):
        return LEFT + (x - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT)

    def at_y(y):
        share = math.log(y / y_ticks[0]) / math.log(y_ticks[-1] / y_ticks[0])
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        text(LEFT, 26, title, size=16),
        text((LEFT + right) / 2, HEIGHT - 12, across, anchor="middle"),
        text(LEFT, TOP - 8, upwards),
    ]
    for y in y_ticks:
        parts.append(stroke(LEFT, at_y(y), right, at_y(y)))
        parts.append(text(LEFT - 8, at_y(y) + 4, f"{y:g}", anchor="end"))
    for x in x_ticks:
        parts.append(stroke(at_x(x), TOP, at_x(x), bottom))
        parts.append(text(at_x(x), bottom + 20, f"{x:g}", anchor="middle"))
    ends = spread_out([at_y(line[-1][1]) for line in lines.values()])
    for (name, line), end, colour in zip(lines.items(), ends, COLOURS):
        places = [(at_x(x), at_y(y)) for x, y in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>'
        )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>' for x, y in places]
        parts.append(text(places[-1][0] + 10, end + 4, name, colour=colour))
    for x, y, words in marks:
        parts.append(
            f'<circle cx="{at_x(x):.1f}" cy="{at_y(y):.1f}" r="6" fill="none" stroke="{INK}"/>'
        )
        parts.append(text(at_x(x), at_y(y) - 11, words, anchor="middle"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def text(x, y, words, anchor="start", size=13, colour=INK):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">'
        f"{html.escape(words)}</text>"
    )


def stroke(x1, y1, x2, y2):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{GRID}"/>'


def one_two_five(low, high):
    """Returns the numbers 1, 2, 5, 10, ... from the last below `low` to the first above `high`."""
    first = math.floor(math.log10(low))
    last = math.ceil(math.log10(high)) + 1
    numbers = [factor * 10.0**power for power in range(first, last) for factor in (1, 2, 5)]
    return [y for y in numbers if first_below(numbers, low) <= y <= first_above(numbers, high)]


def first_below(numbers, bound):
    return max(y for y in numbers if y < bound or y == numbers[0])


def first_above(numbers, bound):
    return min(y for y in numbers if y > bound or y == numbers[-1])


def round_steps(low, high):
    """Returns about eight multiples of a round step that cover the range."""
    step = next(s for s in one_two_five(1e-3, 1e9) if (high - low) / s <= 9)
    return [step * i for i in range(math.floor(low / step), math.ceil(high / step) + 1)]


def spread_out(heights, gap=16):
    """Returns the heights, pushed apart downwards so that labels do not overlap."""
    placed = list(heights)
    order = sorted(range(len(placed)), key=placed.__getitem__)
    for above, below in zip(order, order[1:]):
        placed[below] = max(placed[below], placed[above] + gap)
    return placed
