// The pictures of a comparison: for one problem, what its configurations did, each picture one
// question.
//
//   curves     how far is the loss after so much time, and after so many epochs?
//   targets    how long did each repeat take to the target, or for its work?
//   speedup    what is gained over one worker: in time per epoch, and in epochs?
//   time       where did the workers' time go?
//   staleness  how stale were the gradients?
//   tuning     how long does the way take at each step size that was tried?
//
// Everything comes from the aggregates that tables and sentences are made of (summary.h), so that a
// picture never says another thing than the text beside it. What did not come through is drawn as
// that: a repeat that missed its target has a cross at the right end, not a place on the axis.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "results/record.h"
#include "results/view/drawing.h"
#include "results/view/summary.h"

namespace sgdbench {

/// More configurations than these have no colour of their own: they are drawn in grey.
inline constexpr std::size_t kMostSeries = 12;

/// What a figure is drawn of.
struct FigureInput {
  const AggregateGroup& group;
  std::vector<TuningTrial> trials;  ///< of its configurations
  double width = 960;               ///< pixels; at least kLeastWidth
  bool titled = true;
};
inline constexpr double kLeastWidth = 400, kMostWidth = 4000;

struct FigureKind {
  std::string_view name;
  std::string_view question;
  /// Draws below the title, from y = 0 on; returns the height, 0 where there is nothing to show.
  double (*draw)(Drawing&, const FigureInput&);
};
std::span<const FigureKind> figure_kinds();

/// A whole SVG file; "" where there is nothing to show.
std::string figure_svg(const FigureKind& kind, const FigureInput& input);

/// A configuration's name in legends, with what tells it from others of the same name.
std::string series_name(const Aggregate& member, const AggregateGroup& group);

/// The trials of the group's configurations: of `trials`, and those that its rows carry.
std::vector<TuningTrial> trials_of(const AggregateGroup& group,
                                   std::span<const TuningTrial> trials);

}  // namespace sgdbench
