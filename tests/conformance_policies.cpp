// Staleness policies on every backend: each is its formula, or refused; what is thrown away for its
// age is dealt again.

#include <map>
#include <span>

#include "backends/protocols/protocol.h"
#include "tests/conformance.h"
#include "workloads/sample_order.h"

namespace sgdbench::testing {
namespace {

/// With a λ that is felt.
std::string text_of(const StalenessPolicyEntry& policy) {
  return policy.policy == StalenessPolicy::dc ? "dc:1" : std::string(policy.name);
}

/// What a policy does, in double, by the formulas of staleness_policy.h and compensation.h.
class PlainPolicy {
 public:
  PlainPolicy(const RunSpec& spec, std::size_t parameters)
      : spec_(spec), mean_square_(parameters) {}

  double factor(std::uint64_t tau) {
    met_.push_back(tau);
    const auto t = static_cast<double>(tau), p = static_cast<double>(spec_.workers);
    switch (spec_.step.policy) {
      case StalenessPolicy::inverse:
        return 1 / std::max(1.0, t);
      case StalenessPolicy::delay_adaptive:
        return p / std::max(p, t);
      case StalenessPolicy::fleet: {
        auto sorted = met_;
        std::sort(sorted.begin(), sorted.end());
        const auto place = std::ceil(0.997 * static_cast<double>(sorted.size()));
        const double x = static_cast<double>(sorted[static_cast<std::size_t>(place) - 1]) / 2;
        return std::exp(-(x > 0 ? std::log(1 + x) / x : 1) * t);
      }
      case StalenessPolicy::tail: {
        double rank = 0;
        for (const auto other : met_) rank += other < tau ? 1 : other == tau ? 0.5 : 0;
        return 2 - 2 * rank / static_cast<double>(met_.size());
      }
      default:
        return 1;
    }
  }

  void correct(std::span<double> gradient, std::span<const double> w,
               std::span<const double> read) {
    for (std::size_t i = 0; i < gradient.size(); ++i) {
      double &g = gradient[i], &m = mean_square_[i];
      if (g == 0) continue;
      const double moved = w[i] - read[i], usual = spec_.step.initial * std::sqrt(m);
      switch (spec_.step.policy) {
        case StalenessPolicy::dc:
          g += spec_.step.compensation * g * g * moved;
          break;
        case StalenessPolicy::dc_adaptive:
          m = 0.95 * m + 0.05 * g * g;
          g += 2 / std::sqrt(m + 1e-7) * g * g * moved;
          break;
        case StalenessPolicy::gap_aware:
          if (usual > 0) g /= 1 + std::abs(moved) / usual;
          m = m > 0 ? 0.95 * m + 0.05 * g * g : g * g;
          break;
        default:
          break;
      }
    }
  }

