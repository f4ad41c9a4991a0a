// Formulas as text: each part is a box of lines with a baseline; boxes join at their baselines.
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "eckart/apps/formula.hpp"

namespace eckart {
namespace {

using Kind = Formula::Kind;

// Characters, not bytes; every character of a formula is one column wide.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string padded(std::string text, std::size_t width, bool right) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return right ? blanks + text : text + blanks;
}

struct Box {
  std::vector<std::string> lines;  // of one width
  std::size_t baseline = 0;

  std::size_t width() const { return lines.empty() ? 0 : width_of(lines.front()); }
};

Box line_box(std::string text) { return {{std::move(text)}, 0}; }

Box beside(const Box& left, const Box& right) {
  const std::size_t above = std::max(left.baseline, right.baseline);
  const std::size_t below =
      std::max(left.lines.size() - left.baseline, right.lines.size() - right.baseline);
  Box joined{std::vector<std::string>(above + below), above};
  for (std::size_t i = 0; i < above + below; ++i) {
    const auto add = [&](const Box& box) {
      const std::size_t first = above - box.baseline;
      const bool inside = i >= first && i < first + box.lines.size();
      joined.lines[i] += inside ? box.lines[i - first] : std::string(box.width(), ' ');
    };
    add(left);
    add(right);
  }
  return joined;
}

using Glyphs = std::array<std::pair<char, const char*>, 13>;
constexpr Glyphs raised{{{'0', "⁰"},
                         {'1', "¹"},
                         {'2', "²"},
                         {'3', "³"},
                         {'4', "⁴"},
                         {'5', "⁵"},
                         {'6', "⁶"},
                         {'7', "⁷"},
                         {'8', "⁸"},
                         {'9', "⁹"},
                         {'T', "ᵀ"},
                         {'+', "⁺"},
                         {'-', "⁻"}}};
constexpr Glyphs lowered{{{'0', "₀"},
                          {'1', "₁"},
                          {'2', "₂"},
                          {'3', "₃"},
                          {'4', "₄"},
                          {'5', "₅"},
                          {'6', "₆"},
                          {'7', "₇"},
                          {'8', "₈"},
                          {'9', "₉"},
                          {'k', "ₖ"},
                          {'i', "ᵢ"},
                          {'j', "ⱼ"}}};

// Returns the text in small letters; nothing if there is no glyph for one.
std::optional<std::string> small(const std::string& text, const Glyphs& glyphs) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (text.compare(i, 3, "−") == 0) {
      c = '-';
      i += 2;
    }
    const auto found = std::find_if(glyphs.begin(), glyphs.end(),
                                    [&](const auto& glyph) { return glyph.first == c; });
    if (found == glyphs.end()) return {};
    result += found->second;
  }
  return result;
}

std::string in_line(const Formula& f);

// In brackets where it would otherwise be read wrongly.
std::string grouped(const Formula& f) {
  const bool several = (f.kind == Kind::row && f.parts.size() > 1 && f.parts[0].text != "‖") ||
                       f.kind == Kind::fraction;
  const std::string text = in_line(f);
  return several ? "(" + text + ")" : text;
}

// 3√2/2 is plain, (1 + √2)/2 is not.
std::string grouped_sum(const Formula& f) {
  const bool sum = std::any_of(f.parts.begin(), f.parts.end(),
                               [](const Formula& part) { return part.kind == Kind::sign; });
  return sum ? grouped(f) : in_line(f);
}

bool plain_bracket(const std::string& text) {
  return text == "(" || text == ")" || text == "[" || text == "]" || text == "|" || text == "‖";
}

// The blanks around a sign that joins two parts.
std::string spaced_sign(const Formula& f, bool first) {
  if (plain_bracket(f.text) || (first && (f.text == "−" || f.text == "±"))) return f.text;
  if (f.text == ",") return ", ";
  if (f.text == "·") return "·";
  return " " + f.text + " ";
}

// A minus in front of anything but a number to subtract from.
bool starts_term(const std::vector<Formula>& parts, std::size_t i) {
  if (i == 0) return true;
  const Formula& before = parts[i - 1];
  return before.kind == Kind::sign && before.text != ")" && before.text != "]";
}

