// What a user types, and the files that stand for it.
#include <algorithm>

#include "backends/conditions/distribution.h"
#include "cli/configuration.h"
#include "cli/request.h"
#include "cli/sweep.h"
#include "cli/verbs.h"
#include "results/text.h"
#include "tests/fuzz/harness.h"
#include "workloads/names.h"

namespace sgdbench::fuzz {
namespace {

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    lines.emplace_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(lines.back().size() + 1, text.size()));
  }
  return lines;
}

/// A distribution that reads a file is not for a harness to try.
bool names_file(std::string_view text) {
  return text.find("trace:") != std::string_view::npos;
}

std::vector<std::string> commands_of(const std::vector<Configuration>& configurations) {
  std::vector<std::string> commands;
  for (const auto& configuration : configurations) commands.push_back(command_of(configuration));
  std::sort(commands.begin(), commands.end());
  return commands;
}

/// So many that nothing new is to be expected of them.
bool makes_many(const Request& request) {
  std::size_t all = 0;
  for (const auto& part : request.parts) {
    std::size_t configurations = 1;
    for (const auto& option : option_table())
      if (option.apply && part.has(option.name)) configurations *= values_of(option, part).size();
    if ((all += configurations) > 100) return true;
  }
  return false;
}

/// Makes the configurations, and the suite that should make the same ones.
void check_request(const Request& request) {
  if (makes_many(request)) return;
  const auto configurations = sweep(request.parts, 2);
  std::string suite;
  try {
    suite = to_toml(request);
  } catch (const UsageError&) {
    return;  // no UTF-8
  }
  const auto again = sweep(requested({}, parse_config(suite, "printed")).parts, 2);
  require(commands_of(again) == commands_of(configurations),
          "a printed suite makes the same cells");
}

}  // namespace

void fuzz_durations(std::string_view input) {
  parse_durations(input, "x.trace");
}

void fuzz_options(std::string_view input) {
  if (names_file(input)) return;
  Given given;
  for (const auto& line : lines_of(input)) {
    const auto name = line.substr(0, line.find(' '));
    const auto& option = find_option(kRun, name);
    const bool flag = option.value.empty();
    given.add(option.name, flag ? "1" : line.substr(std::min(name.size() + 1, line.size())));
  }
  check_request(requested(given, {}));
}

void fuzz_command(std::string_view input) {
  const auto parsed = parse(lines_of(input));
  if (!parsed.verb || parsed.verb->verb != kRun || names_file(input)) return;
  requested(parsed.invocation.given, {});
}

void fuzz_suite(std::string_view input) {
  if (names_file(input)) return;
  check_request(requested({}, parse_config(input, "x.toml")));
}

void fuzz_printable(std::string_view input) {
  const auto text = printable(input);
  require(std::none_of(text.begin(), text.end(),
                       [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }),
          "no control character is left");
  require(printable(text) == text, "what is printable stays as it is");
}

}  // namespace sgdbench::fuzz
