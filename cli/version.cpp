// `sgdbench --version`: what this was built from and with.
#include <fmt/format.h>

#include <algorithm>

#include "cli/verbs.h"
#include "results/environment.h"

namespace sgdbench {

/// The build system names the versions it found, as "name version,…".
std::vector<std::pair<std::string, std::string>> library_versions() {
  std::vector<std::pair<std::string, std::string>> libraries;
  std::string_view rest = SGDBENCH_LIBRARIES;
  while (!rest.empty()) {
    const auto item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const auto space = item.rfind(' ');
    libraries.emplace_back(item.substr(0, space), item.substr(space + 1));
  }
  return libraries;
}

std::string version_text() {
  auto text = fmt::format("sgdbench {} ({})\n", version(), kGitRevision);
  text += fmt::format("compiler      {}, {}\n", compiler(), build_type());
  text += fmt::format("flags         {}\n", compiler_flags());
  text += fmt::format("instructions  {}\n", instruction_set());
  text += "libraries    ";
  for (const auto& [name, number] : library_versions()) text += fmt::format(" {} {}", name, number);
  return text + '\n';
}

}  // namespace sgdbench
