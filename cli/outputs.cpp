#include "cli/outputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

#include "cli/configuration.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "results/atomic_file.h"
#include "results/files.h"
#include "results/reports.h"
#include "results/targets.h"
#include "results/text.h"
#include "results/view/page.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

using Render = Outputs::Render;

struct OutputFile {
  std::string_view option;
  std::string_view file;  ///< in the folder of --output; "" for none
  Render render;
};

constexpr OutputFile kReports[] = {
    {"--csv", "runs.csv",
     [](std::span<const RunRecord> rows, const ReportContext&) { return runs_csv(rows); }},
    {"--curve", "curve.csv",
     [](std::span<const RunRecord> rows, const ReportContext&) { return curve_csv(rows); }},
    {"--staleness", "staleness.csv",
     [](std::span<const RunRecord> rows, const ReportContext&) { return staleness_csv(rows); }},
    {"--targets", "targets.csv",
     [](std::span<const RunRecord> rows, const ReportContext&) { return targets_csv(rows); }},
    {"--workers-csv", "workers.csv",
     [](std::span<const RunRecord> rows, const ReportContext&) { return workers_csv(rows); }},
    {"--tuning", "tuning.csv",
     [](std::span<const RunRecord>, const ReportContext& context) {
       return tuning_csv(context.trials);
     }},
    {"--json", "run.json", report_json},
    {"--html", "report.html", report_html},
    {"--markdown", "", report_markdown},
};

constexpr std::string_view kJournal = "journal.jsonl";

template <class Table>
const auto& named_column(std::string_view option, const Table& columns, std::string_view name) {
  try {
    return find_by_name(columns, "column", name);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", option, error.what()));
  }
}

}  // namespace

void Outputs::add(std::string_view option, const std::filesystem::path& path, Render render) {
  if (path.empty()) throw UsageError(fmt::format("{}: name a file, or - for stdout", option));
  files_.writes(option, path);
  targets_.push_back({path, render});
}

Outputs::Outputs(const Given& given) {
  for (const auto& report : kReports)
    if (given.has(report.option)) add(report.option, given.text(report.option), report.render);
  for (const auto& text : given.texts("--export")) add_export(text);
  if (given.has("--trace")) add("--trace", given.text("--trace"), nullptr);
  quiet_ = given.has("--quiet");
  keeps_runs_ = given.has("--csv") || given.has("--json") || given.has("--output");
  if (given.has("--output")) {
    folder_ = given.text("--output");
    if (folder_.empty() || folder_ == "-") throw UsageError("--output: name a folder");
    for (const auto& report : kReports)
      if (!report.file.empty()) add("--output", folder_ / report.file, report.render);
  }
  find_journal(given);
  find_layout(given);
}

void Outputs::find_layout(const Given& given) {
  for (const auto* option : {"--sort", "--best-per", "--columns"})
    if (given.has(option) && uses_stdout() && !given.has("--markdown"))
      throw UsageError(
          fmt::format("{}: it lays out a table, and a report on stdout leaves no table", option));
  if (given.has("--sort"))
    layout_.sort = &named_column("--sort", sort_columns(), given.text("--sort"));
  const auto columns = [&given](std::string_view option, const RunFields& all) {
    RunFields named;
    if (given.has(option))
      for (const auto& name : split_list(given.text(option)))
        named.push_back(named_column(option, all, name));
    return named;
  };
  layout_.best_per = columns("--best-per", columns_that_are(kSetting));
  layout_.columns = columns("--columns", columns_that_are(0));
}

void Outputs::find_journal(const Given& given) {
  if (given.has("--journal")) {
    journal_ = given.text("--journal");
    if (journal_.empty() || journal_ == "-") throw UsageError("--journal: name a file");
  } else if (!folder_.empty()) {
    journal_ = folder_ / kJournal;
    journal_is_temporary_ = true;
  } else if (given.has("--resume")) {
    throw UsageError("--resume: say which run: --journal FILE, or the --output DIR that it had");
  }
  if (!journal_.empty()) files_.writes("--journal", journal_);
}

void Outputs::add_export(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos)
    throw UsageError(fmt::format("--export: '{}' is not KIND=PATH, as in {}=out.json", text,
                                 export_kinds().front().name));
  try {
    const auto& kind = find_by_name(export_kinds(), "kind of export", text.substr(0, equals));
    add("--export", text.substr(equals + 1), kind.render);
  } catch (const UsageError& error) {
    if (std::string_view(error.what()).starts_with("--export")) throw;
    throw UsageError(fmt::format("--export: {}", error.what()));
  }
  exports_ = true;
}