// Letters and words that follow one another need a blank where no sign parts them.
bool touching_words(const std::vector<Formula>& parts, std::size_t i) {
  return i > 0 && parts[i - 1].kind == Kind::number && parts[i].kind == Kind::number;
}

std::string in_line(const Formula& f) {
  switch (f.kind) {
    case Kind::words:
    case Kind::symbol:
    case Kind::number:
    case Kind::sign:
      return f.text;
    case Kind::row: {
      std::string text;
      for (std::size_t i = 0; i < f.parts.size(); ++i) {
        const Formula& part = f.parts[i];
        if (touching_words(f.parts, i)) text += " ";
        // 1/2λ would read as one over 2λ.
        const bool factor = part.kind == Kind::fraction && i + 1 < f.parts.size() &&
                            f.parts[i + 1].kind != Kind::sign && f.parts[i + 1].kind != Kind::words;
        text += part.kind == Kind::sign ? spaced_sign(part, starts_term(f.parts, i))
                : factor                ? grouped(part)
                                        : in_line(part);
      }
      return text;
    }
    case Kind::fraction:
      return grouped_sum(f.parts[0]) + "/" +
             (f.parts[1].kind == Kind::row && f.parts[1].parts.size() > 1 ? grouped(f.parts[1])
                                                                          : in_line(f.parts[1]));
    case Kind::root:
      return "√" + (f.parts[0].kind == Kind::symbol ? in_line(f.parts[0]) : grouped(f.parts[0]));
    case Kind::power: {
      const std::string exponent = in_line(f.parts[1]);
      return grouped(f.parts[0]) + small(exponent, raised).value_or("^" + grouped(f.parts[1]));
    }
    case Kind::index: {
      const std::string below = in_line(f.parts[1]);
      return in_line(f.parts[0]) + small(below, lowered).value_or("_" + grouped(f.parts[1]));
    }
    case Kind::matrix: {
      std::string text = "[";
      for (std::size_t i = 0; i < f.parts.size(); ++i) {
        if (i > 0) text += i % f.cols == 0 ? "; " : ", ";
        text += in_line(f.parts[i]);
      }
      return text + "]";
    }
  }
  return {};
}

Box bracketed(const std::vector<std::string>& lines) {
  Box box{{}, (lines.size() - 1) / 2};
  const std::size_t last = lines.size() - 1;
  for (std::size_t i = 0; i <= last; ++i) {
    const char* left = last == 0 ? "[" : i == 0 ? "⎡" : i == last ? "⎣" : "⎢";
    const char* right = last == 0 ? "]" : i == 0 ? "⎤" : i == last ? "⎦" : "⎥";
    box.lines.push_back(left + lines[i] + right);
  }
  return box;
}

Box box_of(const Formula& f);

Box matrix_box(const Formula& f) {
  if (f.cols == 0 || f.parts.empty()) return line_box("[ ]");
  const std::size_t rows = f.parts.size() / f.cols;
  std::vector<std::string> lines(rows);
  for (std::size_t j = 0; j < f.cols; ++j) {
    std::size_t width = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      width = std::max(width, width_of(in_line(f.parts[i * f.cols + j])));
    }
    for (std::size_t i = 0; i < rows; ++i) {
      lines[i] +=
          std::string(j == 0 ? 1 : 2, ' ') + padded(in_line(f.parts[i * f.cols + j]), width, true);
    }
  }
  for (std::string& line : lines) line += " ";
  return bracketed(lines);
}

bool holds_matrix(const Formula& f) {
  return f.kind == Kind::matrix || std::any_of(f.parts.begin(), f.parts.end(), holds_matrix);
}

