// What simulated workers compute: real gradients, by one real Worker in their place.
//
// The idea: a gradient depends on the parameters at its pull and on nothing that happens later, so
// it may be computed at any time until they change. It is computed when they are about to, or when
// it arrives: what is cancelled before never is.
//
// Invariant: a gradient that is in flight and not computed was pulled at the parameters as they
// are. Memory is one stored gradient sum (rules/gradient_sum.h) for each gradient that is.
//
// Replicas that are averaged all start at one version, so one replica's memory serves them in turn;
// elastic ones live on and take P times the memory.
//
// Thread safety: none.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "backends/run.h"
#include "backends/server.h"

namespace sgdbench {

class Learner {
 public:
  /// Events between two looks for an interrupt: a gradient may take milliseconds.
  static constexpr std::uint64_t kPollEvery = 1;

  /// `worker` and `run` must outlive this.
  Learner(Run& run, std::unique_ptr<Protocol> protocol, WorkerContext& tool);

  const ProtocolTraits& traits() const { return server_.traits(); }

  /// The plan's next segment; false where there is none. Nothing is in flight.
  bool open_next();
  /// Of the parameters as they are, by the rule; takes no time of its own.
  void full_gradient();
  /// The next task of `worker`; false where there is none now.
  bool deal(std::size_t worker);
  /// It reads the parameters now.
  void pull(std::size_t worker);
  /// Gradients, one after the other, that its task asks for: also those at an anchor.
  std::size_t gradients(std::size_t worker) const;
  /// Bytes of its last pull, and of what it pushes now.
  double pull_bytes(std::size_t worker) const { return works_[worker].pull_bytes; }
  double push_bytes(std::size_t worker);
  /// Of all parameters, or of a replica.
  double all_bytes() const;

  Decision arrive(std::size_t worker);
  /// What `worker` has begun to compute lands nowhere, and never arrives.
  void throw_away(std::size_t worker);
  /// Before an update: whose work it cancels.
  std::span<const std::uint32_t> cancel_rest();
  void update();
  bool retire(std::size_t worker) { return server_.retire(worker); }
  std::span<const std::uint32_t> released() const { return server_.released(); }
  bool may_return_work() const { return server_.may_return_work(); }
  bool finished() const { return server_.landed_work() == queue_.tasks(); }
  std::uint64_t version() const { return server_.version(); }
  std::uint64_t stalest() const { return server_.stalest(); }
  /// τ of what `worker` works on, if it arrived now.
  std::uint64_t staleness(std::size_t worker) const { return server_.staleness(worker); }
  /// A point of the curve, if the last update crossed one.
  void observe(Nanoseconds time) {
    run_.observe_at(time, server_.landed_before(), server_.landed());
  }
  /// What is held when the run is stopped lands nowhere.
  void close();

 private:
  enum class Gradient : unsigned char { none, pulled, computed };
  struct Work {
    Task task;
    double pull_bytes = 0;
    Gradient gradient = Gradient::none;
  };

  bool sends_gradients() const { return traits().exchange == Exchange::gradient; }
  /// Names the task's rows to the real worker.
  void prepare(const Task& task);
  WorkerReport& count_computed(std::size_t worker);
  void compute(std::size_t worker);
  void store(std::size_t worker);
  void check_memory(const GradientSum& gradient_sum);

  Run& run_;
  Server server_;
  WorkQueue queue_;
  WorkerContext& tool_;  // the real worker, and the memory for its rows
  bool counts_bytes_;
  std::vector<Work> works_;
  std::vector<StoredGradient> gradient_sums_;
  std::vector<std::uint32_t> pulled_;  // at the parameters as they are, computed or not
  AlignedVector<Real> sum_;            // of a full gradient; zero between them
  AlignedVector<Real> replica_;        // of whoever is being averaged
  std::vector<AlignedVector<Real>> replicas_;
  bool checked_ = false;  // that the memory suffices
};

}  // namespace sgdbench
