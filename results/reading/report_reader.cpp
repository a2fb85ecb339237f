#include "results/reading/report_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <set>

#include "results/journal.h"
#include "results/reading/parts.h"

namespace sgdbench {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::string_view kWanted =
    "a report is what `sgdbench run` writes with `csv`, `json`, `curve`, `staleness`, `targets`, "
    "`workers csv` or `journal`";

[[noreturn]] void missing(const std::string& path, std::string_view why) {
  throw MissingReport(fmt::format("cannot read {}: {}; {}", path, why, kWanted));
}

std::string whole(std::FILE* file, const std::string& path) {
  std::string text;
  char buffer[1 << 16];
  while (const auto got = std::fread(buffer, 1, sizeof buffer, file)) {
    // Before it is all in memory: a device may have no end.
    if (std::memchr(buffer, 0, got))
      refuse(path, {}, fmt::format("this is no text in UTF-8; {}", kWanted));
    text.append(buffer, got);
  }
  if (std::ferror(file)) missing(path, std::strerror(errno));
  return text;
}

std::string file_text(const std::string& path) {
  if (path == "-") return whole(stdin, "stdin");
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) missing(path, "it is a folder");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) missing(path, std::strerror(errno));
  return whole(file.get(), path);
}

/// The columns that a header of this format lacks.
std::vector<std::string_view> missing_columns(const CsvFormat& format, const CsvRow& header) {
  std::vector<std::string_view> lacking;
  for (const auto column : format.required)
    if (std::none_of(header.begin(), header.end(),
                     [&](const CsvCell& cell) { return cell.text == column; }))
      lacking.push_back(column);
  return lacking;
}

/// The one that knows most of the header's columns: a column that is missing makes it no other. Of
/// equals, one that lacks nothing.
const CsvFormat& nearest_format(const CsvRow& header) {
  const auto fit = [&](const CsvFormat& format) {
    return std::pair(format.known(header), missing_columns(format, header).empty());
  };
  return *std::max_element(csv_formats().begin(), csv_formats().end(),
                           [&](const CsvFormat& a, const CsvFormat& b) { return fit(a) < fit(b); });
}

/// A format that is no CSV, tried in the order of this table: a journal before JSON, which would
/// take its first line for all of it.
struct TextFormat {
  std::string_view kind;
  bool (*recognises)(std::string_view text);
  std::vector<RunRecord> (*read)(std::string_view text, std::string_view name);
};
constexpr TextFormat kTextFormats[] = {
    {"journal", is_journal, read_journal_report},
    {"JSON",
     [](std::string_view text) {
       const auto first = text.find_first_not_of(" \t\r\n");
       return first != std::string_view::npos && text[first] == '{';
     },
     read_json},
};

Report read_csv(std::string_view text, std::string_view name) {
  const auto rows = parse_csv(text, name);
  if (rows.empty()) refuse(name, {}, fmt::format("it is empty; {}", kWanted));
  const auto& header = rows.front();
  const auto& format = nearest_format(header);
  const auto lacking = missing_columns(format, header);
  constexpr std::size_t kFew = 2;  // that other tables may have too
  if (!lacking.empty() && format.known(header) < kFew)
    refuse(name, {},
           fmt::format("this is no header of a report (config_id and status); {}", kWanted));
  if (!lacking.empty())
    refuse(name, {},
           fmt::format("this report of {} has no column {}", format.kind,
                       fmt::join(lacking, " and no column ")));
  if (rows.size() == 1) refuse(name, {}, "it has a header and no rows; was nothing run?");
  return {std::string(name), format.kind, format.read(rows, name)};
}

}  // namespace

void refuse(std::string_view name, Place place, std::string_view what) {
  throw BadReport(fmt::format("{}:{}:{}: {}", name, place.line, place.column, what));
}

Report parse_report(std::string_view text, std::string_view name) {
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (const auto& format : kTextFormats)
    if (format.recognises(text)) return {std::string(name), format.kind, format.read(text, name)};
  return read_csv(text, name);
}

Report read_report(const std::string& path) {
  return parse_report(file_text(path), path == "-" ? "stdin" : path);
}

