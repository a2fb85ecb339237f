// From rows of cells to records.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "results/fields.h"
#include "results/reading/parts.h"
#include "results/targets.h"
#include "results/text.h"

namespace sgdbench {
namespace {

constexpr std::array<std::string_view, 6> kStatuses{"ok",          "diverged", "timeout",
                                                    "interrupted", "failed",   "unsupported"};

/// The columns of a file, by their place in it; null where a column is not one of ours.
template <class Row, class Part>
class Columns {
 public:
  using Column = Field<Row, Part>;

  Columns(std::span<const Column> fields, const CsvRow& header, std::string_view name)
      : name_(name) {
    for (const auto& cell : header) {
      const auto same = [&](const Column& field) { return field.name == cell.text; };
      const auto found = std::find_if(fields.begin(), fields.end(), same);
      const Column* column = found == fields.end() ? nullptr : &*found;
      if (column && std::find(columns_.begin(), columns_.end(), column) != columns_.end())
        refuse(name, cell.place, fmt::format("the column {} is there twice", cell.text));
      columns_.push_back(column);
    }
  }

  void read(const CsvRow& row, Part& part) {
    if (row.size() != columns_.size())
      refuse(name_, row.front().place,
             fmt::format("a row of {} cells under a header of {}; is the file cut off?", row.size(),
                         columns_.size()));
    for (std::size_t i = 0; i < row.size(); ++i)
      if (columns_[i] && columns_[i]->set) set(*columns_[i], row[i], part);
  }

  /// The cell of a column that the part has no place for.
  const std::string& text(const CsvRow& row, std::string_view column) const {
    for (std::size_t i = 0; i < row.size(); ++i)
      if (columns_[i] && columns_[i]->name == column) return row[i].text;
    return row.front().text;
  }

 private:
  void set(const Column& column, const CsvCell& cell, Part& part) {
    if (column.set(part, cell.text)) {
      if (!has_decimal_point_) has_decimal_point_ = is_decimal(cell.text);
      return;
    }
    auto text = cell.text;
    const auto comma = text.find(',');
    const bool may_be_decimal = cell.decimal_comma && comma != std::string::npos;
    if (may_be_decimal) text[comma] = '.';
    if (!may_be_decimal || !is_decimal(text) || !column.set(part, text))
      refuse(name_, cell.place,
             fmt::format("'{}' can't be {}: {}{}", cell.text, column.name, column.meaning,
                         wanted(column)));
    if (has_decimal_point_)
      refuse(name_, cell.place,
             fmt::format("'{}' has a comma where other numbers of the file have a decimal point",
                         cell.text));
  }

  /// Digits with a point in between.
  static bool is_decimal(std::string_view text) {
    return read_number<double>(text) && text.find('.') != std::string_view::npos;
  }

  /// What the column takes, by what it does take.
  static std::string_view wanted(const Column& column) {
    Part scratch;
    if (column.set(scratch, "0.5")) return "; a number, as in 0.5";
    if (column.set(scratch, "1")) return "; a whole number";
    return column.set(scratch, "true") ? "; true or false" : "";
  }

