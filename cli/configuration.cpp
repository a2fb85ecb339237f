#include "cli/configuration.h"

#include <fmt/format.h>

#include "backends/backend.h"
#include "cli/options.h"
#include "cli/setup.h"
#include "results/text.h"
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

}  // namespace

std::vector<std::string> arguments_of(const Configuration& configuration) {
  return words_of(configuration, [](const Option&) { return true; });
}

std::string command_of(const Configuration& configuration) {
  const BackendEntry& backend = backend_of(configuration);
  const std::size_t processes = processes_for(backend, configuration.spec);
  const bool over_processes = processes > 1 && backend.processes != nullptr;
  return (over_processes ? fmt::format("mpirun -n {} ", processes) : std::string()) +
         "sgdbench run " + shell_line(arguments_of(configuration));
}

std::string identity_of(const Configuration& configuration) {
  auto words = words_of(configuration, [](const Option& option) { return option.identifies; });
  for (const auto* distribution : distributions_of(configuration.spec))
    if (const auto sum = distribution->checksum(); sum != 0) words.push_back(hex_text(sum));
  return shell_line(words);
}

// SplitMix64, so that its upper bits are as good as its lower ones.
std::uint64_t text_hash(std::string_view text) {
  return mix(text_number(text));
}

std::string config_id(const Configuration& configuration) {
  return fmt::format("{:010x}", text_hash(identity_of(configuration)) >> 24);
}

std::string run_id(std::string_view config_id, std::uint64_t repeat) {
  return fmt::format("{}-{}", config_id, repeat);
}

}  // namespace sgdbench
