#include "cli/configuration.h"

#include <fmt/format.h>

#include "cli/options.h"
#include "results/printable.h"
#include "workloads/random.h"

namespace sgdbench {
namespace {

/// Would be taken for one, were it a word of its own. (A negative number is not.)
bool is_like_option(std::string_view value) {
  return value.size() > 1 && value[0] == '-' &&
         std::string_view("0123456789.").find(value[1]) == std::string_view::npos;
}

/// Appends the words of every shown option that `wanted` accepts.
template <class Wanted>
std::vector<std::string> words_of(const Configuration& configuration, Wanted wanted) {
  static const Configuration usual;
  std::vector<std::string> words;
  for (const auto& option : option_table()) {
    if (!option.show || !wanted(option)) continue;
    const auto value = option.show(configuration);
    if (!option.always_shown && value == option.show(usual)) continue;
    words.emplace_back(option.name);
    if (option.value.empty()) continue;
    if (is_like_option(value))
      words.back() += '=' + value;
    else
      words.push_back(value);
  }
  return words;
}

/// What would do something else to a terminal than be read there, in a form that both it and the
/// shell understand: $'a\033b'.
std::string quoted_bytes(std::string_view text) {
  std::string quoted = "$'";
  for (const char c : text) {
    if (c == '\'' || c == '\\')
      quoted += {'\\', c};
    else if (c >= ' ' && c < '\x7f')
      quoted += c;
    else
      quoted += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return quoted + '\'';
}

}  // namespace

std::string shell_quote(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-";
  if (!text.empty() && text.find_first_not_of(plain) == std::string_view::npos)
    return std::string(text);
  if (printable(text) != text) return quoted_bytes(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + '\'';
}

std::string shell_line(const std::vector<std::string>& words) {
  std::string line;
  for (const auto& word : words) {
    if (!line.empty()) line += ' ';
    line += shell_quote(word);
  }
  return line;
}

std::vector<std::string> arguments_of(const Configuration& configuration) {
  return words_of(configuration, [](const Option&) { return true; });
}

std::string command_of(const Configuration& configuration) {
  return "sgdbench run " + shell_line(arguments_of(configuration));
}

std::string identity_of(const Configuration& configuration) {
  auto words = words_of(configuration, [](const Option& option) { return option.identifies; });
  for (const auto* law : laws_of(configuration.spec))
    if (const auto sum = law->checksum(); sum != 0) words.push_back(fmt::format("{:016x}", sum));
  return shell_line(words);
}

// FNV-1a, then SplitMix64, so that its upper bits are as good as its lower ones.
std::uint64_t text_hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325u;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mix(h);
}

std::string config_id(const Configuration& configuration) {
  return fmt::format("{:010x}", text_hash(identity_of(configuration)) >> 24);
}

std::string run_id(std::string_view config_id, std::uint64_t repeat) {
  return fmt::format("{}-{}", config_id, repeat);
}

}  // namespace sgdbench
