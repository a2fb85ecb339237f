// Dealing work out to workers whose updates are made of several gradients, and taking it back.
//
// The idea: the run is cut into rounds, a round being the examples of one update; each round has
// one share for every arrival that the update is made of. A task is one share. A task that was
// thrown away goes back and is dealt again before any other, so that every example of an epoch
// lands, whatever the protocol.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <queue>
#include <vector>

#include "backends/run_spec.h"
#include "backends/work_plan.h"

namespace sgdbench {

/// What a worker does between two contacts with the server: its share of each mini-batch of a
/// round.
struct Task {
  std::uint64_t number = 0;  ///< in the order of the plan
  Stretch round;             ///< the mini-batches of all shares together
  std::size_t share = 0, shares = 1;
  std::size_t steps = 0;     ///< mini-batches
  std::size_t examples = 0;  ///< of this share, in all of them

  /// Mini-batches that this share has a part in.
  std::size_t gradients() const { return examples == 0 ? 0 : steps; }
  /// This share of mini-batch k; empty where there are fewer examples than shares.
  Stretch step(std::size_t k) const {
    Stretch one = round;
    one.begin += k * round.batch;
    one.end = one.begin + round.batch;
    one.first_update += k;
    return shares == 1 ? one : share_of(one, share, shares);
  }
};

/// All of a stretch as the task of one.
inline Task whole_task(const Stretch& stretch) {
  Task task;
  task.round = stretch;
  task.shares = 1;
  task.steps = stretch.updates();
  task.examples = stretch.end - stretch.begin;
  return task;
}

/// Thread safety: workers may ask at the same time, each for itself.
class Dealer {
 public:
  Dealer(const WorkPlan& plan, std::size_t shares, Assign assign, std::size_t workers);

  /// The next task for `worker`; nothing where all that it could have is dealt out.
  std::optional<Task> next(std::size_t worker);
  /// A task of `worker` was thrown away.
  void give_back(std::size_t worker, const Task& task);

  std::uint64_t tasks() const { return tasks_; }

 private:
  using Numbers = std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>>;
  struct Pile {
    std::atomic<std::uint64_t> taken{0};
    std::atomic<std::size_t> returns{0};  // a hint: returned is looked at only where there are any
    Numbers returned;
  };

  Pile& pile_of(std::size_t worker) { return piles_[piles_.size() == 1 ? 0 : worker]; }
  std::optional<std::uint64_t> take_returned(Pile& pile);
  Task task(std::uint64_t number) const;

  const WorkPlan& plan_;
  const std::size_t shares_;
  const std::uint64_t tasks_;
  std::vector<Pile> piles_;  // one for all, or one for each where each keeps to its own
  std::mutex returning_;
};

}  // namespace sgdbench
