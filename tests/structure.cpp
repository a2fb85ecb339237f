// Who may know what, read off the source tree: folders, thread headers, backend names, file sizes.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "results/fields.h"

namespace fs = std::filesystem;
using Complaints = std::vector<std::string>;
using namespace sgdbench;

namespace {

struct Source {
  std::string path;  // from the root, with '/'
  std::string text;
  std::string folder() const { return path.substr(0, path.find('/')); }
};

const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"cli", {"cli", "backends", "workloads", "results"}},
    {"backends", {"backends", "workloads", "results"}},
    {"workloads", {"workloads"}},
    {"results", {"results"}},
};

const std::set<std::string> kThreadHeaders = {
    "thread", "mutex",     "condition_variable", "shared_mutex", "future", "barrier",
    "latch",  "semaphore", "stop_token",         "pthread.h",    "omp.h",  "mpi.h"};

/// Of the registry's names those that are ordinary words too: only a literal that says nothing else
/// is a backend's name. All others may not occur within any literal.
const std::set<std::string_view> kOrdinaryWords = {"sequential", "locked", "onednn", "simulator"};

constexpr std::ptrdiff_t kMostLines = 400;

std::vector<Source> sources() {
  std::vector<Source> found;
  const fs::path root = SGDBENCH_SOURCE_DIR;
  for (const auto* folder : {"cli", "backends", "workloads", "results", "tests"})
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      found.push_back({fs::relative(entry.path(), root).generic_string(), text.str()});
    }
  return found;
}

/// What the first group of `pattern` holds, for every match.
Complaints matches(const Source& source, const std::regex& pattern) {
  Complaints found;
  for (std::sregex_iterator at(source.text.begin(), source.text.end(), pattern), end; at != end;
       ++at)
    found.push_back((*at)[1]);
  return found;
}

