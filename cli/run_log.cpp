#include "cli/run_log.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/command_line.h"
#include "results/fields.h"
#include "results/reports.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

std::set<std::string> ids_of(std::span<const Cell> cells) {
  std::set<std::string> ids;
  for (const auto& cell : cells) ids.insert(config_id(cell));
  return ids;
}

[[noreturn]] void refuse(const std::filesystem::path& journal, std::string_view why) {
  throw BadJournal(fmt::format("{}: {}; remove it to start over", journal.string(), why));
}

/// Rows of two builds or machines in one report would look like noise, and be none.
void check_environment(const std::filesystem::path& journal, const std::vector<RunRecord>& rows,
                       const Environment& environment) {
  constexpr std::string_view kColumns[] = {"cpu_model", "compiler", "build", "instruction_set",
                                           "git_revision"};
  RunRecord here;
  add_environment(here, environment);
  for (const auto& field : run_fields()) {
    if (std::find(std::begin(kColumns), std::end(kColumns), field.name) == std::end(kColumns))
      continue;
    for (const auto& row : rows)
      if (field.get(row) != field.get(here))
        refuse(journal, fmt::format("its rows were made elsewhere: {} was '{}' and is '{}'",
                                    field.name, to_text(field.get(row)), to_text(field.get(here))));
  }
}

}  // namespace

RunLog::RunLog(const std::filesystem::path& path, std::span<const Cell> cells,
               const Environment& environment, bool resume)
    : journal_(path) {
  const auto ids = ids_of(cells);
  const std::vector<std::string> sorted(ids.begin(), ids.end());
  auto content = load_journal(path);
  if (content.rows.empty()) {
    journal_->start(sorted);
    return;
  }
  if (!resume)
    throw UsageError(fmt::format(
        "{} has {} rows of an earlier run: --resume goes on with it; remove it to start over",
        path.string(), content.rows.size()));
  if (content.config_ids != sorted) refuse(path, "this is the journal of other configurations");
  check_environment(path, content.rows, environment);
  journal_->cut(content.bytes);
  take(std::move(content));
}

void RunLog::take(JournalContent content) {
  for (const auto& row : content.rows) next_order_ = std::max(next_order_, row.order + 1);
  rows_ = latest(std::move(content.rows));
  std::erase_if(rows_, [](const RunRecord& row) { return row.status == "interrupted"; });
  for (const auto& row : rows_) done_.insert(row.run_id);
}

void RunLog::add(RunRecord row) {
  next_order_ = std::max(next_order_, row.order + 1);
  rows_.push_back(std::move(row));
  if (rows_.back().status != "interrupted") done_.insert(rows_.back().run_id);
  if (journal_) journal_->append(rows_.back());
}

std::uint64_t RunLog::missing(const Cell& cell) const {
  const auto id = config_id(cell);
  std::uint64_t count = 0;
  for (std::uint64_t repeat = 0; repeat < cell.repeats; ++repeat)
    count += has(run_id(id, repeat)) ? 0 : 1;
  return count;
}

bool RunLog::has_all(std::span<const Cell> cells) const {
  return std::all_of(cells.begin(), cells.end(),
                     [this](const Cell& cell) { return cell.until_ci == 0 && missing(cell) == 0; });
}

void RunLog::check_data(std::span<const Cell> cells, std::uint64_t checksum) const {
  if (!journal_) return;
  const auto ids = ids_of(cells);
  for (const auto& row : rows_)
    if (row.data_checksum && *row.data_checksum != checksum && ids.contains(row.config_id))
      refuse(journal_->path(),
             fmt::format("{} is no longer what it was: its checksum was {:016x} and is {:016x}",
                         row.data, *row.data_checksum, checksum));
}

void RunLog::remove_journal() {
  if (journal_) journal_->remove();
}

}  // namespace sgdbench
