#include "cli/run_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "cli/configuration.h"
#include "results/fields.h"
#include "results/reading/parts.h"
#include "results/reports.h"
#include "results/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

std::set<std::string> ids_of(std::span<const Configuration> configurations) {
  std::set<std::string> ids;
  for (const auto& configuration : configurations) ids.insert(config_id(configuration));
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

/// What the reader of reports checks, and that these are runs of this sweep. Row i is line i + 2.
void check_rows(const std::filesystem::path& journal, const std::vector<RunRecord>& rows,
                const std::set<std::string>& ids) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& row = rows[i];
    const Place place{i + 2, 1};
    check_record(row, place, journal.string());
    if (!ids.contains(row.config_id) || row.run_id != run_id(row.config_id, row.repeat))
      refuse(journal.string(), place,
             fmt::format("{} of {}, repeat {}, is no run of this sweep; remove the line to make it "
                         "anew",
                         row.run_id, row.config_id, row.repeat));
  }
}

std::string checksum_text(std::optional<std::uint64_t> checksum) {
  return checksum ? hex_text(*checksum) : "none";
}

}  // namespace

RunLog::RunLog(const std::filesystem::path& path, std::span<const Configuration> configurations,
               const Environment& environment, bool resume)
    : journal_(path) {
  const auto ids = ids_of(configurations);
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
  check_rows(path, content.rows, ids);
  check_environment(path, content.rows, environment);
  journal_->cut(content.bytes);
  take(std::move(content));
}

void RunLog::take(JournalContent content) {
  for (auto& row : content.rows) {
    next_order_ = std::max(next_order_, row.order + 1);
    std::erase_if(row.trials,
                  [&](const TuningTrial& trial) { return trial.config_id != row.config_id; });
    add(std::exchange(row.trials, {}));
  }
  unwritten_.clear();
  rows_ = latest(std::move(content.rows));
  std::erase_if(rows_, [](const RunRecord& row) { return row.status == "interrupted"; });
  for (const auto& row : rows_) done_.insert(row.run_id);
  told_ = done_;
}

void RunLog::add(RunRecord row) {
  grown_ = true;
  next_order_ = std::max(next_order_, row.order + 1);
  rows_.push_back(std::move(row));
  auto& added = rows_.back();
  told_.insert(added.run_id);
  if (added.status != "interrupted") done_.insert(added.run_id);
  if (!journal_) return;
  if (unwritten_.erase(added.config_id) > 0)
    std::copy_if(trials_.begin(), trials_.end(), std::back_inserter(added.trials),
                 [&](const TuningTrial& trial) { return trial.config_id == added.config_id; });
  journal_->append(added);
  added.trials.clear();
}

void RunLog::add(const std::vector<TuningTrial>& trials) {
  if (trials.empty()) return;
  const auto id = trials.front().config_id;
  std::erase_if(trials_, [&](const TuningTrial& trial) { return trial.config_id == id; });
  trials_.insert(trials_.end(), trials.begin(), trials.end());
  unwritten_.insert(id);
}

bool RunLog::wants_unstarted() {
  if (unstarted_ < kMostUnstarted) return true;
  ++untold_;
  return false;
}

void RunLog::add_unstarted(RunRecord row) {
  ++unstarted_;
  grown_ = true;
  row.order = next_order_++;
  told_.insert(row.run_id);
  rows_.push_back(std::move(row));
}

std::uint64_t RunLog::missing(const Configuration& configuration) const {
  const auto id = config_id(configuration);
  std::uint64_t count = 0;
  for (std::uint64_t repeat = 0; repeat < configuration.repeats; ++repeat)
    count += has(run_id(id, repeat)) ? 0 : 1;
  return count;
}

bool RunLog::has_all(std::span<const Configuration> configurations) const {
  return std::all_of(configurations.begin(), configurations.end(),
                     [this](const Configuration& configuration) {
                       return configuration.until_ci == 0 && configuration.until_gate == 0 &&
                              missing(configuration) == 0;
                     });
}

bool RunLog::has_any(std::span<const Configuration> configurations) const {
  const auto ids = ids_of(configurations);
  return std::any_of(rows_.begin(), rows_.end(),
                     [&](const RunRecord& row) { return ids.contains(row.config_id); });
}

void RunLog::check_data(std::span<const Configuration> configurations,
                        const TrainTest& data) const {
  if (!journal_) return;
  std::optional<std::uint64_t> train, test;
  if (data.train.rows() > 0) train = data.train.checksum;
  if (data.test) test = data.test->checksum;
  const auto ids = ids_of(configurations);
  const auto check = [&](const std::string& name, auto was, auto is) {
    if (was != is)
      refuse(journal_->path(),
             fmt::format("{} is no longer what it was: its checksum was {} and is {}", name,
                         checksum_text(was), checksum_text(is)));
  };
  for (const auto& row : rows_) {
    if (!ids.contains(row.config_id)) continue;
    check(row.data, row.data_checksum, train);
    check(data.test ? data.test->name : "the test data of " + row.data, row.test_checksum, test);
  }
}

void RunLog::remove_journal() {
  if (journal_) journal_->remove();
}

}  // namespace sgdbench
