// The one table of backends: a new one is its file, a row here (with what makes it) and a line of
// CMake.

#include <algorithm>
#include <memory>
#include <string>

#include "backends/backend.h"
#include "backends/mpi/job.h"
#include "backends/protocols/protocol.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {

// What the strategies' files have for this table, and for nobody else.
std::unique_ptr<Backend> make_sequential(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_onednn(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_openmp_sync(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_hogwild(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_downpour(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_leashed(const RunSpec&, const Problem&);
/// The protocol is `async` whatever the spec says.
std::unique_ptr<Backend> make_locked(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_parameter_server(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_simulator(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_mpi_allreduce(const RunSpec&, const Problem&);
/// "" if these workers, times and network can be simulated, else why not.
std::string why_not_simulated(const RunSpec&);
std::string why_no_replicas(const RunSpec&, const Problem&);

namespace {

std::string unavailable_kernels(std::string_view name) {
  return std::string(find_by_name(kernel_catalog(), "kernel set", name).why_not);
}

std::string always() {
  return "";
}
std::string needs_onednn() {
  return unavailable_kernels("onednn");
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
  const std::string workers = std::to_string(spec.workers);
  if (spec.workers > processes())
    return workers + " workers are as many processes, and " + std::to_string(processes()) +
           (processes() == 1 ? " was" : " were") + " started: begin the command with mpirun -n " +
           workers;
  if (!is_over_processes(spec.simulation.all_reduce))
    return "an all-reduce between processes has no server: mpi, ring, recursive-doubling or tree";
  if (spec.workers > 1 && rule_entry(spec.rule.name).estimate != Estimate::plain)
    return std::string(spec.rule.name) +
           " corrects gradients by what all workers remember of earlier ones, and between "
           "processes "
           "that does not travel: one process can run it";
  return common(spec, problem);
}

std::size_t one_of_each_worker(const RunSpec& spec) {
  return spec.workers;
}
std::size_t of_protocol(const RunSpec& spec) {
  return gradients_per_update(spec.protocol, spec.workers);
}
std::size_t landing_under_protocol(const RunSpec& spec) {
  if (!why_not_protocol(spec.protocol, spec.workers).empty()) return 1;
  const auto traits = make_protocol(spec.protocol, spec.workers)->traits();
  return traits.arrivals * traits.steps;
}
std::size_t of_an_exchange(const RunSpec& spec) {
  return std::max<std::size_t>(1, spec.exchange / spec.batch);
}
// Also of one worker, so that it is the baseline of several.
bool of_several(const RunSpec& spec) {
  return gradients_per_update(spec.protocol, std::max<std::size_t>(2, spec.workers)) > 1;
}

bool yes(const RunSpec&) {
  return true;
}
bool in_fixed_order(const RunSpec& spec) {
  const auto how = spec.simulation.all_reduce;
  return spec.workers == 1 || (how != AllReduce::usual && how != AllReduce::library);
}
bool with_one_worker(const RunSpec& spec) {
  return spec.workers == 1;
}
bool with_rounds(const RunSpec& spec) {
  if (!why_not_protocol(spec.protocol, spec.workers).empty()) return false;
  return spec.workers == 1 || make_protocol(spec.protocol, spec.workers)->traits().whole_rounds;
}

/// Where workers meet at every update: a meeting of a few threads takes some microseconds, as do
/// so many sparse examples.
constexpr std::size_t kBatchWorthMeeting = 64;
/// But so many updates an epoch are left, or there would be nothing to learn by.
constexpr std::size_t kUpdatesOfEpoch = 32;

}  // namespace

std::size_t examples_per_update(const BackendEntry& backend, const RunSpec& spec, std::size_t n) {
  const auto gradients = backend.gradients_per_update ? backend.gradients_per_update(spec) : 1;
  return std::min(n, spec.batch * gradients);
}

std::uint64_t examples_landing(const BackendEntry& backend, const RunSpec& spec) {
  const auto gradients =
      backend.gradients_landing ? backend.gradients_landing : backend.gradients_per_update;
  return spec.batch * (gradients ? gradients(spec) : 1);
}

std::size_t suggested_batch(const BackendEntry& backend, const RunSpec& spec,
                            const Problem& problem) {
  const std::size_t own = problem.suggested_batch(), n = problem.examples();
  if (!backend.meets_at_updates || !backend.meets_at_updates(spec)) return own;
  return std::max(own, std::min(kBatchWorthMeeting, n / (kUpdatesOfEpoch * spec.workers)));
}

const std::vector<BackendEntry>& backend_catalog() {
  static const std::vector<BackendEntry> table{
      {.name = "sequential",
       .summary = "one worker; the reference that every other backend is checked against",
       .delays_compute = true,
       .one_worker = true,
       .deterministic = yes,
       .why_not = one_worker_only,
       .unavailable = always,
       .make = make_sequential},
      {.name = "openmp-sync",
       .summary = "synchronous, on OpenMP: P workers, P mini-batches, one averaged update",
       .delays_compute = true,
       .delays_messages = true,
       .gradients_per_update = one_of_each_worker,
       .meets_at_updates = yes,
       .deterministic = yes,
       .why_not = common,
       .unavailable = always,
       .make = make_openmp_sync},
      {.name = "hogwild",
       .summary = "asynchronous, lock-free, in place; `write` store (racy) or cas (nothing lost)",
       .uses_write = true,
       .delays_compute = true,
       .delays_messages = true,
       .deterministic = with_one_worker,
       .why_not = no_versions,
       .unavailable = always,
       .make = make_hogwild},
      {.name = "downpour",
       .summary =
           "asynchronous, on private replicas that exchange changes every `exchange` examples",
       .uses_exchange = true,
       .delays_compute = true,
       .delays_messages = true,
       .gradients_landing = of_an_exchange,
       .deterministic = with_one_worker,
       .why_not = made_before_landing,
       .unavailable = always,
       .make = make_downpour},
      {.name = "locked",
       .summary = "asynchronous, consistent: a lock around update and snapshot",
       .delays_compute = true,
       .delays_messages = true,
       .lists_landings = true,
       .bounds_staleness = true,
       .deterministic = with_one_worker,
       .why_not = landing_stale,
       .unavailable = always,
       .make = make_locked},
      {.name = "leashed",
       .summary = "asynchronous, lock-free and consistent: versions published by compare-and-swap",
       .uses_persistence = true,
       .delays_compute = true,
       .delays_messages = true,
       .lists_landings = true,
       .bounds_staleness = true,
       .deterministic = with_one_worker,
       .why_not = in_versions,
       .unavailable = always,
       .make = make_leashed},
      {.name = "parameter-server",
       .summary = "a versioned server in this process; `protocol` says when it takes and releases",
       .uses_protocol = true,
       .delays_compute = true,
       .delays_messages = true,
       .lists_landings = true,
       .bounds_staleness = true,
       .gradients_per_update = of_protocol,
       .gradients_landing = landing_under_protocol,
       .meets_at_updates = of_several,
       .deterministic = with_rounds,
       .contradiction = can_follow,
       .why_not = under_protocol,
       .unavailable = always,
       .make = make_parameter_server},
      {.name = "simulator",
       .summary = "real gradients under a virtual clock: any number of workers, any network, "
                  "reproducible to the bit",
       .uses_protocol = true,
       .delays_compute = true,
       .delays_messages = true,
       .lists_landings = true,
       .all_reduces = true,
       .bounds_staleness = true,
       .virtual_clock = true,
       .gradients_per_update = of_protocol,
       .gradients_landing = landing_under_protocol,
       .deterministic = yes,
       .contradiction = can_be_simulated,
       .why_not = simulated,
       .unavailable = always,
       .make = make_simulator},
      {.name = "mpi-allreduce",
       .summary =
           "synchronous, on MPI: P processes on any hosts, P mini-batches, one averaged update",
       .delays_compute = true,
       .all_reduces = true,
       .processes = processes,
       .gradients_per_update = one_of_each_worker,
       .meets_at_updates = yes,
       .deterministic = in_fixed_order,
       .why_not = over_ranks,
       .unavailable = why_no_mpi,
       .make = make_mpi_allreduce},
      {.name = "onednn",
       .summary = "one stream of updates; every core has a part of each step, computed by oneDNN",
       .delays_compute = true,
       .own_kernels = "onednn",
       .deterministic = yes,
       .why_not = onednn_inside,
       .unavailable = needs_onednn,
       .make = make_onednn},
  };
  return table;
}

}  // namespace sgdbench