Complaints folder_complaints(const Source& source) {
  if (source.folder() == "tests") return {};
  static const std::regex include(R"re((?:^|\n)[ \t]*#[ \t]*include[ \t]*"([^"]*)")re");
  Complaints complaints;
  for (const auto& name : matches(source, include)) {
    const std::string folder = name.substr(0, name.find('/'));
    if (!kMayInclude.at(source.folder()).contains(folder))
      complaints.push_back(source.path + " may not include \"" + name + '"');
  }
  return complaints;
}

Complaints thread_complaints(const Source& source) {
  if (source.folder() == "backends" || source.folder() == "tests") return {};
  static const std::regex include(R"re((?:^|\n)[ \t]*#[ \t]*include[ \t]*<([^>]*)>)re");
  static const std::regex pragma(R"re((?:^|\n)[ \t]*#[ \t]*pragma[ \t]+omp[ \t]+(\w+))re");
  Complaints complaints;
  for (const auto& name : matches(source, include))
    if (kThreadHeaders.contains(name))
      complaints.push_back(source.path + " may not include <" + name + '>');
  for (const auto& directive : matches(source, pragma))
    if (directive != "simd") complaints.push_back(source.path + " starts threads by OpenMP");
  return complaints;
}

Complaints literals(const Source& source) {
  // Comments and characters are matched first, so that a quote in them opens no literal.
  static const std::regex literal(R"re(//[^\n]*|'(?:[^'\\\n]|\\.)'|"((?:[^"\\\n]|\\.)*)")re");
  return matches(source, literal);
}

Complaints name_complaints(const Source& source) {
  if (source.folder() == "backends" || source.folder() == "tests") return {};
  const bool kernels = source.path.starts_with("workloads/kernels/");
  Complaints complaints;
  const auto& rows = backend_catalog();
  for (const auto& text : literals(source)) {
    const bool says_one = std::any_of(rows.begin(), rows.end(), [&](const BackendEntry& row) {
      return !kOrdinaryWords.contains(row.name) && text.find(row.name) != std::string::npos;
    });
    const bool is_one = std::any_of(rows.begin(), rows.end(),
                                    [&](const BackendEntry& row) { return text == row.name; });
    // A kernel set has the name of its library, as the backend has that is made for it.
    if (says_one || (is_one && !(kernels && text == "onednn")))
      complaints.push_back(source.path + " names a backend: \"" + text + '"');
  }
  return complaints;
}

/// What a workload is, its row in the registry says: nobody asks for its name.
Complaints workload_complaints(const Source& source) {
  if (source.folder() == "tests") return {};
  static const std::regex comparison(R"re(workload[\w.()\[\]>-]*\s*[=!]=\s*"([^"\n]*)")re");
  Complaints complaints;
  for (const auto& text : matches(source, comparison))
    complaints.push_back(source.path + " compares a workload's name with \"" + text + '"');
  return complaints;
}

/// How something is set, the command line alone knows: the libraries name it in words.
Complaints option_complaints(const Source& source) {
  if (source.folder() == "cli" || source.folder() == "tests") return {};
  static const std::regex option(R"re((?:^|[^-])--[a-z])re");
  Complaints complaints;
  for (const auto& text : literals(source))
    if (std::regex_search(text, option))
      complaints.push_back(source.path + " names an option: \"" + text + '"');
  return complaints;
}

/// Numbers are read in one way: by read_number() of results or parse_number() of workloads, and in
/// data files by the scanner made for them.
Complaints number_complaints(const Source& source) {
  static const std::set<std::string> readers = {"results/text.h", "workloads/names.h",
                                                "workloads/data/text.cpp"};
  if (source.folder() == "tests" || readers.contains(source.path)) return {};
  static const std::regex reader(
      R"re(\b(from_chars|strto[dfl]|strtol[dl]|strtoull?|sto[dfi]|stoull?|stoll?|ato[fil]|s?scanf)\s*\()re");
  Complaints complaints;
  for (const auto& name : matches(source, reader))
    complaints.push_back(source.path + " reads a number by " + name);
  return complaints;
}

/// Which columns are settings, and what is done with them, their rows say (results/fields.cpp). A
/// few together are a sentence's or a table's own; more are another list of them.
Complaints list_complaints(const Source& source) {
  constexpr std::size_t kFew = 5;
  static const auto names_of = [](const auto& columns) {
    std::set<std::string_view> names;
    for (const auto& column : columns) names.insert(column.name);
    return names;
  };
  static const auto settings = names_of(columns_that_are(kSetting)), all = names_of(run_fields());
  if (source.folder() == "tests" || source.path == "results/fields.cpp") return {};
  std::set<std::string> together;
  for (const auto& text : literals(source)) {
    if (text.empty()) continue;  // of a comment or a character, or an empty cell of the list
    if (!all.contains(text)) together.clear();
    if (settings.contains(text) && together.insert(text).second && together.size() > kFew)
      return {source.path + " lists settings anew: " + text};
  }
  return {};
}

Complaints length_complaints(const Source& source) {
  const auto lines = std::count(source.text.begin(), source.text.end(), '\n');
  if (lines <= kMostLines) return {};
  return {source.path + " has " + std::to_string(lines) + " lines"};
}

/// Nothing in the tree may be complained about.
void check_tree(Complaints (*complaints)(const Source&)) {
  const auto files = sources();
  CHECK(files.size() > 20);
  for (const auto& source : files)
    for (const auto& complaint : complaints(source)) FAIL_CHECK(complaint);
}

}  // namespace

TEST_CASE("Folders know only of those below them") {
  check_tree(folder_complaints);
  CHECK(folder_complaints({"results/a.h", "#include \"workloads/real.h\"\n"}).size() == 1);
  CHECK(folder_complaints({"workloads/a.h", "  #  include \"results/record.h\"\n"}).size() == 1);
  CHECK(folder_complaints({"workloads/a/b.cpp", "\n#include \"backends/b.h\"\n"}).size() == 1);
  CHECK(folder_complaints({"backends/a.cpp", "\n#include \"cli/options.h\"\n"}).size() == 1);
  CHECK(folder_complaints({"cli/a.cpp", "#include \"options.h\"\n"}).size() == 1);
  CHECK(folder_complaints({"cli/a.cpp", "#include \"backends/backend.h\"\n"}).empty());
}

TEST_CASE("Threads are known in backends alone") {
  check_tree(thread_complaints);
  CHECK(thread_complaints({"cli/a.cpp", "#include <thread>\n#include <mutex>\n"}).size() == 2);
  CHECK(thread_complaints({"workloads/a.cpp", "\n#pragma omp parallel for\n"}).size() == 1);
  CHECK(thread_complaints({"workloads/a.cpp", "\n#pragma omp simd reduction(+ : s)\n"}).empty());
  CHECK(thread_complaints({"backends/a.cpp", "#include <thread>\n"}).empty());
}

TEST_CASE("No backend is named outside of backends") {
  check_tree(name_complaints);
  for (const auto& row : backend_catalog())
    CHECK(name_complaints({"cli/a.cpp", "f(\"" + std::string(row.name) + "\");"}).size() == 1);
  CHECK(name_complaints({"cli/a.cpp", "f(\"--backend hogwild,x\");"}).size() == 1);
  CHECK(name_complaints({"results/a.cpp", "if (b == \"locked\") \"parameter-server\""}).size() ==
        2);
  CHECK(name_complaints({"workloads/a.cpp", "\"onednn\""}).size() == 1);
  CHECK(name_complaints({"workloads/kernels/a.cpp", "\"onednn\""}).empty());
  CHECK(
      name_complaints({"cli/a.cpp", "// \"hogwild\"\nc = '\"'; \"a sequential search\""}).empty());
}

TEST_CASE("What a workload is, is never decided by comparing its name") {
  check_tree(workload_complaints);
  const std::string code = "if (cell.workload.workload == \"mlp\") return workload != \"svm\";";
  CHECK(workload_complaints({"cli/a.cpp", code}).size() == 2);
  CHECK(workload_complaints({"cli/a.cpp", "shuffle == \"none\"; find_workload(\"svm\");"}).empty());
}

TEST_CASE("Messages of the libraries name no option of the command line") {
  check_tree(option_complaints);
  CHECK(option_complaints({"results/a.cpp", "f(\"--lr\");"}).size() == 1);
  CHECK(option_complaints({"backends/a/b.cpp", "f(\"it needs --lr or --batch\");"}).size() == 1);
  CHECK(option_complaints({"cli/a.cpp", "f(\"--lr\");"}).empty());
  CHECK(option_complaints({"workloads/a.cpp", "throw E(\"use --index-base 0\");"}).size() == 1);
  CHECK(option_complaints({"workloads/a.cpp", "// as --lr \"x\"\n--i; f(\"`index base`\");"})
            .empty());
}

TEST_CASE("No list of the settings' columns stands beside the table of columns") {
  check_tree(list_complaints);
  const std::string six = "{\"rule\", \"lr\", \"batch\", \"l2\", \"write\", \"cluster\"}";
  CHECK(list_complaints({"cli/a.cpp", six}).size() == 1);
  CHECK(list_complaints({"results/a.cpp",
                         "{\"rule\", \"\"}, {\"lr\", \"\"}, {\"batch\", \"\"}, "
                         "// one\n{\"l2\", \"\"}, {\"write\"}, {\"cluster\"}"})
            .size() == 1);
  CHECK(list_complaints({"cli/a.cpp", "{\"rule\", \"lr\", \"batch\"}"}).empty());
}

TEST_CASE("Numbers are read by one function of each library") {
  check_tree(number_complaints);
  CHECK(number_complaints({"cli/a.cpp", "x = std::stod(text); std::from_chars(a, b, x);"}).size() ==
        2);
  CHECK(number_complaints({"backends/a.cpp", "// strtod\nstop(x); customstod(y);"}).empty());
}

TEST_CASE("No file is longer than 400 lines") {
  check_tree(length_complaints);
  CHECK(length_complaints({"cli/a.cpp", std::string(401, '\n')}).size() == 1);
  CHECK(length_complaints({"cli/a.cpp", std::string(400, '\n')}).empty());
}
