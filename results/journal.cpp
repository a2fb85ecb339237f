#include "results/journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <string_view>

#include "results/journal_line.h"

namespace sgdbench {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& path) try {
  return read_file(path);
} catch (const ReadError& error) {
  throw BadJournal(path.string() + ": this journal can't be read: " + error.what());
}

/// Whether the file of this name is still the open one: whoever had it may have removed it.
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

/// File systems without locks keep nobody out.
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

}  // namespace sgdbench
