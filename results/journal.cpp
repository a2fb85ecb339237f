#include "results/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

#include "results/fields.h"
#include "results/reading/json.h"
#include "results/reports.h"

namespace sgdbench {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) try {
  return read_file(path);
} catch (const ReadError& error) {
  throw BadJournal(path.string() + ": this journal can't be read: " + error.what());
}

/// Whether the file of this name is still the open one: its last owner may have removed it.
bool is_current(int fd, const fs::path& path) {
  struct stat open {
  }, named{};
  if (::fstat(fd, &open) == -1) refuse_write(path);
  return ::stat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

Descriptor open_journal(const fs::path& path) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
  Descriptor file(retry([&] { return ::open(path.c_str(), kFlags, 0666); }));
  if (file.get() < 0) refuse_write(path);
  struct stat info {};
  if (::fstat(file.get(), &info) == -1) refuse_write(path);
  if (!S_ISREG(info.st_mode)) refuse_write(path, "a journal is an ordinary file");
  return file;
}

/// File systems without locks keep no process out.
Descriptor open_and_lock(const fs::path& path) {
  while (true) {
    auto file = open_journal(path);
    if (retry([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == -1 && errno == EWOULDBLOCK)
      refuse_write(path, "another sgdbench is running with this journal");
    if (is_current(file.get(), path)) return file;
  }
}

/// Takes the next line, without its end, from `text`, which has one.
std::string_view next_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(line.size() + 1);
  return line;
}

}  // namespace

JournalContent load_journal(const fs::path& path) {
  return parse_journal(read_text(path), path.string());
}

JournalContent parse_journal(std::string_view text, const std::string& name) {
  JournalContent content;
  // What comes after the last line end is torn.
  std::string_view rest = text.substr(0, text.rfind('\n') + 1);
  if (rest.empty() && (text.empty() || begins_journal(text))) return content;
  const auto header = rest.empty() ? std::nullopt : parse_journal_header(next_line(rest));
  if (!header) throw BadJournal(name + ": this is no journal of sgdbench");
  content.config_ids = *header;
  for (std::size_t number = 2;; ++number) {
    content.bytes = static_cast<std::uint64_t>(rest.data() - text.data());
    if (rest.empty()) return content;
    auto row = parse_journal_line(next_line(rest));
    if (content.rows.size() == kMostRuns)
      throw BadJournal(name + ": more than " + std::to_string(kMostRuns) +
                       " rows are too many for one journal");
    if (row)
      content.rows.push_back(std::move(*row));
    else if (rest.empty())
      return content;  // after a power cut, blocks of the last line may be missing inside it
    else
      throw BadJournal(name + ':' + std::to_string(number) +
                       ": this line of the journal is no row");
  }
}

std::vector<RunRecord> latest(std::vector<RunRecord> rows) {
  std::map<std::string, std::size_t> last;
  for (std::size_t i = 0; i < rows.size(); ++i) last[rows[i].run_id] = i;
  std::vector<RunRecord> kept;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (last[rows[i].run_id] == i) kept.push_back(std::move(rows[i]));
  return kept;
}

std::vector<RunRecord> read_journal(const fs::path& path) {
  return latest(load_journal(path).rows);
}

Journal::Journal(const fs::path& path) : path_(path), file_(open_and_lock(path)) {}

void Journal::start(const std::vector<std::string>& config_ids) {
  cut(0);
  append(journal_header(config_ids));
  sync_folder(folder_of(path_), path_);
}

void Journal::cut(std::uint64_t bytes) {
  if (retry([&] { return ::ftruncate(file_.get(), static_cast<off_t>(bytes)); }) == -1)
    refuse_write(path_);
}

void Journal::append(const RunRecord& row) {
  append(journal_line(row));
}

void Journal::append(const std::string& line) {
  struct stat before {};
  if (::fstat(file_.get(), &before) == -1) refuse_write(path_);
  try {
    write_all(file_.get(), line, path_);
    sync_file(file_.get(), path_);
  } catch (...) {
    // What stays behind of the line if this fails too is torn, and no reader takes it for a row.
    [[maybe_unused]] const int ignored = ::ftruncate(file_.get(), before.st_size);
    throw;
  }
}

void Journal::remove() {
  if (::unlink(path_.c_str()) == -1 && errno != ENOENT) refuse_write(path_);
}

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "sgdbench-journal-1";

