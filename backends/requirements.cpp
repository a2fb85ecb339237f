// What each strategy asks of a configuration and a problem: the registry's answers to "can it run
// this, and if not, why?".

#include "backends/requirements.h"

#include <algorithm>

#include "backends/mpi/job.h"
#include "backends/protocols/protocol.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {

/// "" if these workers, times and network can be simulated, else why not.
std::string why_not_simulated(const RunSpec&);
std::string why_no_replicas(const RunSpec&, const Problem&);

namespace requirements {
namespace {

std::string unavailable_kernels(std::string_view name) {
  return std::string(find_by_name(kernel_catalog(), "kernel set", name).why_not);
}

/// Workers that can be real threads.
constexpr std::size_t kMostThreads = 4096;

/// Policies that correct a gradient need one: of what some rules remember there are other terms.
/// And gap-aware knows how long the steps of sgd are, no other's.
std::string nothing_to_correct(const RunSpec& spec) {
  if (!keeps_read(spec)) return "";
  const RuleEntry& rule = rule_entry(spec.rule.name);
  const std::string policy(policy_entry(spec.step.policy).name), name(rule.name);
  if (rule.estimate != Estimate::plain)
    return policy + " corrects a gradient by how far w has moved, and what " + name +
           " lands is its difference from a remembered one: use a rule that lands the gradient "
           "itself";
  if (spec.step.policy == StalenessPolicy::gap_aware && rule.usual_step != 0)
    return policy + " divides a gradient by how many steps of γ₀·g w has moved, and " + name +
           " moves it as far however small g is: small gradients would be divided until nothing is "
           "left of them";
  return "";
}

std::string usable(const RunSpec& spec, const Problem& problem) {
  if (auto why = nothing_to_correct(spec); !why.empty()) return why;
  if (auto why = why_not_stragglers(spec.conditions, spec.workers); !why.empty()) return why;
  if (auto why = problem.why_no_rule(spec.rule); !why.empty()) return why;
  if (spec.kernels == "native") return "";
  if (auto why = unavailable_kernels(spec.kernels); !why.empty()) return why;
  if (!problem.uses_dense_kernels())
    return "this workload on this data has no dense layer for a kernel set to compute";
  return "";
}

/// What the changes of each update have to be known for.
std::string no_average_of_replicas(const RunSpec& spec) {
  if (spec.rule.average == 0) return "";
  return "an average over iterates takes one from each update of the shared parameters, and here "
         "replicas make steps of their own between them";
}

/// A rule that remembers earlier gradients has one memory, and here there would be several states.
std::string one_memory(const RunSpec& spec, std::string_view copies) {
  if (rule_entry(spec.rule.name).estimate == Estimate::plain) return "";
  return std::string(spec.rule.name) +
         " remembers earlier gradients, in one memory of all updates, and here " +
         std::string(copies) + " would each need their own";
}

/// Of a rule whose sum of changes is a gradient only along one path of parameters.
std::string nothing_stale(const RunSpec& spec) {
  if (spec.workers == 1 || rule_entry(spec.rule.name).estimate != Estimate::sarah) return "";
  return std::string(spec.rule.name) +
         " adds up how gradients change from one update's parameters to the next one's, and the "
         "sum "
         "is a gradient only if each is of the parameters that it lands in; here they are stale: "
         "use svrg";
}

// Whoever follows a protocol.
std::string too_many_gradients(const RunSpec& spec, const Problem& problem) {
  const auto needed = make_protocol(spec.protocol, spec.workers)->traits().arrivals;
  if (needed <= std::max(problem.examples(), spec.workers)) return "";
  return "an update of " + std::to_string(needed) +
         " gradients needs as many examples, and there are " + std::to_string(problem.examples());
}

std::string what_is_remembered(const RunSpec& spec) {
  const auto traits = make_protocol(spec.protocol, spec.workers)->traits();
  if (traits.exchange == Exchange::gradient)
    return traits.whole_rounds || traits.cancels ? "" : nothing_stale(spec);
  if (auto why = no_average_of_replicas(spec); !why.empty()) return why;
  return one_memory(spec, "replicas");
}

/// `what` are so many processes: "" if there are, else how to start them.
std::string too_few_processes(const std::string& what, std::size_t needed) {
  if (needed <= processes()) return "";
  return what + " are as many processes, and " + std::to_string(processes()) +
         (processes() == 1 ? " was" : " were") + " started: begin the command with mpirun -n " +
         std::to_string(needed);
}

}  // namespace

std::string always() {
  return "";
}
std::string needs_onednn() {
  return unavailable_kernels("onednn");
}

// What every strategy asks of a configuration.
std::string common(const RunSpec& spec, const Problem& problem) {
  if (spec.workers > kMostThreads)
    return "at most " + std::to_string(kMostThreads) + " workers can be real threads";
  return usable(spec, problem);
}

std::string one_worker_only(const RunSpec& spec, const Problem& problem) {
  if (spec.workers != 1) return "one worker only: it is the reference for all others";
  return common(spec, problem);
}

std::string in_versions(const RunSpec& spec, const Problem& problem) {
  if (auto why = one_memory(spec, "versions"); !why.empty()) return why;
  if (spec.workers > 1 && needs(spec.step.policy, kNeedsMemory))
    return "staleness policy '" + std::string(policy_entry(spec.step.policy).name) +
           "' keeps one memory of all updates, and here there is no server to keep it: a version "
           "is made by several workers at once, and published by one";
  return common(spec, problem);
}

// Where other updates may land between a gradient's read and its own.
std::string landing_stale(const RunSpec& spec, const Problem& problem) {
  if (auto why = nothing_stale(spec); !why.empty()) return why;
  return common(spec, problem);
}

// τ must be known when an update lands.
std::string no_versions(const RunSpec& spec, const Problem& problem) {
  if (spec.workers > 1 && spec.step.policy != StalenessPolicy::none)
    return "a staleness policy needs versions, and lock-free shared parameters have none";
  return landing_stale(spec, problem);
}

std::string can_follow(const RunSpec& spec) {
  if (auto why = why_not_protocol(spec.protocol, spec.workers); !why.empty()) return why;
  const auto protocol = make_protocol(spec.protocol, spec.workers);
  if (protocol->traits().exchange != Exchange::gradient &&
      spec.step.policy != StalenessPolicy::none)
    return "a staleness policy damps or corrects gradients, and under this protocol replicas "
           "travel";
  if (protocol->traits().exchange != Exchange::gradient && spec.max_staleness != kNoLimit)
    return "`max staleness` throws gradients away, and under this protocol replicas travel";
  return "";
}

std::string under_protocol(const RunSpec& spec, const Problem& problem) {
  if (auto why = can_follow(spec); !why.empty()) return why;
  if (auto why = too_many_gradients(spec, problem); !why.empty()) return why;
  if (auto why = what_is_remembered(spec); !why.empty()) return why;
  return common(spec, problem);
}
std::string can_be_simulated(const RunSpec& spec) {
  if (auto why = can_follow(spec); !why.empty()) return why;
  return why_not_simulated(spec);
}
std::string simulated(const RunSpec& spec, const Problem& problem) {
  if (auto why = can_be_simulated(spec); !why.empty()) return why;
  if (auto why = too_many_gradients(spec, problem); !why.empty()) return why;
  if (auto why = usable(spec, problem); !why.empty()) return why;
  if (auto why = what_is_remembered(spec); !why.empty()) return why;
  return why_no_replicas(spec, problem);
}

// Updates are made on a replica, and how stale they are is known when they are exchanged.
std::string made_before_landing(const RunSpec& spec, const Problem& problem) {
  if (spec.workers > 1 && spec.step.policy != StalenessPolicy::none)
    return "a staleness policy needs an update's staleness when it is made; here it is known when "
           "the replica is exchanged";
  if (auto why = no_average_of_replicas(spec); !why.empty()) return why;
  if (auto why = one_memory(spec, "replicas"); !why.empty()) return why;
  return common(spec, problem);
}

std::string onednn_inside(const RunSpec& spec, const Problem& problem) {
  RunSpec with_team = spec;
  with_team.kernels = "onednn";
  with_team.workers = 1;  // the rest are threads of its own
  return common(with_team, problem);
}

std::size_t processes() {
  return place_in_job().ranks;
}

/// Each rank is one worker, and has all parameters.
std::string over_ranks(const RunSpec& spec, const Problem& problem) {
  if (auto why = too_few_processes(std::to_string(spec.workers) + " workers", spec.workers);
      !why.empty())
    return why;
  if (!is_over_processes(spec.simulation.all_reduce))
    return "an all-reduce between processes has no server: mpi, ring, recursive-doubling or tree";
  if (spec.workers > 1 && rule_entry(spec.rule.name).estimate != Estimate::plain)
    return std::string(spec.rule.name) +
           " corrects gradients by what all workers remember of earlier ones, and between "
           "processes "
           "that does not travel: one process can run it";
  return common(spec, problem);
}

/// Some ranks are servers, each with a range of the parameters.
std::string around_servers(const RunSpec& spec, const Problem& problem) {
  const std::size_t shards = spec.simulation.shards;
  if (auto why = too_few_processes(
          std::to_string(spec.workers) + (spec.workers == 1 ? " worker and " : " workers and ") +
              std::to_string(shards) + (shards == 1 ? " server" : " servers"),
          spec.workers + shards);
      !why.empty())
    return why;
  const RuleEntry& rule = rule_entry(spec.rule.name);
  if (rule.full_gradients != nullptr)
    return std::string(rule.name) +
           " asks for full gradients, and processes around a server do not share them: one process "
           "can run it";
  if (rule.estimate != Estimate::plain && shards > 1)
    return std::string(rule.name) +
           " remembers a slope of each example, for all parameters at once: one server can";
  return under_protocol(spec, problem);
}

}  // namespace requirements
}  // namespace sgdbench
