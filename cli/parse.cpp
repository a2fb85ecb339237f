#include "cli/parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "cli/command_line.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

/// A forgotten value would swallow the option after it: `--csv --quiet`.
void check_value(Verb verb, const Option& option, const std::string& value) {
  for (const auto* other : options_of(verb))
    if (value == other->name || (!other->shorthand.empty() && value == other->shorthand))
      throw UsageError(fmt::format("{} needs a value before {}", option.name, value));
}

void add_option(CLI::App& app, Verb verb, const Option& option, Given& given) {
  std::string names(option.name);
  if (!option.shorthand.empty()) names = fmt::format("{},{}", option.shorthand, option.name);
  if (option.value.empty()) {
    app.add_flag_callback(names, [&] { given.add(option.name, "1"); });
    return;
  }
  const auto store = [verb, &option, &given](const CLI::results_t& values) {
    for (const auto& value : values) {
      check_value(verb, option, value);
      given.add(option.name, value);
    }
    return true;
  };
  app.add_option(names, store)
      ->type_size(1)
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false)
      ->type_name("");
}

/// `--quiet=1` and `--csv=`: a value where none is taken, and none where one is.
void check_equals_sign(Verb verb, const std::vector<std::string>& words) {
  for (const auto& word : words) {
    const auto equals = word.find('=');
    if (!word.starts_with("--") || equals == std::string::npos) continue;
    for (const auto* option : options_of(verb)) {
      if (word.substr(0, equals) != option->name) continue;
      if (option->value.empty()) throw UsageError(fmt::format("{} takes no value", option->name));
      if (equals + 1 == word.size())
        throw UsageError(fmt::format("{} needs a value: {}", option->name, option->value));
    }
  }
}

/// `--intercept` alone is `--intercept on`.
std::vector<std::string> with_bare_values(const std::vector<std::string>& words) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < words.size(); ++i) {
    all.push_back(words[i]);
    if (i + 1 < words.size() && !words[i + 1].starts_with("-")) continue;
    for (const auto& option : option_table())
      if (words[i] == option.name && !option.bare.empty()) all.emplace_back(option.bare);
  }
  return all;
}

/// `data info` is the subcommand info of data.
CLI::App& subcommand(CLI::App& app, std::string_view name) {
  CLI::App* at = &app;
  for (const auto& word : CLI::detail::split(std::string(name), ' ')) {
    const auto same = at->get_subcommands([&](CLI::App* sub) { return sub->get_name() == word; });
    at = same.empty() ? at->add_subcommand(word) : same.front();
    at->set_help_flag();
    at->allow_extras();
    at->require_subcommand(0, 1);
  }
  return *at;
}

/// The second words of the verbs that begin with `first`; the first words where that is "".
std::vector<std::string> next_words(std::string_view first) {
  std::vector<std::string> words;
  for (const auto& row : verb_table()) {
    const auto parts = CLI::detail::split(std::string(row.name), ' ');
    if (first.empty())
      words.push_back(parts[0]);
    else if (parts[0] == first && parts.size() > 1)
      words.push_back(parts[1]);
  }
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

/// Words that are no verb where one is due.
[[noreturn]] void refuse_verb(std::string_view before, const std::vector<std::string>& rest) {
  const auto valid = next_words(before);
  if (rest.empty())
    throw UsageError(fmt::format("{}{}say what to do: {}; see --help", before,
                                 before.empty() ? "" : ": ", fmt::join(valid, ", ")));
  if (rest.front().starts_with("-"))
    throw UsageError(fmt::format("unknown option '{}'; options come after the verb ({})",
                                 rest.front(), fmt::join(valid, ", ")));
  throw UsageError(unknown_name("verb", rest.front(), valid));
}

void check_positionals(const VerbEntry& verb, const std::vector<std::string>& words) {
  for (const auto& word : words)
    if (word.size() > 1 && word[0] == '-') find_option(verb.verb, word.substr(0, word.find('=')));
  if (words.size() < verb.least_positionals)
    throw UsageError(fmt::format("{} needs {}", verb.name, verb.positionals));
  if (words.size() > verb.most_positionals)
    throw UsageError(
        fmt::format("{} does not take '{}'; see --help", verb.name, words[verb.most_positionals]));
}

}  // namespace

Parsed parse(const std::vector<std::string>& words) {
  Parsed parsed;
  CLI::App app;
  app.set_help_flag();
  app.allow_extras();
  app.require_subcommand(0, 1);
  app.add_flag("-h,--help", parsed.help);
  app.add_flag("--version", parsed.version);
  std::vector<std::pair<CLI::App*, const VerbEntry*>> verbs;
  for (const auto& row : verb_table()) {
    auto& sub = subcommand(app, row.name);
    sub.add_flag("-h,--help", parsed.help);
    for (const auto* option : options_of(row.verb))
      add_option(sub, row.verb, *option, parsed.invocation.given);
    verbs.emplace_back(&sub, &row);
  }
  try {
    const auto all = with_bare_values(words);
    app.parse(std::vector<std::string>(all.rbegin(), all.rend()));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string what = error.what();
    throw UsageError(what.substr(0, what.find(':')) + " needs a value");
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what());
  }
  for (const auto& [sub, row] : verbs) {
    if (!sub->parsed()) continue;
    parsed.verb = row;
    parsed.invocation.positionals = sub->remaining();
  }
  if (parsed.help || parsed.version) return parsed;
  if (!parsed.verb)
    refuse_verb(app.get_subcommands().empty() ? "" : app.get_subcommands().front()->get_name(),
                app.remaining(true));
  check_equals_sign(parsed.verb->verb, words);
  check_positionals(*parsed.verb, parsed.invocation.positionals);
  parsed.invocation.command = "sgdbench " + shell_line(words);
  return parsed;
}

}  // namespace sgdbench