 private:
  const RunSpec& spec_;
  std::vector<std::uint64_t> met_;
  std::vector<double> mean_square_;
};

/// The parameters at the end of a run under sgd, recomputed in double from what landed.
std::vector<double> recomputed(const RunSpec& spec, const Problem& problem,
                               const RunOutcome& outcome) {
  std::vector<LandedTask> landings;
  for (const auto& worker : outcome.workers)
    landings.insert(landings.end(), worker.landings.begin(), worker.landings.end());
  std::sort(landings.begin(), landings.end(), [](const LandedTask& a, const LandedTask& b) {
    return std::pair(a.update, a.task.number) < std::pair(b.update, b.task.number);
  });
  const auto& start = outcome.curve.front().parameters;
  std::vector<std::vector<double>> versions{{start.begin(), start.end()}};
  const SampleOrder order(problem.examples(), spec.epochs, spec.shuffle, spec.seed);
  PlainPolicy policy(spec, start.size());
  std::vector<std::uint32_t> memory;
  for (std::size_t begin = 0, end = 0; begin < landings.size(); begin = end) {
    std::vector<double> w = versions.back(), mean(w.size()), gradient(w.size());
    double examples = 0;
    std::uint64_t stalest = 0;
    for (; end < landings.size() && landings[end].update == landings[begin].update; ++end) {
      const LandedTask& part = landings[end];
      const auto& read = versions.at(part.version);
      const Block block = part.task.step(0);
      memory.resize(block.end - block.begin);
      stalest = std::max(stalest, part.update - 1 - part.version);
      if (memory.empty()) continue;
      const auto rows = order.rows(block.epoch, block.begin, block.end, memory);
      problem.reference_gradient(read, rows, gradient);
      policy.correct(gradient, w, read);
      const auto count = static_cast<double>(rows.size());
      for (std::size_t i = 0; i < w.size(); ++i) mean[i] += count * gradient[i];
      examples += count;
    }
    const double step = spec.step.initial * policy.factor(stalest);
    if (examples > 0)
      for (std::size_t i = 0; i < w.size(); ++i) w[i] -= step * mean[i] / examples;
    versions.push_back(std::move(w));
  }
  return versions.back();
}

double difference(std::span<const double> a, std::span<const double> b) {
  double most = 0;
  for (std::size_t i = 0; i < b.size(); ++i) most = std::max(most, std::abs(a[i] - b[i]));
  return most;
}

std::uint64_t stalest_of(const RunOutcome& outcome) {
  std::uint64_t most = 0;
  for (const auto& worker : outcome.workers) most = std::max(most, worker.staleness.max());
  return most;
}

/// Everything landed once, and what was thrown away was counted; returns that.
std::uint64_t dropped_where_all_landed(const RunOutcome& outcome, const RunSpec& spec,
                                       const Problem& p) {
  CHECK(outcome.stopped == Stopped::completed);
  std::uint64_t applied = 0, dropped = 0;
  for (const auto& worker : outcome.workers) {
    CHECK(worker.computed == worker.applied + worker.dropped);
    applied += worker.applied;
    dropped += worker.dropped;
  }
  CHECK(applied == spec.epochs * p.examples());
  return dropped;
}

/// Every backend that can throw away what is too old, under every protocol of gradients that it
/// follows, and several bounds and ways to hand out the work.
template <class Visit>
void for_every_bound(std::size_t workers, Visit visit) {
  for (const auto& entry : backend_catalog()) {
    if (!entry.bounds_staleness) continue;
    for (const char* protocol : {"async", "ssp:0", "ssp:2", "bsp", "k-sync:2", "k-batch-sync:3",
                                 "k-async:2", "k-batch-async:3", "ringmaster:3"}) {
      for (const std::uint64_t bound : {0, 1, 4}) {
        for (const auto assign : {Assign::dynamic, Assign::round_robin}) {
          RunSpec spec = spec_for(entry, *cases()[0].problem, workers, 4);
          spec.protocol = protocol;
          spec.max_staleness = bound;
          spec.assign = assign;
          if (!entry.why_not(spec, *cases()[0].problem).empty()) continue;
          INFO(std::string(entry.name) << ", " << spec.protocol << ", " << bound);
          visit(entry, spec);
        }
      }
      if (!entry.uses_protocol) break;
    }
  }
}

}  // namespace

TEST_CASE("Every policy is its formula where what landed is known, whoever hosts the server") {
  // A smooth network: at a kink, a rounding is felt.
  const Case network = make_case("mlp", "mnist-like:rows=60", -1, "tanh");
  for (const auto& c : {&cases()[0], &cases()[2], &cases()[3], &network})
    for (const auto& entry : backend_catalog()) {
      if (!entry.lists_landings) continue;
      for (const auto& policy : staleness_policy_catalog())
        for (const char* protocol : {"async", "k-batch-async:3", "k-async:2"})
          for (const std::size_t batch : {1, 5}) {
            RunSpec spec = spec_for(entry, *c->problem, 5, batch);
            spec.updates = 30;
            spec.landings = true;
            spec.protocol = protocol;
            parse_staleness_policy(text_of(policy), spec.step);
            if (!entry.why_not(spec, *c->problem).empty()) continue;
            INFO(std::string(entry.name) << ", " << spec.protocol << ", " << policy.name << ", "
                                         << c->name << ", batch " << batch);
            if (!entry.virtual_clock && entry.delays_compute)
              spec.conditions.compute_delay = Distribution::parse("exp:50us");
            const auto outcome = run(entry, spec, *c->problem);
            const auto& end = final_parameters(outcome);
            const auto expected = recomputed(spec, *c->problem, outcome);
            const std::vector<double> w(end.begin(), end.end());
            const auto& start = outcome.curve.front().parameters;
            const double way =
                difference(std::vector<double>(start.begin(), start.end()), expected);
            const double off = difference(w, expected) / way;
            // A coordinate that hardly moves has a gap of a few roundings in a network.
            CHECK(off < (c == &network ? 1e-2 : 1e-4));
            if (!entry.virtual_clock || spec.protocol != "async" || !policy.needs) continue;
            spec.step.policy = StalenessPolicy::none;
            CHECK(difference(recomputed(spec, *c->problem, outcome), expected) / way > 10 * off);
          }
    }
}

TEST_CASE("With one worker every policy and bound is sequential SGD, on every backend") {
  for_every_backend(1, 5, [](const BackendEntry& entry, const RunSpec& plain, const Case& c) {
    const auto expected = run(backend("sequential"), plain, *c.problem);
    for (const auto& policy : staleness_policy_catalog()) {
      INFO(std::string(policy.name));
      RunSpec spec = plain;
      spec.max_staleness = 0;
      parse_staleness_policy(policy.name, spec.step);
      if (!entry.why_not(spec, *c.problem).empty()) continue;
      const auto outcome = run(entry, spec, *c.problem);
      CHECK(relative_difference(final_parameters(outcome), final_parameters(expected)) < 1e-4);
    }
  });
}

TEST_CASE("A backend follows a policy to the end or says why not, under every protocol") {
  const Case& c = cases()[0];
  for (const auto& entry : backend_catalog()) {
    if (!entry.unavailable().empty() || entry.one_worker) continue;
    for (const auto& protocol : protocol_catalog()) {
      for (const auto& policy : staleness_policy_catalog()) {
        RunSpec spec = spec_for(entry, *c.problem, 3, 4);
        spec.protocol = protocol.example;
        INFO(std::string(entry.name) << ", " << spec.protocol << ", " << std::string(policy.name));
        if (!entry.why_not(spec, *c.problem).empty()) continue;
        parse_staleness_policy(policy.name, spec.step);
        if (!entry.why_not(spec, *c.problem).empty()) {
          CHECK(policy.needs != kNeedsNothing);
          continue;
        }
        dropped_where_all_landed(run(entry, spec, *c.problem), spec, *c.problem);
      }
      if (!entry.uses_protocol) break;
    }
  }
}

TEST_CASE("What corrects a gradient is refused beside a rule that lands something else") {
  const Case& c = cases()[0];
  for (const auto& rule : rule_catalog())
    for (const auto& policy : staleness_policy_catalog()) {
      RunSpec spec = spec_for(backend("parameter-server"), *c.problem, 2, 4);
      spec.rule = parse_rule(rule.name, 0);
      parse_staleness_policy(policy.name, spec.step);
      const bool refused = !backend("parameter-server").why_not(spec, *c.problem).empty();
      CHECK(refused ==
            (rule.estimate != Estimate::plain && (policy.needs & kNeedsReadParameters) != 0));
    }
}

TEST_CASE(
    "dc:0 is none but for roundings, delay-adaptive is none while τ ≤ P, and no bound is none") {
  for (const auto& c : cases()) {
    INFO(c.name);
    RunSpec spec = spec_for(backend("simulator"), *c.problem, 5, 4);
    const auto end_of = [&](const RunSpec& what) {
      return final_parameters(run(backend("simulator"), what, *c.problem));
    };
    const auto none = run(backend("simulator"), spec, *c.problem);
    RunSpec same = spec;
    parse_staleness_policy("dc:0", same.step);
    CHECK(relative_difference(end_of(same), final_parameters(none)) < 1e-5);
    same = spec;
    same.max_staleness = stalest_of(none);
    CHECK(end_of(same) == final_parameters(none));
    --same.max_staleness;
    CHECK(end_of(same) != final_parameters(none));
    // Equal workers: τ = P − 1.
    spec.simulation.compute_time = same.simulation.compute_time =
        Distribution::parse("constant:1ms");
    same.max_staleness = kNoLimit;
    parse_staleness_policy("delay-adaptive", same.step);
    CHECK(end_of(same) == end_of(spec));
  }
}

TEST_CASE("No gradient that lands is older than the bound, and every example lands all the same") {
  for (const std::size_t workers : {1, 3, 7})
    for_every_bound(workers, [](const BackendEntry& entry, const RunSpec& spec) {
      const auto outcome = run(entry, spec, *cases()[0].problem);
      const auto dropped = dropped_where_all_landed(outcome, spec, *cases()[0].problem);
      CHECK(stalest_of(outcome) <= spec.max_staleness);
      if (spec.workers == 1 && spec.protocol == "async") CHECK(dropped == 0);
      if (spec.workers == 7 && spec.protocol == "async" && entry.virtual_clock) CHECK(dropped > 0);
    });
}

TEST_CASE("A worker that is too slow for the bound lands its share when nobody else is left") {
  const Case& c = cases()[0];
  for_every_bound(4, [&](const BackendEntry& entry, RunSpec spec) {
    spec.conditions.straggler_text = "2:50";
    spec.conditions.stragglers = parse_stragglers(spec.conditions.straggler_text);
    spec.conditions.compute_delay =
        Distribution::parse(entry.virtual_clock ? "exp:1ms" : "constant:2us");
    const auto outcome = run(entry, spec, *c.problem);
    dropped_where_all_landed(outcome, spec, *c.problem);
    CHECK(stalest_of(outcome) <= spec.max_staleness);
    if (spec.assign == Assign::round_robin) CHECK(outcome.workers[2].applied > 0);
  });
}

TEST_CASE("A bound of R − 1 on async is ringmaster:R, to the bit, on a virtual clock") {
  for (const auto& c : cases()) {
    RunSpec spec = spec_for(backend("simulator"), *c.problem, 6, 4);
    RunSpec ringmaster = spec;
    spec.max_staleness = 3;
    ringmaster.protocol = "ringmaster:4";
    const auto one = run(backend("simulator"), spec, *c.problem);
    const auto other = run(backend("simulator"), ringmaster, *c.problem);
    CHECK(final_parameters(one) == final_parameters(other));
    CHECK(one.wall == other.wall);
    CHECK(dropped_where_all_landed(one, spec, *c.problem) > 0);
  }
}

TEST_CASE("Policies and bounds give one run for one seed, from a simulator that was used before") {
  const Case& c = cases()[0];
  for (const auto& policy : staleness_policy_catalog()) {
    RunSpec spec = spec_for(backend("simulator"), *c.problem, 6, 2);
    spec.max_staleness = 6;
    parse_staleness_policy(policy.name, spec.step);
    const auto made = backend("simulator").make(spec, *c.problem);
    const auto first = final_parameters(made->run(spec, never()));
    CHECK(final_parameters(made->run(spec, never())) == first);
  }
}

TEST_CASE("A study without parameters throws away what one with them does") {
  const auto nothing = make_nothing(0);
  for (const char* protocol : {"async", "ssp:2", "k-async:2", "k-batch-async:3"}) {
    const Case c = make_case("least-squares", "quadratic:rows=2000,features=2");
    RunSpec spec = spec_for(backend("simulator"), *c.problem, 6, 1, 1);
    spec.protocol = protocol;
    spec.max_staleness = 1;
    spec.updates = 300;
    const auto learnt = run(backend("simulator"), spec, *c.problem);
    const auto counted = run(backend("simulator"), spec, *nothing);
    CHECK(learnt.wall == counted.wall);
    for (std::size_t w = 0; w < spec.workers; ++w)
      CHECK(learnt.workers[w].dropped == counted.workers[w].dropped);
  }
}

}  // namespace sgdbench::testing
