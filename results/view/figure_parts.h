// What the figures share: margins, how a configuration looks, and the legend.
#pragma once

#include <string>
#include <vector>

#include "results/view/chart.h"
#include "results/view/figures.h"

namespace sgdbench::figures {

inline constexpr double kRight = 24;      ///< margin
inline constexpr double kAxisBelow = 44;  ///< ticks and title under a chart

/// Three significant digits.
std::string plain_number(double value);

/// One look for each configuration of a group, in all of its figures.
SeriesStyle style_of(const AggregateGroup& group, const Aggregate& member);

using Members = std::vector<const Aggregate*>;

/// The names of those of the members that have a colour; how many have none is said. Returns its
/// height.
double draw_names(Drawing& drawing, const AggregateGroup& group, const Members& members, double top,
                  double width);

// The figures, as FigureKind::draw.
double draw_curves(Drawing& drawing, const FigureInput& input);
double draw_targets(Drawing& drawing, const FigureInput& input);
double draw_speedup(Drawing& drawing, const FigureInput& input);
double draw_time(Drawing& drawing, const FigureInput& input);
double draw_staleness(Drawing& drawing, const FigureInput& input);
double draw_tuning(Drawing& drawing, const FigureInput& input);

}  // namespace sgdbench::figures
