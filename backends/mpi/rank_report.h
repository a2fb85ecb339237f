// What all ranks of a run tell each other at its end.
#pragma once

#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "backends/mpi/communicator.h"
#include "results/timeline.h"

namespace sgdbench {

/// A value of every rank's, in the order of ranks, on every rank.
template <class Value>
std::vector<Value> gathered(const Communicator& ranks, const Value& mine) {
  static_assert(std::is_trivially_copyable_v<Value>);
  const auto texts = ranks.gather({reinterpret_cast<const char*>(&mine), sizeof mine});
  std::vector<Value> all(texts.size());
  for (std::size_t r = 0; r < all.size(); ++r) std::memcpy(&all[r], texts[r].data(), sizeof mine);
  return all;
}

/// How long a rank was in each phase.
struct SpentTimes {
  Nanoseconds spent[kPhases];

  explicit SpentTimes(const Stopwatch& time) {
    for (const auto phase : kAllPhases) spent[static_cast<std::size_t>(phase)] = time.spent(phase);
  }
  SpentTimes() = default;
  Nanoseconds elapsed() const {
    Nanoseconds sum = 0;
    for (const Nanoseconds each : spent) sum += each;
    return sum;
  }
  /// The same as a stopwatch of a run that took `wall`: who is done before the last waits for it.
  Stopwatch stopwatch(Nanoseconds wall) const {
    Stopwatch watch;
    Nanoseconds time = 0;
    watch.start(time);
    for (const auto phase : kAllPhases) {
      watch.enter(phase, time);
      time += spent[static_cast<std::size_t>(phase)];
    }
    watch.enter(Phase::wait, time);
    watch.stop(wall);
    return watch;
  }
};

/// The tracks of all ranks; times count from each rank's own start, behind one barrier.
std::vector<Track> gathered_tracks(const Communicator& ranks, const Track& mine,
                                   std::size_t slices);

/// Rank 0 looks at a point of the curve, and says whether the run ends there; all others sleep, and
/// their clocks stand still as rank 0's does. By all ranks; `at_point` is rank 0's.
bool ends_at(const Communicator& ranks, const AtPoint& at_point, const Snapshot& snapshot);

/// The main thread is a worker's while a run lasts, and has all cores again behind it, as have the
/// threads that it starts then.
class TiedThread {
 public:
  TiedThread(bool wanted, std::size_t core);
  ~TiedThread();
  TiedThread(const TiedThread&) = delete;
  TiedThread& operator=(const TiedThread&) = delete;

  bool is_tied() const { return is_tied_; }

 private:
  const bool is_tied_;
};

/// Which of the cores of its process a rank takes: those that share cores take one each, in their
/// order, from this rank on. By all ranks.
std::size_t core_of_rank(const Communicator& ranks, std::size_t first = 0);

}  // namespace sgdbench