/// The text of a cell, as Field::set takes it; nothing for what is no cell.
std::optional<std::string> to_cell(const JsonTree& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return value.get<std::string>();
  if (value.is_boolean()) return to_text(Value{value.get<bool>()});
  if (value.is_number_unsigned()) return to_text(Value{value.get<std::uint64_t>()});
  if (value.is_number_float()) return to_text(Value{value.get<double>()});
  return std::nullopt;
}

template <class Row, class Part>
bool set_cell(const Field<Row, Part>& field, Part& part, const JsonTree& value) {
  const auto text = to_cell(value);
  return text && field.set(part, *text);
}

/// An array for each column; `row_of(i)` is the i-th row.
template <class Row, class Part, class RowOf>
Json columns(std::span<const Field<Row, Part>> fields, std::size_t rows, RowOf row_of) {
  Json all = Json::object();
  for (const auto& field : fields) {
    if (!field.set) continue;
    Json& column = all[std::string(field.name)] = Json::array();
    for (std::size_t i = 0; i < rows; ++i) column.push_back(to_json(field.get(row_of(i))));
  }
  return all;
}

template <class Row, class Part>
bool read_columns(const JsonTree& line, std::string_view name,
                  std::span<const Field<Row, Part>> fields, std::vector<Part>& parts) {
  const auto all = line.find(std::string(name));
  if (all == line.end()) return true;
  if (!all->is_object()) return false;
  std::optional<std::size_t> rows;
  for (const auto& field : fields) {
    const auto column = all->find(std::string(field.name));
    if (!field.set || column == all->end()) continue;
    if (!column->is_array() || column->size() != rows.value_or(column->size())) return false;
    rows = column->size();
    parts.resize(*rows);
    for (std::size_t i = 0; i < *rows; ++i)
      if (!set_cell(field, parts[i], (*column)[i])) return false;
  }
  return true;
}

std::string dump(const Json& line) {
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::optional<JsonTree> parse_object(std::string_view line) try {
  auto json = parse_json(line);
  return json.is_object() ? std::optional(std::move(json)) : std::nullopt;
} catch (const BadJson&) {
  return std::nullopt;
}

}  // namespace

std::string journal_line(const RunRecord& row) {
  Json line = Json::object();
  for (const auto& field : run_fields()) {
    auto value = to_json(field.get(row));
    if (!value.is_null()) line[std::string(field.name)] = std::move(value);
  }
  line["curve"] = columns(curve_fields(), row.curve.size(), [&](std::size_t i) {
    return CurveRow{row, i};
  });
  line["staleness"] = columns(staleness_fields(), row.staleness.size(), [&](std::size_t i) {
    return StalenessRow{row, row.staleness[i]};
  });
  line["per_worker"] = columns(worker_fields(), row.per_worker.size(), [&](std::size_t i) {
    return WorkerRow{row, row.per_worker[i]};
  });
  if (!row.trials.empty())
    line["trials"] = columns(tuning_fields(), row.trials.size(),
                             [&](std::size_t i) -> const TuningTrial& { return row.trials[i]; });
  return dump(line);
}

std::optional<RunRecord> parse_journal_line(std::string_view text) {
  const auto line = parse_object(text);
  if (!line) return std::nullopt;
  RunRecord row;
  for (const auto& field : run_fields()) {
    const auto value = line->find(std::string(field.name));
    if (value != line->end() && field.set && !set_cell(field, row, *value)) return std::nullopt;
  }
  if (!read_columns(*line, "curve", curve_fields(), row.curve) ||
      !read_columns(*line, "staleness", staleness_fields(), row.staleness) ||
      !read_columns(*line, "per_worker", worker_fields(), row.per_worker) ||
      !read_columns(*line, "trials", tuning_fields(), row.trials) || row.run_id.empty())
    return std::nullopt;
  return row;
}

std::string journal_header(const std::vector<std::string>& config_ids) {
  return dump({{"schema", kSchema}, {"configurations", config_ids}});
}

std::optional<std::vector<std::string>> parse_journal_header(std::string_view text) {
  const auto line = parse_object(text);
  if (!line || line->value("schema", JsonTree()) != kSchema) return std::nullopt;
  const auto ids = line->value("configurations", JsonTree::array());
  std::vector<std::string> config_ids;
  for (const auto& id : ids) {
    if (!id.is_string()) return std::nullopt;
    config_ids.push_back(id.get<std::string>());
  }
  return config_ids;
}

bool begins_journal(std::string_view text) {
  const auto header = journal_header({});
  const auto common = header.find('[');
  return text.size() > header.find(kSchema) &&
         text.substr(0, common) ==
             std::string_view(header).substr(0, std::min(common, text.size()));
}

}  // namespace sgdbench