bool is_journal(std::string_view text) {
  return text.starts_with(R"({"schema":"sgdbench-journal-)");
}

std::vector<RunRecord> read_journal_report(std::string_view text, std::string_view name) {
  std::vector<RunRecord> runs;
  try {
    runs = latest(parse_journal(text, std::string(name)).rows);
  } catch (const BadJournal& error) {
    throw BadReport(error.what());
  }
  if (runs.empty()) refuse(name, {}, "this journal has no rows; has no run ended yet?");
  for (const auto& run : runs) check_record(run, {}, name);
  return runs;
}

// CSV by RFC 4180, one pass: a cell begins, is quoted or not, and ends at a separator or a line
// end.

namespace {

/// The separator that is most frequent in the first line outside of quotes.
char separator_of(std::string_view text) {
  const auto line = text.substr(0, text.find_first_of("\r\n"));
  const auto count = [line](char separator) {
    bool quoted = false;
    return std::count_if(line.begin(), line.end(), [&](char c) {
      quoted ^= c == '"';
      return c == separator && !quoted;
    });
  };
  constexpr std::string_view kSeparators = ",;\t";
  return *std::max_element(kSeparators.begin(), kSeparators.end(),
                           [&](char a, char b) { return count(a) < count(b); });
}

class CsvParser {
 public:
  CsvParser(std::string_view text, std::string_view name) : text_(text), name_(name) {
    constexpr std::string_view kSays = "sep=";
    const auto said = text.substr(0, text.find_first_of("\r\n"));
    const bool says = said.starts_with(kSays) && said.size() == kSays.size() + 1;
    separator_ = says ? said.back() : separator_of(text);
    if (!says) return;
    while (!at_line_end()) advance();
    end_line();
  }

  std::vector<CsvRow> rows() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      auto row = next_row(rows.empty() ? text_.size() + 1 : rows.front().size());
      if (std::any_of(row.begin(), row.end(),
                      [](const CsvCell& cell) { return !cell.text.empty(); }))
        rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  /// At most `most` cells: an endless row of commas would fill the memory.
  CsvRow next_row(std::size_t most) {
    CsvRow row;
    const auto start = place_;
    do {
      if (row.size() == most)
        refuse(name_, start,
               fmt::format("a row of more than {} cells, which the header has", most));
      row.push_back(next_cell());
    } while (take(separator_));
    if (!at_line_end())
      refuse(name_, place_,
             "something follows a closing quote; a quote inside a quoted cell is doubled");
    end_line();
    return row;
  }
  void end_line() {
    take('\r');
    take('\n');
  }
  CsvCell next_cell() {
    CsvCell cell{{}, place_, separator_ != ','};
    if (take('"'))
      quoted(cell);
    else
      plain(cell);
    return cell;
  }
  void plain(CsvCell& cell) {
    while (!at_line_end() && text_[at_] != separator_) {
      if (text_[at_] == '"')
        refuse(name_, place_,
               "a quote within a cell; such a cell is quoted, and the quote doubled");
      cell.text += advance();
    }
  }
  void quoted(CsvCell& cell) {
    while (at_ < text_.size()) {
      const char c = advance();
      if (c != '"')
        cell.text += c;
      else if (take('"'))
        cell.text += '"';
      else
        return;
    }
    refuse(name_, cell.place, "the quote that opens here is never closed; is the file cut off?");
  }

  bool at_line_end() const {
    return at_ == text_.size() || text_[at_] == '\n' || text_[at_] == '\r';
  }
  bool take(char wanted) {
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    advance();
    return true;
  }
  char advance() {
    const char c = text_[at_++];
    const bool ends = c == '\n' || (c == '\r' && !text_.substr(at_).starts_with('\n'));
    place_ = ends ? Place{place_.line + 1, 1} : Place{place_.line, place_.column + 1};
    return c;
  }

  std::string_view text_, name_;
  char separator_ = ',';
  std::size_t at_ = 0;
  Place place_;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, std::string_view name) {
  return CsvParser(text, name).rows();
}

}  // namespace sgdbench
