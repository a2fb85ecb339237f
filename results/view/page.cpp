#include "results/view/page.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "results/labels.h"
#include "results/text.h"
#include "results/view/figures.h"
#include "results/view/summary.h"

namespace sgdbench {
namespace {

// Pictures have two layouts, one for narrow screens. In the dark their inks are exchanged by what
// they are in the drawing.
constexpr std::string_view kStyle = R"css(
:root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --page: #ffffff;
  --rule: #d5dae0; --shade: #f4f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --faint: #9aa4ae; --page: #11151a;
  --rule: #343b43; --shade: #1b2128; } }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 1.2rem 1rem 4rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
h3 { font-size: 1rem; margin: 2rem 0 .3rem; }
.answer { font-size: 1.1rem; border-left: 4px solid #0072b2; padding: .2rem 0 .2rem .9rem; }
figure { margin: 1.6rem 0 0; } figcaption { font-weight: 600; margin-bottom: .4rem; } svg { display: block; width: 100%; height: auto; }
.narrow { display: none; }
@media (max-width: 700px) { .wide { display: none; } .narrow { display: block; } }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--rule); text-align: right;
  white-space: nowrap; }
th:first-child, td:first-child, td.note { text-align: left; white-space: normal; }
td.note { color: var(--faint); }
code { font: .82rem/1.4 ui-monospace, Consolas, "DejaVu Sans Mono", monospace;
  background: var(--shade); padding: .1rem .3rem; overflow-wrap: anywhere; }
details { margin: 1rem 0; } summary { cursor: pointer; } dt { font-weight: 600; } dd { margin: 0 0 .4rem; }
a { color: inherit; }
@media (prefers-color-scheme: dark) {
  svg rect[fill="#ffffff"] { fill: var(--page); } svg text[fill="#1f2328"] { fill: var(--ink); }
  svg text[fill="#59636e"] { fill: var(--faint); } svg text[fill="#b3123f"] { fill: #ff8fa8; }
  svg line[stroke="#1f2328"] { stroke: var(--ink); } svg line[stroke="#e3e6ea"] { stroke: var(--rule); }
  svg line[stroke="#59636e"] { stroke: var(--faint); }
  svg [stroke="#0072b2"] { stroke: #4aa8e0; } svg path[fill="#0072b2"] { fill: #4aa8e0; }
  svg [stroke="#4d4d4d"] { stroke: #a8a8a8; } svg path[fill="#4d4d4d"] { fill: #a8a8a8; } }
@media print { .narrow { display: none; } .wide { display: block; } figure, tr { break-inside: avoid; }
  details > * { display: block; } main { max-width: none; } }
)css";

/// The same picture without the first line of a file of its own.
std::string embedded(const FigureKind& kind, const FigureInput& input) {
  auto svg = figure_svg(kind, input);
  svg.erase(0, svg.find("<svg"));
  return svg;
}

std::string pictures(const AggregateGroup& group, std::span<const TuningTrial> trials) {
  constexpr double kWide = 960, kNarrow = 420;
  std::string html;
  FigureInput input{group, trials_of(group, trials), kWide, false};
  for (const auto& kind : figure_kinds()) {
    input.width = kWide;
    const auto wide = embedded(kind, input);
    if (wide.empty()) continue;
    input.width = kNarrow;
    html += fmt::format(
        "<figure><figcaption>{}</figcaption>\n<div class=\"wide\">{}</div><div "
        "class=\"narrow\">{}</div></figure>\n",
        xml_escape(kind.question), wide, embedded(kind, input));
  }
  return html;
}

std::string cell(std::string_view text, std::string_view tag = "td") {
  return fmt::format("<{0}>{1}</{0}>", tag, xml_escape(text));
}

/// What did not come through has its reason in place of numbers.
std::string table(const AggregateGroup& group) {
  const auto columns = summary_columns(group);
  std::string html = "<div class=\"scroll\"><table><thead><tr>" + cell("configuration", "th");
  for (const auto& column : columns) html += cell(column.title, "th");
  html += "</tr></thead><tbody>\n";
  for (const auto& member : group.members) {
    html += "<tr>" + cell(series_name(member, group));
    const auto why = member.standing.why_no_winner();
    if (member.standing.troubled < member.counted.size()) {
      for (const auto& column : columns) html += cell(column.cell(member));
      html += "</tr>\n";
      if (!why.empty())
        html += fmt::format("<tr><td></td><td class=\"note\" colspan=\"{}\">{}</td></tr>\n",
                            columns.size(), xml_escape(why));
    } else {
      html += fmt::format("<td class=\"note\" colspan=\"{}\">{}</td></tr>\n", columns.size(),
                          xml_escape(why));
    }
  }
  return html + "</tbody></table></div>\n";
}

std::string commands(const AggregateGroup& group) {
  std::string html;
  for (const auto& member : group.members)
    if (!member.first->command.empty())
      html +=
          fmt::format("<dt>{}</dt><dd><code>{}</code></dd>\n",
                      xml_escape(series_name(member, group)), xml_escape(member.first->command));
  if (html.empty()) return "";
  return "<details><summary>The command of each configuration</summary><dl>\n" + html +
         "</dl></details>\n";
}

/// Each thing that rows say of where they were made, once.
std::string machine(std::span<const RunRecord> runs, const ReportContext& context) {
  std::string html;
  const auto add = [&](std::string_view name, auto get) {
    std::set<std::string> values;
    for (const auto& run : runs)
      if (std::string value(get(run)); !value.empty()) values.insert(std::move(value));
    if (!values.empty())
      html += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name,
                          xml_escape(fmt::format("{}", fmt::join(values, "; "))));
  };
  add("processor", [](const RunRecord& run) { return run.cpu_model; });
  add("cores that could be used", [](const RunRecord& run) {
    return run.cores_available == 0 ? "" : std::to_string(run.cores_available);
  });
  add("compiler", [](const RunRecord& run) { return run.compiler; });
  add("build", [](const RunRecord& run) { return run.build; });
  add("instruction sets", [](const RunRecord& run) { return run.instruction_set; });
  add("commit", [](const RunRecord& run) { return run.git_revision; });
  const auto& environment = context.environment;
  if (!environment.kernel.empty())
    html += fmt::format("<dt>kernel</dt><dd>{}</dd>\n", xml_escape(environment.kernel));
  if (!environment.started_at.empty())
    html += fmt::format("<dt>begun at</dt><dd>{}</dd>\n", xml_escape(environment.started_at));
  if (!context.command.empty())
    html += fmt::format("<dt>command</dt><dd><code>{}</code></dd>\n", xml_escape(context.command));
  for (const auto& note : context.notes)
    html += fmt::format("<dt>note</dt><dd>{}</dd>\n", xml_escape(note));
  return "<h2 id=\"machine\">Where it was measured</h2>\n<dl>\n" + html + "</dl>\n";
}

}  // namespace

std::string report_html(std::span<const RunRecord> runs, const ReportContext& context) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>sgdbench report</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n"
      "<h1>Should workers wait for each other?</h1>\n",
      kStyle);
  const std::vector<RunRecord> rows(runs.begin(), runs.end());
  for (const auto& group : aggregate(rows, context.config_ids)) {
    html += fmt::format("<section>\n<h2>{}</h2>\n<p class=\"answer\">{}</p>\n",
                        xml_escape(group_heading(group)), xml_escape(conclude(group)));
    html += pictures(group, context.trials) + "<h3>Medians over the repeats</h3>\n" + table(group) +
            commands(group) + "</section>\n";
  }
  return html + machine(runs, context) +
         fmt::format("<p>Made by sgdbench {}.</p>\n</main>\n</body>\n</html>\n", version());
}

}  // namespace sgdbench
