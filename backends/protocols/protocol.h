// When a server takes a gradient and when it lets a worker go on.
//
// A protocol is a state machine without a clock, a thread or a parameter in it: it is told who
// arrived and says what to do. Real threads, processes and the simulator share this definition.
// K counts gradients, P workers, τ the updates between a gradient's read and its arrival.
//
//   async            every gradient is applied when it arrives; nobody waits.
//   ssp:S            the same, but a worker starts its clock c only while c − c_min ≤ S, c_min
//                    being the slowest worker's completed clocks (Ho et al. 2013).
//   bsp              bulk-synchronous: one averaged update of every worker's gradient, then all go
//                    on (Valiant 1990).
//   k-sync:K         the first K workers' gradients make an update, the rest is cancelled (backup
//                    workers: Chen et al. 2016; the names: Dutta et al. 2018).
//   k-batch-sync:K   the same, but who has arrived starts another at the same parameters: the first
//                    K gradients, whoever's.
//   k-async:K        the first K workers' make an update and those K go on; nobody is cancelled.
//   k-batch-async:K  nobody waits; every K gradients make an update.
//   local:H          each worker makes H steps of its own; then all are averaged (local SGD,
//                    Stich 2019). local:1 is bsp: the mean of one step each is one step with the
//                    mean gradient.
//   elastic:A[,N]    every N steps of its own (10), a worker and the centre move towards each
//                    other by A times their distance (EASGD, Zhang et al. 2015).
//   ringmaster:R     async, but a gradient with τ ≥ R is thrown away (Maranjyan et al. 2025).
//
// Under any of them gradients may be bounded: one with τ above the bound is thrown away when it
// arrives, and its worker goes on at once, from the newest parameters. That ends, whatever the
// bound and however many the workers: since the last update every worker whose gradient was thrown
// away has read the parameters of that update, so that after one arrival of each worker that was at
// work then, all that is in flight has τ = 0, which no bound refuses. The first of these to arrive
// is applied or held, and of what is held nothing is ever thrown away.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

enum class Decision {
  apply,    ///< this arrival and all that are held become one update now
  hold,     ///< it is kept for a later update
  discard,  ///< it is thrown away
};

/// What travels between a worker and the server.
enum class Exchange {
  gradient,  ///< parameters there, a gradient sum back
  average,   ///< a replica trained for `steps` mini-batches, averaged with all others
  elastic,   ///< a replica that meets the centre
};

/// What does not change during a run.
struct ProtocolTraits {
  std::size_t arrivals = 1;  ///< of one update, while nobody has retired
  bool cancels = false;      ///< an update throws away whatever is still being computed
  std::uint64_t max_staleness = UINT64_MAX;  ///< what is staler is thrown away
  /// Who may start depends on the slowest worker, so that one without work must retire.
  bool paced = false;
  bool overlaps = false;      ///< a worker may go on while its gradient is held
  bool whole_rounds = false;  ///< every update is one arrival of each worker: no order matters
  Exchange exchange = Exchange::gradient;
  std::size_t steps = 1;  ///< mini-batches between two contacts with the server
  double alpha = 0;       ///< elastic: A

  /// Whether anything can be too stale.
  bool discards() const { return max_staleness != UINT64_MAX; }
};

/// Thread safety: none; the server that owns it serialises its calls.
class Protocol {
 public:
  virtual ~Protocol() = default;
  const ProtocolTraits& traits() const { return traits_; }

  /// Work of `worker` has arrived, computed from parameters that have since changed `staleness`
  /// times.
  Decision arrived(std::size_t worker, std::uint64_t staleness) {
    if (staleness <= traits_.max_staleness) return accept(worker);
    released_.assign(1, static_cast<std::uint32_t>(worker));
    return Decision::discard;
  }
  /// `worker` has no more work: nobody waits for it from now on. True if what is held is complete
  /// without it and becomes an update now.
  virtual bool retire(std::size_t worker) = 0;
  /// The workers that may start because of the last call, ascending: those that it cancelled among
  /// them, and the one that arrived unless it must wait.
  std::span<const std::uint32_t> released() const { return released_; }

  /// From the beginning, what is staler is thrown away.
  void bound_staleness(std::uint64_t most);

 protected:
  explicit Protocol(const ProtocolTraits& traits) : traits_(traits) { released_.reserve(1); }
  /// What arrived() says of what isn't too stale.
  virtual Decision accept(std::size_t worker) = 0;

  std::vector<std::uint32_t> released_;

 private:
  ProtocolTraits traits_;
};

struct ProtocolEntry {
  std::string_view name;     ///< before the colon
  std::string_view form;     ///< with its parameter, as in "ssp:S"
  std::string_view example;  ///< one that any number of workers can follow
  std::string_view summary;
};
const std::vector<ProtocolEntry>& protocol_catalog();

/// From "async", "bsp", "ssp:4"; throws UsageError for text that no number of workers could make
/// right.
void check_protocol(std::string_view text);

/// The protocol of the same kind whose replicas make at most so many steps between two contacts,
/// and which moves the centre half of the way: few updates show all that it does.
std::string short_form(std::string_view text, std::size_t steps);

/// Mini-batches that one update of `workers` averages; 1 where replicas travel, whose updates are
/// their own, and where `workers` can't follow it.
std::size_t gradients_per_update(std::string_view text, std::size_t workers);

/// "" if `workers` can follow it; else why not: "k-sync:9 needs 9 workers".
std::string why_not_protocol(std::string_view text, std::size_t workers);

/// Under which what is staler than `max_staleness` is thrown away; throws UsageError.
std::unique_ptr<Protocol> make_protocol(std::string_view text, std::size_t workers,
                                        std::uint64_t max_staleness = UINT64_MAX);

}  // namespace sgdbench