  std::string_view name_;
  std::vector<const Column*> columns_;
  bool has_decimal_point_ = false;  ///< so far, in a number
};

/// A spreadsheet takes ten hexadecimal digits for a number, and writes another one in their place.
void check_identity(const RunRecord& run, Place place, std::string_view name) {
  constexpr std::size_t kDigits = 10;
  const auto id = std::string_view(run.run_id).substr(0, kDigits);
  if (run.run_id.substr(id.size(), 1) != "-" || run.config_id == id ||
      id.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return;
  refuse(name, place,
         fmt::format("the config_id '{}' is not that of the run {}; has a spreadsheet taken it for "
                     "a number? It keeps columns that are imported as text",
                     run.config_id, run.run_id));
}

/// Reads rows that are a record each; `complete` adds what the columns leave unsaid.
std::vector<RunRecord> read_records(const std::vector<CsvRow>& rows, std::string_view name,
                                    void (*complete)(RunRecord&)) {
  Columns columns(run_fields(), rows.front(), name);
  std::vector<RunRecord> runs;
  std::map<std::string, std::size_t> lines;
  check_run_count(rows.size() - 1, name);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    auto& run = runs.emplace_back();
    const Place place = rows[i].front().place;
    columns.read(rows[i], run);
    if (!run.config_id.empty()) check_identity(run, place, name);
    complete(run);
    check_record(run, place, name);
    const auto [same, added] = lines.emplace(run.run_id, place.line);
    if (!added)
      refuse(name, place,
             fmt::format("run {} stands in line {} already; two reports in one can't be compared",
                         run.run_id, same->second));
  }
  return runs;
}

std::vector<RunRecord> read_runs(const std::vector<CsvRow>& rows, std::string_view name) {
  return read_records(rows, name, [](RunRecord& run) {
    if (run.run_id.empty()) run.run_id = fmt::format("{}-{}", run.config_id, run.repeat);
  });
}

/// What a run_id, `config_id-repeat`, says.
void take_run_id(RunRecord& run, const std::string& run_id) {
  run.run_id = run.config_id = run_id;
  run.status = "ok";
  const auto dash = run_id.rfind('-');
  if (dash == std::string::npos || dash == 0) return;
  const auto repeat = read_number<std::uint64_t>(std::string_view(run_id).substr(dash + 1));
  if (repeat) run.config_id.resize(dash);
  run.repeat = repeat ? repeat.value : 0;
}

/// The targets of a configuration are a configuration each.
std::vector<RunRecord> read_targets(const std::vector<CsvRow>& rows, std::string_view name) {
  return read_records(rows, name, [](RunRecord& run) {
    take_run_id(run, std::string(run.run_id));
    const auto to_target = fmt::format(" to {}", run.target);
    run.run_id += to_target;
    run.config_id += to_target;
  });
}

/// The record of a run_id; new ones are ok until their rows say otherwise.
RunRecord& record_of(std::vector<RunRecord>& runs, std::map<std::string, std::size_t>& places,
                     const std::string& run_id) {
  const auto [place, added] = places.emplace(run_id, runs.size());
  if (added) take_run_id(runs.emplace_back(), run_id);
  return runs[place->second];
}

/// What the end of a curve says of its run.
void add_end_of_curve(RunRecord& run) {
  const auto& first = run.curve.front();
  const auto& last = run.curve.back();
  run.wall_s = last.time_s;
  run.epochs = last.epoch;
  run.updates = last.updates;
  run.examples_processed = last.examples_processed;
  run.loss_initial = first.loss;
  run.loss_final = last.loss;
  run.loss_test = last.test_loss;
  run.accuracy_final = last.test_accuracy;
  if (last.time_s > 0) {
    run.updates_per_s = static_cast<double>(last.updates) / last.time_s;
    run.examples_per_s = static_cast<double>(last.examples_processed) / last.time_s;
  }
  if (last.loss) return;
  run.status = "diverged";
  run.reason = "its curve ends without a loss";
}

void add_mean_staleness(RunRecord& run) {
  double sum = 0, count = 0;
  for (const auto& bin : run.staleness) {
    sum += static_cast<double>(bin.staleness) * static_cast<double>(bin.count);
    count += static_cast<double>(bin.count);
    run.staleness_max = std::max(run.staleness_max.value_or(0), bin.staleness);
  }
  if (count > 0) run.staleness_mean = sum / count;
}

/// Means and sums over the workers of a run.
void add_worker_sums(RunRecord& run) {
  const auto n = static_cast<double>(run.per_worker.size());
  const auto mean = [&](double WorkerRecord::*time) {
    double sum = 0;
    for (const auto& worker : run.per_worker) sum += worker.*time;
    return sum / n;
  };
  const auto sum = [&](std::uint64_t WorkerRecord::*count) {
    std::uint64_t all = 0;
    for (const auto& worker : run.per_worker) all += worker.*count;
    return all;
  };
  run.compute_s = mean(&WorkerRecord::compute_s);
  run.wait_s = mean(&WorkerRecord::wait_s);
  run.communicate_s = mean(&WorkerRecord::communicate_s);
  run.queue_s = mean(&WorkerRecord::queue_s);
  run.observe_s = mean(&WorkerRecord::observe_s);
  run.wall_s = *run.compute_s + *run.wait_s + *run.communicate_s + *run.queue_s + *run.observe_s;
  if (*run.wall_s > 0) run.wait_share = *run.wait_s / *run.wall_s;
  run.workers = run.per_worker.size();
  run.updates = sum(&WorkerRecord::updates);
  run.gradient_evaluations = sum(&WorkerRecord::computed);
  run.examples_processed = sum(&WorkerRecord::applied);
  run.dropped_gradients = sum(&WorkerRecord::dropped);
  for (const auto& worker : run.per_worker)
    if (worker.local_steps) run.local_steps = run.local_steps.value_or(0) + *worker.local_steps;
}

/// Reads rows that belong to runs into a list of each run.
template <auto List, class Row, class Part>
std::vector<RunRecord> read_parts(std::span<const Field<Row, Part>> fields,
                                  const std::vector<CsvRow>& rows, std::string_view name,
                                  void (*finish)(RunRecord&)) {
  Columns columns(fields, rows.front(), name);
  std::vector<RunRecord> runs;
  std::map<std::string, std::size_t> places;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    Part part;
    columns.read(rows[i], part);
    const auto& run_id = columns.text(rows[i], "run_id");
    if (run_id.empty()) refuse(name, rows[i].front().place, "a row without a run_id");
    (record_of(runs, places, run_id).*List).push_back(part);
    check_run_count(runs.size(), name);
  }
  for (auto& run : runs) finish(run);
  return runs;
}

std::vector<RunRecord> read_curves(const std::vector<CsvRow>& rows, std::string_view name) {
  return read_parts<&RunRecord::curve>(curve_fields(), rows, name, add_end_of_curve);
}
std::vector<RunRecord> read_staleness(const std::vector<CsvRow>& rows, std::string_view name) {
  return read_parts<&RunRecord::staleness>(staleness_fields(), rows, name, add_mean_staleness);
}
std::vector<RunRecord> read_workers(const std::vector<CsvRow>& rows, std::string_view name) {
  return read_parts<&RunRecord::per_worker>(worker_fields(), rows, name, add_worker_sums);
}

/// How many columns of a header are of this table.
template <class Row, class Part>
std::size_t known(std::span<const Field<Row, Part>> fields, const CsvRow& header) {
  return static_cast<std::size_t>(
      std::count_if(header.begin(), header.end(), [fields](const CsvCell& cell) {
        return std::any_of(fields.begin(), fields.end(),
                           [&](const auto& field) { return field.name == cell.text; });
      }));
}

}  // namespace

