#include "cli/sweep.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "backends/backend.h"
#include "cli/configuration.h"
#include "cli/setup.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

const WorkloadEntry& workload_of(const Configuration& configuration) {
  return find_workload(configuration.workload.workload);
}

void check_count(std::size_t configurations) {
  if (configurations > kMostConfigurations)
    throw UsageError(
        fmt::format("these lists make more than {} configurations", kMostConfigurations));
}

/// What making configurations has taken so far; those that turn out to be like others take their
/// time too.
struct Effort {
  std::size_t configurations = 0;  ///< made
  std::size_t bytes = 0;           ///< of the text in each of the last ones, at most

  void start() { bytes = 0; }
  /// Throws UsageError where `count` configurations, each with one of the values more, are too
  /// much.
  void add(std::size_t count, const std::vector<std::string>& values) {
    constexpr std::size_t kMost = 2 * kMostConfigurations, kMostText = 100'000'000;
    check_count(count);
    if (values.size() > 1 && (configurations += count) > kMost)
      throw UsageError(
          fmt::format("these lists make more than {} configurations, most of them alike", kMost));
    std::size_t longest = 0;
    for (const auto& value : values) longest = std::max(longest, value.size());
    bytes += longest;
    if (count * bytes > kMostText)
      throw UsageError(
          fmt::format("these lists make {} configurations of up to {} bytes: at most {} MB", count,
                      bytes, kMostText / 1'000'000));
  }
};

/// Whether what a configuration's other options mean is settled.
bool is_named(const Configuration& configuration) {
  return !configuration.workload.workload.empty() && !configuration.spec.backend.empty();
}

/// An option that means nothing to a configuration does not multiply it, so that a list of many
/// backends and protocols counts for what it asks.
std::vector<Configuration> vary(const std::vector<Configuration>& configurations,
                                const Option& option, const Given& given, Effort& effort) {
  const auto values = values_of(option, given);
  effort.add(configurations.size() * values.size(), values);
  std::vector<Configuration> varied;
  for (const auto& configuration : configurations) {
    for (const auto& value : values) {
      varied.push_back(configuration);
      apply(option, varied.back(), value);
    }
  }
  return values.size() > 1 && is_named(varied.front()) ? collapsed(std::move(varied)) : varied;
}

/// Processes that are there and no servers.
std::size_t processes_left(const BackendEntry& backend, RunSpec spec) {
  spec.workers = 0;
  const std::size_t others = processes_for(backend, spec), all = backend.processes();
  return all > others ? all - others : 1;
}

/// All cores: one worker where the backend never has more, and the processes that there are where
/// workers are processes, so that no configuration is refused for a number that the user did not
/// type.
void settle_workers(Configuration& configuration, std::size_t cores) {
  if (configuration.spec.workers != Configuration::kAllCores) return;
  const BackendEntry& backend = backend_of(configuration);
  configuration.spec.workers = backend.one_worker  ? 1
                               : backend.processes ? processes_left(backend, configuration.spec)
                                                   : cores;
}

/// A cluster says how many workers there are.
void settle_cluster(Configuration& configuration, bool workers_given) {
  const auto& cluster = configuration.spec.simulation.cluster;
  if (!backend_of(configuration).virtual_clock || cluster.empty()) return;
  const std::size_t workers = workers_of(cluster);
  if (workers_given && configuration.spec.workers != workers)
    throw UsageError(fmt::format("--workers {} and a --cluster of {} workers: leave --workers out",
                                 configuration.spec.workers, workers));
  configuration.spec.workers = workers;
}

/// Options without which there is no configuration get their default as if it had been typed.
Given with_defaults(Given given) {
  for (const auto& option : option_table())
    if (option.always_shown && !given.has(option.name) && !option.initial.empty())
      given.add(option.name, std::string(option.initial));
  return given;
}

/// Two parts may ask for one configuration, but not for different numbers of repeats: its rows
/// would not be told apart.
void check_identities(const std::vector<Configuration>& configurations) {
  std::map<std::string, const Configuration*> seen;
  for (const auto& configuration : configurations) {
    const auto [other, is_new] = seen.emplace(config_id(configuration), &configuration);
    if (!is_new)
      throw UsageError(
          fmt::format("one configuration is asked for twice, differently: '{}' and '{}'",
                      command_of(*other->second), command_of(configuration)));
  }
}

/// A distribution that never takes any time is none.
void normalise(Conditions& conditions) {
  if (conditions.compute_delay.is_zero()) conditions.compute_delay = {};
  if (conditions.latency.is_zero()) conditions.latency = {};
}

/// What contradicts itself: the one configuration that was asked for is a mistake; one of several
/// becomes a row.
void check_contradiction(const std::vector<Configuration>& configurations) {
  if (configurations.size() != 1) return;
  const auto& spec = configurations.front().spec;
  const auto straggler = why_not_stragglers(spec.conditions, spec.workers);
  if (!straggler.empty()) throw UsageError("--straggler: " + straggler);
  const auto contradiction = backend_of(configurations.front()).contradiction;
  if (contradiction == nullptr) return;
  if (auto why = contradiction(spec); !why.empty()) throw UsageError(why);
}

std::vector<Configuration> expand_configurations(const Given& given, std::size_t cores,
                                                 Effort& effort) {
  const auto all = with_defaults(given);
  std::vector<Configuration> configurations{Configuration{}};
  effort.start();
  for (const auto& option : option_table())
    if (option.apply && all.has(option.name))
      configurations = vary(configurations, option, all, effort);
  for (auto& configuration : configurations) {
    settle_workers(configuration, cores);
    settle_cluster(configuration, given.has("--workers"));
  }
  return collapsed(std::move(configurations));
}

