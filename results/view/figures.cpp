#include "results/view/figures.h"

#include <fmt/format.h>

#include <algorithm>

#include "results/labels.h"
#include "results/view/figure_parts.h"

namespace sgdbench {
namespace figures {

std::string plain_number(double value) {
  return fmt::format("{:.3g}", value);
}

SeriesStyle style_of(const AggregateGroup& group, const Aggregate& member) {
  constexpr std::string_view kOther = "#b8bec6";  // those beyond kMostSeries
  const auto i = static_cast<std::size_t>(&member - group.members.data());
  return i < kMostSeries ? series_style(i) : SeriesStyle{kOther, "", 0};
}

double draw_names(Drawing& drawing, const AggregateGroup& group, const Members& members, double top,
                  double width) {
  std::vector<LegendEntry> entries;
  for (const auto* member : members)
    if (static_cast<std::size_t>(member - group.members.data()) < kMostSeries)
      entries.push_back({series_name(*member, group), style_of(group, *member)});
  double height = draw_legend(drawing, 8, top + 12, width - 16, entries) + 12;
  if (entries.size() < members.size()) {
    drawing.text(8, top + height + 8,
                 fmt::format("and {} more, in grey", members.size() - entries.size()),
                 {.size = 12, .colour = kFaint});
    height += 18;
  }
  return height;
}

}  // namespace figures

namespace {

constexpr FigureKind kFigures[] = {
    {"curves", "The loss against time, and against epochs", figures::draw_curves},
    {"targets", "Every repeat, its median (bar) and what that is known to", figures::draw_targets},
    {"speedup", "What several workers gain, and where it comes from", figures::draw_speedup},
    {"time", "Where the workers' time went", figures::draw_time},
    {"staleness", "How stale the gradients were", figures::draw_staleness},
    {"tuning", "How much the step size matters", figures::draw_tuning}};

}  // namespace

std::span<const FigureKind> figure_kinds() {
  return kFigures;
}

std::string series_name(const Aggregate& member, const AggregateGroup& group) {
  RunFields settings;
  for (const auto& column : group.varying)
    if (column.name == "batch" || column.name == "lr") settings.push_back(column);
  const auto more = column_text(*member.first, settings);
  return more.empty() ? member.name : member.name + ", " + more;
}

std::vector<TuningTrial> trials_of(const AggregateGroup& group,
                                   std::span<const TuningTrial> trials) {
  std::vector<TuningTrial> found;
  for (const auto& member : group.members) {
    for (const auto& trial : trials)
      if (trial.config_id == member.first->config_id) found.push_back(trial);
    for (const auto* row : member.counted)
      found.insert(found.end(), row->trials.begin(), row->trials.end());
  }
  return found;
}

std::string figure_svg(const FigureKind& kind, const FigureInput& input) {
  const double title = input.titled ? 34 : 0;
  Drawing body;
  const double height = kind.draw(body, input);
  if (height == 0) return "";
  Drawing whole;
  whole.rect(0, 0, input.width, height + title, "#ffffff");
  if (input.titled)
    whole.text(8, 22, fit_text(kind.question, 15, true, input.width - 16),
               {.size = 15, .bold = true});
  whole.begin_group(fmt::format(R"x(transform="translate(0 {})")x", title));
  whole.append(body);
  whole.end_group();
  return whole.finish(input.width, height + title,
                      fmt::format("{}: {}", input.group.name, kind.question));
}

}  // namespace sgdbench