Box box_of(const Formula& f) {
  if (!holds_matrix(f)) return line_box(in_line(f));
  if (f.kind == Kind::matrix) return matrix_box(f);
  if (f.kind == Kind::power) {
    Box base = box_of(f.parts[0]);
    Box exponent = line_box(small(in_line(f.parts[1]), raised).value_or(in_line(f.parts[1])));
    exponent.baseline = base.baseline;  // beside the top line
    exponent.lines.resize(base.lines.size(), std::string(exponent.width(), ' '));
    return beside(base, exponent);
  }
  Box box = line_box("");
  for (std::size_t i = 0; i < f.parts.size(); ++i) {
    const Formula& part = f.parts[i];
    box = beside(box, part.kind == Kind::sign ? line_box(spaced_sign(part, starts_term(f.parts, i)))
                                              : box_of(part));
    // Matrices side by side are a product.
    if (i + 1 == f.parts.size()) continue;
    const Formula& next = f.parts[i + 1];
    if (part.kind != Kind::sign && next.kind != Kind::sign &&
        (holds_matrix(part) || holds_matrix(next))) {
      box = beside(box, line_box(" "));
    }
  }
  return box;
}

// The places at which a row may be broken: in front of every sign that joins two terms, and between
// two matrices.
std::vector<Formula> pieces_of(const Formula& f) {
  std::vector<Formula> pieces;
  if (f.kind != Kind::row) return {f};
  int depth = 0;
  for (std::size_t i = 0; i < f.parts.size(); ++i) {
    const Formula& part = f.parts[i];
    const bool is_sign = part.kind == Kind::sign;
    if (is_sign && (part.text == ")" || part.text == "]")) --depth;
    const bool joins = is_sign && !plain_bracket(part.text) && part.text != "," &&
                       part.text != "·" && i > 0 && !starts_term(f.parts, i);
    const bool product = i > 0 && !is_sign && holds_matrix(part) && holds_matrix(f.parts[i - 1]);
    if (pieces.empty() || (depth == 0 && (joins || product))) pieces.push_back(row({}));
    if (is_sign && (part.text == "(" || part.text == "[")) ++depth;
    pieces.back().parts.push_back(part);
  }
  return pieces;
}

std::string joined(const std::vector<std::string>& lines, const std::string& indent) {
  std::string text;
  for (std::string line : lines) {
    line = indent + line;
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

// A piece that begins with a sign which a line break has cut off from its left side.
Box piece_box(const Formula& piece, bool first) {
  Box box = box_of(piece);
  if (!first && piece.parts.front().kind == Kind::sign) {
    // starts_term took it for the sign of a number.
    Formula rest = row({piece.parts.begin() + 1, piece.parts.end()});
    box = beside(line_box(" " + piece.parts.front().text + " "), box_of(rest));
  }
  return box;
}

}  // namespace

std::vector<Formula> broken(const Formula& formula, std::size_t columns) {
  std::vector<Formula> lines;
  std::size_t width = 0;
  for (const Formula& piece : pieces_of(formula)) {
    const std::size_t own = piece_box(piece, lines.empty()).width() + 1;
    if (lines.empty() || width + own > columns) {
      lines.push_back(row({}));
      width = 0;
    }
    width += own;
    if (piece.kind == Kind::row) {
      Formula& line = lines.back();
      line.parts.insert(line.parts.end(), piece.parts.begin(), piece.parts.end());
    } else {
      lines.back().parts.push_back(piece);
    }
  }
  return lines;
}

std::string formula_text(const Formula& formula, std::size_t columns) {
  const std::string indent = "    ", continued = "  ";
  const std::size_t room = columns > indent.size() + 20 ? columns - indent.size() : 20;
  std::string text;
  for (const Formula& line : broken(formula, room - continued.size())) {
    const bool first = text.empty();
    text += joined(piece_box(line, first).lines, first ? indent : indent + continued);
  }
  return text;
}

std::string sentence_text(const Formula& sentence, std::size_t columns) {
  const std::string flow = in_line(sentence);
  std::string text, line;
  for (std::size_t begin = 0; begin < flow.size();) {
    const std::size_t end = std::min(flow.find(' ', begin), flow.size());
    const std::string word = flow.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    if (!line.empty() && width_of(line) + 1 + width_of(word) > columns) {
      text += line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? text : text + line + "\n";
}

}  // namespace eckart