/// Settings are searched for where something learns.
void check_tuned(const std::vector<Given>& parts,
                 const std::vector<Configuration>& configurations) {
  if (std::any_of(configurations.begin(), configurations.end(),
                  [](const Configuration& configuration) { return configuration.tuned != 0; }))
    return;
  for (const auto& given : parts)
    for (const auto& option : option_table())
      for (const auto& text : given.texts(option.name))
        if (is_tuned(text))
          throw UsageError(fmt::format("{} {}: nothing here has a {} to be tuned", option.name,
                                       text, option.name.substr(2)));
}

}  // namespace

bool trains(const Configuration& configuration) {
  return workload_of(configuration).trains;
}

bool has_hidden_layers(const Configuration& configuration) {
  return workload_of(configuration).hidden_layers;
}

bool takes_intercept(const Configuration& configuration) {
  return workload_of(configuration).why_no_intercept.empty();
}

std::vector<Configuration> expand_configurations(const Given& given, std::size_t cores) {
  Effort effort;
  return expand_configurations(given, cores, effort);
}

Configuration normalised(Configuration configuration) {
  normalise(configuration.spec.conditions);
  if (!trains(configuration)) configuration.tuned = 0;
  for (const auto& option : option_table()) {
    const auto elsewhere = option.scope.elsewhere;
    if (!applies(option, configuration))
      apply(option, configuration, elsewhere.empty() ? option.initial : elsewhere);
  }
  return configuration;
}

std::vector<Configuration> collapsed(std::vector<Configuration> configurations) {
  std::set<std::vector<std::string>> seen;
  std::vector<Configuration> unique;
  for (auto& configuration : configurations) {
    configuration = normalised(std::move(configuration));
    if (seen.insert(arguments_of(configuration)).second) unique.push_back(std::move(configuration));
  }
  return unique;
}

std::vector<Configuration> sweep(const std::vector<Given>& parts, std::size_t cores) {
  std::vector<Configuration> configurations;
  Effort effort;
  for (const auto& part : parts) {
    const auto more = expand_configurations(part, cores, effort);
    configurations.insert(configurations.end(), more.begin(), more.end());
    check_count(configurations.size());
  }
  configurations = collapsed(std::move(configurations));
  check_identities(configurations);
  check_tuned(parts, configurations);
  check_contradiction(configurations);
  return configurations;
}

namespace {

/// Whether a part asks for more than what is in place anywhere.
bool asks(const Given& part, const Option& option) {
  if (!part.is_said(option.name)) return false;
  const auto values = values_of(option, part);
  return std::any_of(values.begin(), values.end(), [&](const std::string& value) {
    return option.scope.elsewhere.empty() || value != option.scope.elsewhere;
  });
}

/// The values of the deciding option that the user gave as they are, and not by a pattern.
std::vector<std::string> named(const Given& part, const Option& deciding) {
  if (!part.is_said(deciding.name)) return {};
  const auto values = values_of(deciding, part);
  std::vector<std::string> names;
  for (const auto& text : part.texts(deciding.name))
    for (auto& name : split_list(text))
      if (std::find(values.begin(), values.end(), name) != values.end())
        names.push_back(std::move(name));
  return names;
}

/// Those named by a part that asks for the option, and in none of the configurations that it is
/// for.
std::vector<std::string> without(const Option& option, const std::vector<Given>& parts,
                                 const std::vector<Configuration>& configurations) {
  if (option.scope.decided_by.empty()) return {};
  const auto& deciding = find_option(kRun, option.scope.decided_by);
  std::set<std::string> takers;
  for (const auto& configuration : configurations)
    if (option.scope.covers(configuration)) takers.insert(deciding.show(configuration));
  std::vector<std::string> names;
  for (const auto& part : parts) {
    if (!asks(part, option)) continue;
    for (auto& name : named(part, deciding))
      if (takers.insert(name).second) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace

std::vector<std::string> out_of_scope(const std::vector<Given>& parts,
                                      const std::vector<Configuration>& configurations) {
  std::vector<std::string> notes;
  for (const auto& option : option_table()) {
    const auto asked = [&](const Given& part) { return asks(part, option); };
    if (!option.scope.covers || std::none_of(parts.begin(), parts.end(), asked)) continue;
    if (std::none_of(configurations.begin(), configurations.end(), option.scope.covers))
      throw UsageError(fmt::format("{} is for {}, and nothing here asks for that", option.name,
                                   option.scope.whom()));
    if (const auto names = without(option, parts, configurations); !names.empty())
      notes.push_back(fmt::format("{} is for {}, and means nothing to {} {}", option.name,
                                  option.scope.whom(), option.scope.decided_by,
                                  fmt::join(names, ",")));
  }
  return notes;
}

std::vector<std::string> say_out_of_scope(const std::vector<Given>& parts,
                                          const std::vector<Configuration>& configurations,
                                          bool quiet) {
  auto notes = out_of_scope(parts, configurations);
  for (const auto& note : notes)
    if (!quiet) talk(note);
  return notes;
}

std::vector<std::string_view> options_for(const Configuration& configuration,
                                          std::string_view deciding) {
  std::vector<std::string_view> names;
  for (const auto& option : option_table())
    if (option.identifies && option.scope.decided_by == deciding &&
        option.scope.covers(configuration))
      names.push_back(option.name);
  return names;
}

}  // namespace sgdbench