void check_run_count(std::size_t runs, std::string_view name) {
  if (runs > kMostRuns)
    refuse(name, {}, fmt::format("more than {} runs are too many for one report", kMostRuns));
}

void check_record(const RunRecord& record, Place place, std::string_view name) {
  if (record.config_id.empty()) refuse(name, place, "a run without a config_id");
  if (std::find(kStatuses.begin(), kStatuses.end(), record.status) == kStatuses.end())
    refuse(name, place,
           fmt::format("'{}' is no status; one of: {}", record.status, fmt::join(kStatuses, ", ")));
}

const std::vector<CsvFormat>& csv_formats() {
  static const std::vector<CsvFormat> formats{
      {"runs",
       {"config_id", "status"},
       [](const CsvRow& header) { return known(run_fields(), header); },
       read_runs},
      {"curves",
       {"run_id", "point", "time_s"},
       [](const CsvRow& header) { return known(curve_fields(), header); },
       read_curves},
      {"targets",
       {"run_id", "target", "reached"},
       [](const CsvRow& header) { return known(target_fields(), header); },
       read_targets},
      {"staleness",
       {"run_id", "staleness", "count"},
       [](const CsvRow& header) { return known(staleness_fields(), header); },
       read_staleness},
      {"workers",
       {"run_id", "worker", "computed"},
       [](const CsvRow& header) { return known(worker_fields(), header); },
       read_workers},
  };
  return formats;
}

}  // namespace sgdbench