void Outputs::check_inputs(const Given& given, std::span<const Configuration> configurations) {
  if (given.has("--config")) files_.reads("--config", given.text("--config"));
  files_.reads_of(configurations);
}

void Outputs::check() const {
  if (!folder_.empty()) make_folder(folder_);
  for (const auto& target : targets_) check_writable(target.path);
  if (!uses_stdout()) check_writable("-");  // for the summary
}

bool Outputs::uses_stdout() const {
  for (const auto& target : targets_)
    if (leads_to_stdout(target.path)) return true;
  return false;
}

void Outputs::write(std::span<const RunRecord> rows, const ReportContext& context) const {
  std::exception_ptr first;
  for (const auto& target : targets_) {
    if (!target.render) continue;
    try {
      write_atomically(target.path, target.render(rows, context));
    } catch (const std::exception&) {
      if (!first) first = std::current_exception();
    }
  }
  if (exports_ && !quiet_)
    for (const auto& name : left_out(rows)) talk(fmt::format("--export leaves out {}", name));
  if (first) std::rethrow_exception(first);
}

namespace {

constexpr std::string_view kSlices = "--trace-slices";
constexpr std::uint64_t kMostSlices = 1'000'000'000;

std::size_t slices_of(const Given& given) {
  try {
    return parse_count(given.text(kSlices, find_option(kRun, kSlices).initial), 1, kMostSlices);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", kSlices, error.what()));
  }
}

/// Memory that the timeline of so many workers takes, a server's track included.
double bytes_of(double workers, double slices) {
  return workers * slices * static_cast<double>(sizeof(Slice)) * 4 / 3;
}

void check_memory(std::size_t workers, std::size_t slices, std::uint64_t available) {
  const auto half = static_cast<double>(available) / 2;
  const auto each = bytes_of(static_cast<double>(workers), 1);
  const auto wanted = bytes_of(static_cast<double>(workers), static_cast<double>(slices));
  if (available == 0 || wanted <= half) return;
  throw UsageError(fmt::format(
      "{}: {} slices for each of {} workers take {}B, more than half of the {}B that are free: {} "
      "at most",
      kSlices, slices, workers, human_count(wanted), human_count(static_cast<double>(available)),
      static_cast<std::uint64_t>(half / each)));
}

}  // namespace

TraceOutput::TraceOutput(const Given& given, const std::vector<Configuration>& configurations,
                         std::uint64_t available) {
  if (!given.has("--trace")) {
    if (given.has(kSlices)) throw UsageError(fmt::format("{} is for --trace", kSlices));
    return;
  }
  if (std::none_of(configurations.begin(), configurations.end(),
                   [](const Configuration& c) { return c.spec.recording; }))
    throw UsageError("--trace needs --recording full: without it no slice is recorded");
  path_ = given.text("--trace");
  slices_ = slices_of(given);
  std::size_t workers = 1;
  for (const auto& configuration : configurations) {
    workers = std::max(workers, configuration.spec.workers);
    configurations_.push_back(config_id(configuration));
  }
  check_memory(workers, slices_, available);
}

void TraceOutput::open(std::string_view version, std::string_view command) {
  if (!path_.empty()) writer_ = std::make_unique<TraceWriter>(path_, version, command);
}

void TraceOutput::add(TracedRun run, std::string_view config_id, const Timeline& timeline) {
  if (!writer_) return;
  const auto place = std::find(configurations_.begin(), configurations_.end(), config_id);
  run.order = static_cast<std::uint64_t>(place - configurations_.begin());
  writer_->add(run, timeline);
  const auto count = count_slices(timeline);
  count_.kept += count.kept;
  count_.forgotten += count.forgotten;
}

void TraceOutput::finish(bool quiet) {
  if (!writer_) return;
  writer_->finish();
  writer_.reset();
  if (quiet || count_.forgotten == 0) return;
  talk(fmt::format("--trace has the last {} of {} slices; a larger {} than {} keeps more",
                   count_.kept, count_.kept + count_.forgotten, kSlices, slices_));
}

}  // namespace sgdbench
