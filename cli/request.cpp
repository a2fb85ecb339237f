#include "cli/request.h"

#include <fmt/format.h>

#include "cli/values.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::size_t kLongestText = 1 << 20;  // bytes of what joining makes
constexpr std::size_t kMostTexts = 200'000;

std::size_t count_texts(const Given& given) {
  std::size_t count = 0;
  for (const auto& option : option_table()) count += given.texts(option.name).size();
  return count;
}

bool is_target(const Option& option) {
  return option.name == "--target" || option.name.starts_with("--target-");
}

bool names_target(const Given& given) {
  for (const auto& option : option_table())
    if (is_target(option) && given.has(option.name)) return true;
  return false;
}

void copy(const Option& option, const Given& from, Given& to) {
  for (auto& text : from.texts(option.name)) to.add(option.name, std::move(text));
}

/// The keys of a table go before those above it.
Given layered(const Given& table, const Given& above) {
  Given all;
  for (const auto& option : option_table())
    copy(option, table.has(option.name) ? table : above, all);
  return all;
}

/// What was typed goes before the file. A target of the file must not stand beside the user's own.
Given over_file(const Given& typed, const Given& file) {
  Given all;
  const bool own_target = names_target(typed);
  for (const auto& option : option_table()) {
    const bool replaced = typed.has(option.name) || (own_target && is_target(option));
    if (replaced)
      copy(option, typed, all);
    else if (file.texts(option.name) != std::vector<std::string>{std::string(kSwitchedOff)} ||
             !option.value.empty())
      copy(option, file, all);
  }
  return all;
}

std::string joined(const std::string& a, const std::string& b, std::string_view nothing) {
  if (a == nothing) return b;
  return b == nothing ? a : a + '+' + b;
}

/// Throws UsageError where the sums of each of the one with each of the other are too many.
void check_joined(const Option& option, const std::vector<std::string>& some,
                  const std::vector<std::string>& others) {
  std::size_t bytes = 0;
  for (const auto& sum : some) bytes += sum.size();
  if (some.size() * others.size() > kLongest || bytes * others.size() > kLongestText)
    throw UsageError(
        fmt::format("{}: joined, these lists make more than {} values, or more than {} bytes",
                    option.name, kLongest, kLongestText));
}

/// One list where there were several.
std::string joined(const Option& option, const std::vector<std::string>& texts) {
  std::vector<std::string> all{std::string(option.initial)};
  for (const auto& text : texts) {
    std::vector<std::string> longer;
    const auto values = option.expand(text);
    check_joined(option, all, values);
    for (const auto& sum : all)
      for (const auto& value : values) longer.push_back(joined(sum, value, option.initial));
    all = std::move(longer);
  }
  std::string list;
  for (const auto& value : all) list += (list.empty() ? "" : ",") + escape_item(value);
  return list;
}

Given with_joined(const Given& typed) {
  Given all;
  for (const auto& option : option_table()) {
    const auto texts = typed.texts(option.name);
    if (option.joins && texts.size() > 1)
      all.add(option.name, joined(option, texts));
    else
      copy(option, typed, all);
  }
  return all;
}

}  // namespace

Request requested(const Given& typed) {
  return requested(typed,
                   typed.has("--config") ? read_config(typed.text("--config")) : ConfigFile());
}

Request requested(const Given& separate, const ConfigFile& file) {
  const auto typed = with_joined(separate);
  Request request{over_file(typed, file.common), {}};
  if (file.runs.empty()) request.parts = parts_of(request.given);
  std::size_t texts = 0;
  for (const auto& run : file.runs)
    for (auto& part : parts_of(over_file(typed, layered(run, file.common)))) {
      texts += count_texts(part);
      if (texts > kMostTexts)
        throw UsageError(
            fmt::format("{}: its sweeps have more than {} values, with those that they share",
                        typed.text("--config", "the suite"), kMostTexts));
      request.parts.push_back(std::move(part));
    }
  return request;
}

}  // namespace sgdbench
