// Runs the program as a user would, and looks at what came out of it.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace sgdbench {

struct Outcome {
  int code = -1;  ///< exit code; 128 + the signal that killed it
  std::string out, err;
};

inline std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

/// A folder of its own, removed at the end.
class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "sgdbench-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string file(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return path(name);
  }

  /// A shell's `before sgdbench arguments after`, in this folder.
  Outcome run(const std::string& arguments, const std::string& before = "",
              const std::string& after = "") const {
    const auto line =
        "cd '" + path_.string() + "' && export XDG_CACHE_HOME=\"$PWD/cache\" && exec 2>err && " +
        before + " '" + SGDBENCH_BINARY + "' " + arguments + " " + (after.empty() ? ">out" : after);
    const int status = std::system(("sh -c \"" + escaped(line) + "\"").c_str());
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return {code, content(path_ / "out"), content(path_ / "err")};
  }

 private:
  static std::string escaped(const std::string& line) {
    std::string text;
    for (const char c : line) {
      if (c == '"' || c == '\\' || c == '$' || c == '`') text += '\\';
      text += c;
    }
    return text;
  }
  std::filesystem::path path_;
};

/// The cells of a CSV without quoted line breaks, header first.
inline std::vector<std::vector<std::string>> csv_rows(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    rows.push_back({""});
    bool quoted = false;
    for (const char c : line) {
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        rows.back().emplace_back();
      else
        rows.back().back() += c;
    }
  }
  return rows;
}

/// The cell of data row `row` (from 1) in a column.
inline std::string cell(const std::vector<std::vector<std::string>>& rows, std::size_t row,
                        const std::string& column) {
  for (std::size_t i = 0; i < rows.at(0).size(); ++i)
    if (rows[0][i] == column) return rows.at(row).at(i);
  throw std::runtime_error("no column " + column);
}

}  // namespace sgdbench
