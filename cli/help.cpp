#include "cli/help.h"

#include <fmt/format.h>

#include "cli/text.h"

namespace sgdbench {
namespace {

constexpr std::size_t kLeft = 30;

std::string option_help(const Option& option) {
  auto left = fmt::format("  {}{}{} {}", option.shorthand, option.shorthand.empty() ? "" : ", ",
                          option.name, option.value);
  auto help = std::string(option.help);
  if (!option.initial.empty()) help += fmt::format(" [{}]", option.initial);
  return fmt::format("{:<{}}{}\n", left, kLeft, wrap(help, kLeft));
}

std::string help_of(const VerbEntry& verb) {
  auto text = fmt::format("{}\n\nUse: sgdbench {} {}{}[OPTIONS]\n", verb.summary, verb.name,
                          verb.positionals, verb.positionals.empty() ? "" : " ");
  std::string_view group;
  for (const auto* option : options_of(verb.verb)) {
    if (title(option->group) != group) text += fmt::format("\n{}:\n", title(option->group));
    group = title(option->group);
    text += option_help(*option);
  }
  if (verb.verb & (kRun | kTune | kVerify | kOptimum))
    text +=
        "\nOptions with a … take lists (1,2,8) and ranges (1..8, 1..8:x2, 1..9:+4); every\n"
        "combination is a cell. A backslash before a comma makes it part of a name.\n";
  if (verb.verb & (kRun | kTune))
    text +=
        "\nA suite (--config) says the same in TOML: workers = [1, 2], data = \"train.svm\", "
        "strict =\n"
        "true. Keys above all tables hold for every [[run]]; each of these tables is a sweep of "
        "its\n"
        "own, whose keys replace those above. Paths are relative to the current folder.\n";
  text += "\nExamples:\n";
  for (const auto example : verb.examples) text += fmt::format("  {}\n", example);
  return text;
}

}  // namespace

std::string program_help() {
  std::string text =
      "sgdbench: is it better for the workers of a training run to wait for each other or not?\n"
      "\nUse: sgdbench VERB [OPTIONS]\n\n";
  for (const auto& verb : verb_table())
    text += fmt::format("  {:<12}{}\n", verb.name, verb.summary);
  return text +
         "\n  sgdbench help VERB says more.  sgdbench --version says what this was built from.\n"
         "\nExit codes: 0 done; 1 a check or comparison failed; 2 usage; 3 a row is not ok or a\n"
         "comparison inconclusive (with --strict); 65 bad data; 66 missing data; 70 internal "
         "error;\n"
         "74 a report could not be written; 130 interrupted.\n";
}

std::string verb_help(const std::vector<const VerbEntry*>& verbs) {
  std::string text;
  for (const auto* verb : verbs) text += (text.empty() ? "" : "\n\n") + help_of(*verb);
  return text;
}

}  // namespace sgdbench
