// The one table of backends. README says what a new one is beside its row.

#include <algorithm>
#include <memory>
#include <string>

#include "backends/backend.h"
#include "backends/mpi/job.h"
#include "backends/protocols/protocol.h"
#include "backends/requirements.h"

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
std::unique_ptr<Backend> make_mpi_parameter_server(const RunSpec&, const Problem&);

namespace {

using namespace requirements;

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
       .uses_shards = true,
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
      {.name = "mpi-parameter-server",
       .summary = "parameter-server on MPI: `shards` processes hold the parameters, all others are "
                  "workers",
       .uses_protocol = true,
       .delays_compute = true,
       .lists_landings = true,
       .bounds_staleness = true,
       .processes = processes,
       .uses_shards = true,
       .gradients_per_update = of_protocol,
       .gradients_landing = landing_under_protocol,
       .meets_at_updates = of_several,
       .deterministic = with_rounds,
       .contradiction = can_follow,
       .why_not = around_servers,
       .unavailable = why_no_mpi,
       .make = make_mpi_parameter_server},
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
