// Options of the update rule, the step size and the strategy: which workers wait for which, on
// which cores.
#include <fmt/format.h>

#include "backends/backend.h"
#include "backends/protocols/protocol.h"
#include "cli/options/helpers.h"
#include "workloads/kernels/dense_kernels.h"

namespace sgdbench {
namespace {

Texts rules(Text text) {
  return expand_names(text, "rule", names_of(rule_catalog()));
}

/// For rules that take one of these values, a set of RuleValue.
template <unsigned values>
constexpr Scope kForRules{[](const Configuration& configuration) {
                            return (rule_entry(configuration.rule).takes & values) != 0;
                          },
                          [] {
                            return rows_of("--rule", rule_catalog(), [](const auto& row) {
                              return (row.takes & values) != 0;
                            });
                          },
                          "--rule"};

/// What of a fading mean is left after an update.
constexpr Interval kFading{.least = 0, .most = kLongestMemory};
constexpr Interval kEpsilons{.least = kLeastEpsilon, .most = kMostEpsilon};

/// A row of the table whose value is that member of RuleSpec.
template <double RuleSpec::*value, unsigned rules, const Interval& interval = kFading>
constexpr Option rule_option(Text name, Text help, Text initial) {
  return {name,
          "",
          "X,…",
          help,
          initial,
          Group::step,
          kCells,
          expand_reals,
          [](Configuration& c, Text v) { c.rule_values.*value = parse_real(v, interval); },
          [](const Configuration& c) { return number_text(c.rule_values.*value); },
          kForRules<rules>};
}

/// "2n": of all examples.
constexpr char kOfAll = 'n';

void set_inner(Configuration& configuration, Text text) {
  RuleSpec& rule = configuration.rule_values;
  rule.inner = 0;
  if (!text.ends_with(kOfAll)) {
    rule.inner = parse_count(text, 1, kMany);
    return;
  }
  const auto times = text.substr(0, text.size() - 1);
  rule.inner_passes = times.empty() ? 1 : parse_real(times, kPositive);
}
std::string inner_text(const Configuration& configuration) {
  const RuleSpec& rule = configuration.rule_values;
  return rule.inner != 0 ? std::to_string(rule.inner) : number_text(rule.inner_passes) + kOfAll;
}

constexpr Text kPolyak = "polyak", kTail = "tail:";

void set_average(Configuration& configuration, Text text) {
  double& share = configuration.rule_values.average;
  if (text.starts_with(kTail))
    share = parse_real(text.substr(kTail.size()), {.least = 0, .most = 1, .open_below = true});
  else
    share = choose(text, "average", {kNoneAsked, kPolyak, "tail:0.5"}) == 0 ? 0 : 1;
}
std::string average_text(const Configuration& configuration) {
  const double share = configuration.rule_values.average;
  if (share == 0 || share == 1) return std::string(share == 0 ? kNoneAsked : kPolyak);
  return std::string(kTail) + number_text(share);
}

/// Virtual times are not to be compared with real ones: no pattern mixes them. Nor does one mean
/// processes where there is but one.
Texts backends(Text text) {
  return expand_marked(text, "backend", backend_catalog(), [](const BackendEntry& row) {
    return !row.virtual_clock && (row.processes == nullptr || row.processes() > 1);
  });
}
Texts kernels(Text text) {
  return expand_names(text, "kernel set", names_of(kernel_catalog()));
}
bool takes_kernels(const BackendEntry& row) {
  return row.own_kernels.empty();
}

constexpr Text kAnyAge = "inf";

/// Between the ends of "tuned:16..64".
constexpr Text kWithin = ":", kTo = "..";

/// A range after "tuned" is where to search, and no list.
Texts expand_batches(Text text) {
  Texts values;
  for (auto& part : split_list(text)) {
    if (is_tuned(part))
      values.push_back(std::move(part));
    else
      for (auto& value : expand_counts(part)) values.push_back(std::move(value));
    check_length(values.size());
  }
  return values;
}

void set_batch_limits(Configuration& configuration, Text text) {
  const auto middle = text.find(kTo);
  if (middle == Text::npos)
    throw UsageError(fmt::format("'{}' is no range: tuned:16..64, for example", text));
  configuration.least_batch = parse_count(text.substr(0, middle), 1, Configuration::kMostBatch);
  configuration.most_batch = parse_count(text.substr(middle + kTo.size()),
                                         configuration.least_batch, Configuration::kMostBatch);
}

void set_batch(Configuration& configuration, Text text) {
  configuration.batch.reset();
  configuration.least_batch = 1, configuration.most_batch = Configuration::kMostBatch;
  const bool is_limited = is_tuned(text) && text.size() > kTuned.size();
  if (is_limited) set_batch_limits(configuration, text.substr(kTuned.size() + kWithin.size()));
  if (!tunes(configuration, kTuneBatch, is_limited ? kTuned : text) && text != "auto")
    configuration.batch = parse_count(text, 1, Configuration::kMostBatch);
}

std::string batch_text(const Configuration& configuration) {
  auto text = tuned_text(configuration, kTuneBatch,
                         configuration.batch ? std::to_string(*configuration.batch) : "auto");
  if (configuration.least_batch > 1 || configuration.most_batch < Configuration::kMostBatch)
    text +=
        fmt::format("{}{}{}{}", kWithin, configuration.least_batch, kTo, configuration.most_batch);
  return text;
}

constexpr Option kStrategy[] = {
    {"--rule", "", "NAME,…", "update rule (list rules)", "sgd", Group::step, kCells, rules,
     [](Configuration& c, Text v) { c.rule = v; }, [](const Configuration& c) { return c.rule; }},
    {"--momentum", "", "X,…", "μ of the rules that have one; tuned: the best", "0.9", Group::step,
     kCells, expand_reals,
     [](Configuration& c, Text v) {
       if (!tunes(c, kTuneMomentum, v))
         c.momentum =
             parse_real(v, {.least = -1, .most = 1, .open_below = true, .open_above = true});
     },
     [](const Configuration& c) { return tuned_text(c, kTuneMomentum, number_text(c.momentum)); },
     kForRules<kTakesMomentum>},
    {"--inner", "", "N,…",
     "examples between two full gradients, of the rules that make them so; 2n: twice all of them",
     "2n", Group::step, kCells, one_list, set_inner, inner_text, kForRules<kTakesInner>},
    rule_option<&RuleSpec::beta1, kTakesBetas>(
        "--beta1", "β₁: what is left of the mean gradient after an update", "0.9"),
    rule_option<&RuleSpec::beta2, kTakesBetas>(
        "--beta2", "β₂: what is left of the mean squared gradient after an update", "0.999"),
    rule_option<&RuleSpec::decay, kTakesDecay>(
        "--decay", "ρ: what is left of the mean squared gradient after an update", "0.99"),
    rule_option<&RuleSpec::epsilon, kTakesEpsilon, kEpsilons>(
        "--epsilon", "ε, added to the root that a step is divided by", "1e-08"),
    rule_option<&RuleSpec::weight_decay, kTakesWeightDecay, kNotNegative>(
        "--weight-decay", "λ of the decay of all parameters that is not the objective's: γ·λ·w",
        "0.01"),
    {"--average", "", "WHAT,…",
     "what is evaluated: the last iterate (none), the mean of all (polyak), or of the last share "
     "of "
     "a run's updates: tail:0.5",
     "none", Group::step, kCells, one_list, set_average, average_text, for_training<kNoneAsked>},
    {"--batch", "", "N,…",
     "examples in each worker's mini-batch; tuned: the best of 1, 4, 16, …, or from 16 to 64: "
     "tuned:16..64; auto: the workload's, or more where workers meet at every update",
     "auto", Group::step, kCells, expand_batches, set_batch, batch_text},
    {"--lr", "", "X,…",
     "step size γ₀; tuned: the best; auto: the workload's for the examples that an update "
     "averages, times 1 − μ; of rules whose steps do not grow with the gradient 0.001, adagrad's "
     "0.01",
     "auto", Group::step, kTraining, expand_reals,
     [](Configuration& c, Text v) {
       c.lr.reset();
       if (!tunes(c, kTuneStep, v) && v != "auto") c.lr = parse_real(v, kPositive);
     },
     [](const Configuration& c) {
       return tuned_text(c, kTuneStep, c.lr ? number_text(*c.lr) : "auto");
     },
     for_training<>},
    {"--lr-schedule", "", "NAME,…",
     "how γ falls (list schedules); auto: the workload's, constant where it is convex", "auto",
     Group::step, kTraining, one_list,
     [](Configuration& c, Text v) {
       c.automatic_schedule = v == "auto";
       if (!c.automatic_schedule) parse_schedule(v, c.spec.step);
     },
     [](const Configuration& c) {
       return c.automatic_schedule ? "auto" : to_string(c.spec.step.schedule, c.spec.step.rate);
     },
     for_training<>},
    {"--staleness-policy", "", "NAME,…",
     "what a stale gradient does to its step or to itself (list policies); of several in an "
     "update, γ is damped by the stalest",
     "none", Group::step, kCells, one_list,
     [](Configuration& c, Text v) { parse_staleness_policy(v, c.spec.step); },
     [](const Configuration& c) { return staleness_policy_text(c.spec.step); }},
    {"--shuffle", "", "ORDER,…",
     "order of the examples: full, blocks:N, none; auto: blocks of 4 under saga and sag, else of "
     "128",
     "auto", Group::step, kTraining, one_list,
     [](Configuration& c, Text v) {
       c.automatic_shuffle = v == "auto";
       c.spec.shuffle = c.automatic_shuffle ? Shuffle() : Shuffle::parse(v);
     },
     [](const Configuration& c) {
       return c.automatic_shuffle ? "auto" : c.spec.shuffle.to_string();
     }},
    // The row of that name in backend_catalog() (backends/registry.cpp) runs the configuration: its
    // make() makes a Backend, of which every repeat is one run().
    {"--backend",
     "",
     "NAME,…",
     "which workers wait for which; patterns work, for those on a real clock: 'hog*' (list "
     "backends)",
     "*",
     Group::strategy,
     kCells,
     backends,
     [](Configuration& c, Text v) { c.spec.backend = v; },
     [](const Configuration& c) { return c.spec.backend; },
     {},
     true},
    {"--protocol", "", "NAME,…",
     "when a parameter server takes gradients: async, bsp, ssp:4, elastic:0.1,10 (list protocols)",
     "async", Group::strategy, kCells, expand_forms,
     [](Configuration& c, Text v) {
       check_protocol(v);
       c.spec.protocol = v;
     },
     [](const Configuration& c) { return escape_form(c.spec.protocol); },
     for_backends<&BackendEntry::uses_protocol>},
    {"--write", "", "NAME,…", "lock-free writes: store (may be lost) or cas (none is lost)",
     "store", Group::strategy, kCells, one_list,
     [](Configuration& c, Text v) {
       choose(v, "write", {"store", "cas"});
       c.spec.write = v;
     },
     [](const Configuration& c) { return c.spec.write; }, for_backends<&BackendEntry::uses_write>},
    {"--persistence", "", "N,…",
     "failed publications before a gradient is dropped and computed again; 0: never", "0",
     Group::strategy, kCells, expand_counts,
     [](Configuration& c, Text v) { c.spec.persistence = parse_count(v, 0, kMany); },
     [](const Configuration& c) { return std::to_string(c.spec.persistence); },
     for_backends<&BackendEntry::uses_persistence, kZero>},
    {"--max-staleness", "", "R,…",
     "gradients more than R updates old when they arrive are thrown away, and their examples dealt "
     "again; inf: none",
     "inf", Group::strategy, kCells, expand_counts,
     [](Configuration& c, Text v) {
       c.spec.max_staleness = v == kAnyAge ? kNoLimit : parse_count(v, 0, kMany);
     },
     [](const Configuration& c) {
       return c.spec.max_staleness == kNoLimit ? std::string(kAnyAge)
                                               : std::to_string(c.spec.max_staleness);
     },
     for_backends<&BackendEntry::bounds_staleness, kAnyAge>},
    {"--exchange", "", "N,…",
     "examples that a private replica trains on between two exchanges; tuned: the best", "1024",
     Group::strategy, kCells, expand_counts,
     [](Configuration& c, Text v) {
       if (!tunes(c, kTuneExchange, v)) c.spec.exchange = parse_count(v, 1, kMany);
     },
     [](const Configuration& c) {
       return tuned_text(c, kTuneExchange, std::to_string(c.spec.exchange));
     },
     for_backends<&BackendEntry::uses_exchange>},
    {"--kernels", "", "NAME,…", "library for dense arithmetic (list kernels)", "native",
     Group::strategy, kCells, kernels, [](Configuration& c, Text v) { c.spec.kernels = v; },
     [](const Configuration& c) { return c.spec.kernels; }, for_backends<takes_kernels>},
    {"--assign", "", "HOW,…", "mini-batches to workers: dynamic or round-robin", "dynamic",
     Group::strategy, kTraining, one_list,
     [](Configuration& c, Text v) {
       c.spec.assign = choose(v, "assignment", {"dynamic", "round-robin"}) ? Assign::round_robin
                                                                           : Assign::dynamic;
     },
     [](const Configuration& c) {
       return std::string(c.spec.assign == Assign::dynamic ? "dynamic" : "round-robin");
     }},
    {"--workers",
     "",
     "N,…",
     "workers of each run; ranges work: 1..8:x2; all: as many as usable cores",
     "all",
     Group::strategy,
     kCells | kDoctor,
     expand_counts,
     [](Configuration& c, Text v) {
       c.spec.workers = v == "all" ? Configuration::kAllCores : parse_count(v, 1, kMostSimulated);
     },
     [](const Configuration& c) {
       return c.spec.workers == Configuration::kAllCores ? "all" : std::to_string(c.spec.workers);
     },
     {},
     true},
    {"--pin", "", "WHEN", "tie worker k to core k: auto (if there are enough), on, off", "auto",
     Group::strategy, kTraining, nullptr,
     [](Configuration& c, Text v) {
       c.pin = static_cast<Pin>(choose(v, "choice", {"auto", "on", "off"}));
     },
     [](const Configuration& c) {
       return std::string(c.pin == Pin::automatic ? "auto" : c.pin == Pin::on ? "on" : "off");
     },
     for_backends<on_a_real_clock>},
};

}  // namespace

std::span<const Option> strategy_options() {
  return kStrategy;
}

}  // namespace sgdbench
