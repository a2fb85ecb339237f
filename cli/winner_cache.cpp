#include <fmt/format.h>

#include <cmath>

#include "cli/cache.h"
#include "cli/configuration.h"
#include "results/files.h"
#include "results/reading/json.h"
#include "results/text.h"

namespace sgdbench {
namespace {

using WinnerJson = nlohmann::ordered_json;

/// Of the entries.
constexpr int kWinnerFormat = 1;
constexpr std::size_t kMostEntryBytes = 65'536;
constexpr std::uint64_t kMostExchange = 1'000'000'000'000;
constexpr std::size_t kMostProgramBytes = std::size_t{1} << 30;

/// Of the program that runs; nothing where it can't be read.
std::optional<std::uint64_t> program_checksum() {
  static const auto checksum = []() -> std::optional<std::uint64_t> {
    try {
      return text_hash(read_file("/proc/self/exe", kMostProgramBytes));
    } catch (const ReadError&) {
      return {};
    }
  }();
  return checksum;
}

WinnerJson winner_key(const Configuration& configuration, const DataFacts& facts,
                      std::uint64_t program) {
  const auto& here = *facts.environment;
  WinnerJson libraries = WinnerJson::object();
  for (const auto& [name, version] : here.libraries) libraries[name] = version;
  return {{"format", kWinnerFormat},
          {"configuration", identity_of(configuration)},
          {"data", hex_text(facts.checksum)},
          {"test", facts.test_checksum ? hex_text(*facts.test_checksum) : ""},
          {"examples", facts.examples},
          {"features", facts.features},
          {"cpu_model", here.cpu_model},
          {"host", here.hostname_hash},
          {"cores_available", here.cores_available},
          {"compiler", here.compiler},
          {"build", here.build_type + ' ' + here.flags},
          {"git_revision", here.git_revision},
          {"libraries", libraries},
          {"program", hex_text(program)}};
}

WinnerJson range_json(const std::optional<StepRange>& range) {
  return range ? WinnerJson::array({range->low, range->high}) : WinnerJson();
}

/// A number that is finite and above 0.
bool is_step(const JsonTree& value) {
  return value.is_number() && std::isfinite(value.get<double>()) && value.get<double>() > 0;
}

/// Sets `range` to that of an entry; false for what is none around the step.
bool read_step_range(const JsonTree& value, double step, std::optional<StepRange>& range) {
  if (value.is_null()) return true;
  if (!value.is_array() || value.size() != 2 || !is_step(value[0]) || !is_step(value[1]))
    return false;
  range = StepRange{value[0].get<double>(), value[1].get<double>()};
  return range->low <= step && step <= range->high;
}

}  // namespace

std::optional<Tuned> parse_winner(std::string_view entry, std::string_view key,
                                  std::uint64_t examples, std::string& why_not) try {
  const auto json = parse_json(entry);
  why_not = "it is of another configuration, machine or build";
  if (json.at("of") != parse_json(key)) return {};
  why_not = "its settings can't be";
  const auto& found = json.at("settings");
  const auto batch = whole_number(found.at("batch")), exchange = whole_number(found.at("exchange"));
  const auto& momentum = found.at("momentum");
  Tuned tuned;
  if (!batch || *batch < 1 || *batch > examples || !exchange || *exchange < 1 ||
      *exchange > kMostExchange)
    return {};
  if (!is_step(found.at("lr")) || !momentum.is_number()) return {};
  tuned.settings = {*batch, found.at("lr").get<double>(), momentum.get<double>(), *exchange};
  if (!(std::abs(tuned.settings.momentum) < 1)) return {};
  if (!read_step_range(json.at("within_tenth"), tuned.settings.step, tuned.within_tenth) ||
      !read_step_range(json.at("within_twice"), tuned.settings.step, tuned.within_twice))
    return {};
  why_not = "";
  return tuned;
} catch (const BadJson&) {
  why_not = "it is no JSON";
  return {};
} catch (const JsonTree::exception&) {
  if (why_not.empty()) why_not = "something is missing in it";
  return {};
}

CachedWinner::CachedWinner(const Configuration& configuration, const DataFacts& facts)
    : examples_(facts.examples) {
  const auto folder = cache_folder();
  if (!folder || !facts.environment) return;
  const auto program = program_checksum();
  if (!program) return;
  key_ = winner_key(configuration, facts, *program)
             .dump(-1, ' ', true, WinnerJson::error_handler_t::replace);
  path_ = *folder / fmt::format("tuned-{}-{:016x}.json", config_id(configuration), text_hash(key_));
}

std::optional<Tuned> CachedWinner::read(std::string& note) const {
  if (path_.empty()) return {};
  std::string why_not;
  try {
    const auto text = read_entry(path_, kMostEntryBytes);
    if (!text) return {};
    if (auto tuned = parse_winner(*text, key_, examples_, why_not)) return tuned;
  } catch (const ReadError& error) {
    why_not = error.what();
  }
  note =
      fmt::format("{} is not used, as {}; settings are searched for anew", path_.string(), why_not);
  return {};
}

void CachedWinner::write(const Tuned& tuned) const {
  if (path_.empty()) return;
  const auto& at = tuned.settings;
  const WinnerJson settings{
      {"batch", at.batch}, {"lr", at.step}, {"momentum", at.momentum}, {"exchange", at.exchange}};
  const WinnerJson entry{{"of", WinnerJson::parse(key_)},
                         {"settings", settings},
                         {"within_tenth", range_json(tuned.within_tenth)},
                         {"within_twice", range_json(tuned.within_twice)},
                         {"trials", tuned.trials},
                         {"seconds", tuned.seconds}};
  write_entry(path_, entry.dump(-1, ' ', true, WinnerJson::error_handler_t::replace) + '\n');
}

}  // namespace sgdbench
