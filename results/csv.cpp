// CSV by RFC 4180, and the text of one cell.
//
// Numbers are written by std::to_chars: the shortest text that reads back to the same double,
// whatever the locale.
#include <charconv>
#include <cmath>

#include "results/csv_rows.h"
#include "results/reports.h"

namespace sgdbench {
namespace {

template <class Number>
std::string number_text(Number value) {
  char buffer[32];
  const auto end = std::to_chars(std::begin(buffer), std::end(buffer), value).ptr;
  return {std::begin(buffer), end};
}

struct TextOf {
  std::string operator()(std::monostate) const { return {}; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::uint64_t value) const { return number_text(value); }
  std::string operator()(double value) const {
    return std::isfinite(value) ? number_text(value) : std::string{};
  }
  std::string operator()(const std::string& value) const { return value; }
};

}  // namespace

std::string to_text(const Value& value) {
  return std::visit(TextOf{}, value);
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string cell = "\"";
  for (const char c : text) cell.append(c == '"' ? 2 : 1, c);
  return cell + '"';
}

std::string runs_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(run_fields());
  for (const auto& run : runs) append_csv_row(out, run_fields(), run);
  return out;
}

std::string curve_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(curve_fields());
  for (const auto& run : runs)
    for (std::size_t i = 0; i < run.curve.size(); ++i)
      append_csv_row(out, curve_fields(), CurveRow{run, i});
  return out;
}

std::string staleness_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(staleness_fields());
  for (const auto& run : runs)
    for (const auto& count : run.staleness)
      append_csv_row(out, staleness_fields(), StalenessRow{run, count});
  return out;
}

std::string workers_csv(std::span<const RunRecord> runs) {
  std::string out = csv_header(worker_fields());
  for (const auto& run : runs)
    for (const auto& worker : run.per_worker)
      append_csv_row(out, worker_fields(), WorkerRow{run, worker});
  return out;
}

}  // namespace sgdbench
