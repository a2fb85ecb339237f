// A chart: two axes, a grid, and what is drawn between them, in pixels of a Drawing.
//
// The idea: a figure says what it shows (series, marks, titles), and a chart knows where on the
// paper that is. Series are told apart by colour, by dashes and by the shape of their marks, so
// that a print in grey and a colour-blind reader see the same. The eight colours are those of Okabe
// & Ito (Color Universal Design, 2008), yellow darkened to be seen on white.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/view/drawing.h"

namespace sgdbench {

/// How the i-th series looks; from the ninth on, colours come again with other dashes.
struct SeriesStyle {
  std::string_view colour;
  std::string_view dashes;  ///< of stroke-dasharray; "" for a whole line
  std::size_t mark;         ///< a shape for draw_mark()
};
SeriesStyle series_style(std::size_t i);

/// A shape of about `size` pixels around a point.
void draw_mark(Drawing& drawing, double x, double y, double size, const SeriesStyle& style);

/// One direction of a chart: from numbers to a share of its length.
class Axis {
 public:
  using Label = std::string (*)(double);
  /// From the least to the greatest of the values, rounded outwards to ticks. With `logarithmic`,
  /// only positive values count; where there is none, or all are within a factor of 2, it is
  /// linear.
  Axis(std::span<const double> values, bool logarithmic, std::string title, Label label);
  /// The same, linear and between two given ends.
  Axis(double low, double high, std::string title, Label label);

  double share(double value) const;  ///< 0 at the low end, 1 at the high one; kept within
  const std::vector<double>& ticks() const { return ticks_; }
  std::string tick_text(double tick) const { return label_(tick); }
  const std::string& title() const { return title_; }
  bool logarithmic() const { return logarithmic_; }

 private:
  void choose_linear_ticks(bool outwards);
  void choose_logarithmic_ticks();

  double low_ = 0, high_ = 1;
  bool logarithmic_ = false;
  std::string title_;
  Label label_;
  std::vector<double> ticks_;
};

struct Box {
  double left = 0, top = 0, width = 0, height = 0;
  double right() const { return left + width; }
  double bottom() const { return top + height; }
};

struct ChartPoint {
  double x = 0, y = 0;
};

class Chart {
 public:
  Chart(Drawing& drawing, Box box, Axis x, Axis y);

  double x(double value) const { return box_.left + box_.width * x_.share(value); }
  double y(double value) const { return box_.bottom() - box_.height * y_.share(value); }
  const Box& box() const { return box_; }

  /// Grid lines, ticks and titles; of an axis with rows instead of numbers only the other's.
  void draw_axes(bool with_y = true);
  void line(std::span<const ChartPoint> points, const SeriesStyle& style);
  /// Between two lines that share their x.
  void band(std::span<const ChartPoint> low, std::span<const ChartPoint> high,
            const SeriesStyle& style);

 private:
  std::string path_of(std::span<const ChartPoint> points, bool begins) const;

  Drawing& drawing_;
  Box box_;
  Axis x_, y_;
};

struct LegendEntry {
  enum class Kind { line, mark, area };
  std::string name;
  SeriesStyle style;
  Kind kind = Kind::line;
};

/// Names beside what they are the names of, as many in a row as fit; returns the height it took.
double draw_legend(Drawing& drawing, double left, double top, double width,
                   std::span<const LegendEntry> entries);

}  // namespace sgdbench
