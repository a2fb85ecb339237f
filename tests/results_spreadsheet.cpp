// Reports that another program has saved again: read as they were, or refused.
#include <doctest/doctest.h>

#include <charconv>
#include <functional>
#include <string>

#include "results/reading/parts.h"
#include "results/reports.h"
#include "tests/results_samples.h"

using namespace sgdbench;

namespace {

const std::string kHeader = "run_id,config_id,status,repeat,wall_s,reached,deterministic\n";

std::string original() {
  RunRecord runs[] = {sample_run(0), sample_run(1), sample_refusal()};
  runs[0].deterministic = true;
  runs[0].reached = false;
  runs[0].wall_s = 1.25e-7;
  runs[1].loss_final = 12345.678901234567;
  runs[1].peak_rss_bytes = 123456789;
  return runs_csv(runs);
}

bool is_real(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() &&
         text.find('.') != std::string::npos;
}

std::string shouted(std::string text) {
  return text == "true" ? "TRUE" : text == "false" ? "FALSE" : text;
}
std::string with_comma(std::string text) {
  if (is_real(text)) text[text.find('.')] = ',';
  return shouted(text);
}
std::string with_fraction(std::string text) {
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string::npos) text += ".0";
  return text;
}

/// The report, its cells changed and each in quotes.
std::string saved(const std::string& separator, const std::string& line_end,
                  const std::function<std::string(std::string)>& cell_text) {
  std::string text;
  for (const auto& row : parse_csv(original(), "x")) {
    for (const auto& cell : row) {
      text += '"';
      for (const char c : cell_text(cell.text)) text.append(c == '"' ? 2 : 1, c);
      text += '"' + separator;
    }
    text.replace(text.size() - separator.size(), separator.size(), line_end);
  }
  return text;
}

std::string read_again(const std::string& text) {
  return runs_csv(parse_report(text, "x.csv").runs);
}

}  // namespace

TEST_CASE("A report that a spreadsheet or a script saved again is the same report") {
  const auto text = original();
  CHECK(read_again(saved(",", "\n", shouted)) == text);
  CHECK(read_again("\xef\xbb\xbf" + saved(",", "\r\n", shouted)) == text);
  CHECK(read_again(saved(";", "\r\n", with_comma)) == text);
  CHECK(read_again(saved(";", "\n", shouted)) == text);
  CHECK(read_again("sep=;\r\n" + saved(";", "\r\n", with_comma)) == text);
  CHECK(read_again(saved("\t", "\n", with_comma)) == text);
  CHECK(read_again(saved(",", "\r", shouted)) == text);
  CHECK(read_again(saved(",", "\n", with_fraction)) == text);
  CHECK(read_again(text + std::string(3, ',') + "\n") == text);
}

TEST_CASE("What a spreadsheet has made another number of is refused, and never guessed") {
  const auto refused = [](std::string rows, const char* about) {
    CAPTURE(rows);
    CHECK_THROWS_WITH_AS(parse_report(rows, "x.csv"), doctest::Contains(about), BadReport);
  };
  refused(kHeader + "1,1,ok,0,\"1,234\",,\n", "x.csv:2:10: '1,234' can't be wall_s");
  refused(kHeader + "1,1,ok,0,,WAHR,\n", "x.csv:2:11: 'WAHR' can't be reached");
  refused(kHeader + "1,1,ok,0,,,JA\n", "; true or false");
  refused(kHeader + "1,1,ok,0.5,,,\n", "; a whole number");
  refused(kHeader + "1,1,ok,0,01. Jan,,\n", "; a number, as in 0.5");
  refused("config_id;status;wall_s;wait_s\na;ok;1.5;0,5\n", "'0,5' has a comma where other");
  refused("config_id;status;wall_s\na;ok;1,5,5\n", "'1,5,5' can't be wall_s");
  refused(kHeader + "0123456789-0,123456789,ok,0,,,\n", "'123456789' is not that of the run");
  refused(kHeader + "12345678e9-1,1.23E+16,ok,1,,,\n", "'1.23E+16' is not that of the run");
}

TEST_CASE("A report without the column that tells its configurations apart is no other report") {
  auto text = original();
  const auto refused = [](const std::string& rows, const char* about) {
    CHECK_THROWS_WITH_AS(parse_report(rows, "x.csv"), doctest::Contains(about), BadReport);
  };
  text.replace(text.find("config_id"), 9, "configuration");
  refused(text, "this report of runs has no column config_id");
  text.replace(text.find(",status,"), 8, ",state,");
  refused(text, "no column config_id and no column status");
  refused("run_id,point,loss,test_loss\na-0,0,1,1\n", "this report of curves has no column time_s");
  refused("worker,compute_s,wait_s,computed\n0,1,1,1\n", "of workers has no column run_id");
  refused("run_id,colour\n1,red\n", "no header of a report");
}
