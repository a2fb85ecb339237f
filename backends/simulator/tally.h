// A server without parameters: what becomes of gradients where there is nothing to learn.
//
// The idea: to a timing study every task is like every other, so that what workers have in flight
// (arrivals.h), how many tasks are left and three counts per worker are all there is. It has
// Learner's members (learner.h), for a problem without parameters.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "backends/arrivals.h"
#include "backends/run.h"

namespace sgdbench {

/// A worker, and what became of its work.
struct Counted : InFlight {
  std::uint64_t landed = 0, dropped = 0, updates = 0, last_update = 0;
};

class Tally : public Arrivals<Counted, Arrival> {
 public:
  /// Events between two looks for an interrupt.
  static constexpr std::uint64_t kPollEvery = 4096;

  Tally(Run& run, std::unique_ptr<Protocol> protocol, std::size_t message_bytes)
      : Arrivals(std::move(protocol), run.contexts.size()),
        run_(run),
        bytes_(static_cast<double>(message_bytes)),
        tasks_(run.plan.blocks() * traits().arrivals),
        examples_(run.spec.batch * traits().steps),
        lines_(run.spec.assign == Assign::dynamic ? 1 : run.contexts.size()),
        shared_(run.spec.recording ? run.contexts.front().staleness : nullptr) {}

  bool open_next() { return false; }  // no rule, no full gradients
  void full_gradient() {}
  bool deal(std::size_t worker) {
    Line& line = lines_[lines_.size() == 1 ? 0 : worker];
    if (line.returned != 0) {
      --line.returned;
      return true;
    }
    if (line.taken * lines_.size() + (lines_.size() == 1 ? 0 : worker) >= tasks_) return false;
    ++line.taken;
    return true;
  }
  void pull(std::size_t worker) { in_flight_[worker].version = version_; }
  std::size_t gradients(std::size_t) const { return traits().steps; }
  double pull_bytes(std::size_t) const { return bytes_; }
  double push_bytes(std::size_t) const { return bytes_; }
  double all_bytes() const { return bytes_; }

  void throw_away(std::size_t worker) { ++in_flight_[worker].dropped; }
  Decision arrive(std::size_t worker) {
    const Decision decision = Arrivals::arrive(worker, [](Arrival&, const Counted&) {});
    if (decision == Decision::discard) {
      throw_away(worker);
      give_back(worker);
    }
    return decision;
  }
  std::span<const std::uint32_t> cancel_rest() {
    const auto cancelled = Arrivals::cancel_rest();
    for (const auto worker : cancelled) give_back(worker);
    return cancelled;
  }
  void update() {
    begin_update([&](const Arrival& held, std::uint64_t staleness) {
      note_staleness(held.worker, staleness);
      Counted& count = in_flight_[held.worker];
      ++count.landed;
      count.last_update = version_ + 1;
    });
    ++in_flight_[completer_].updates;
    end_update();
  }
  bool finished() const { return landed_work_ == tasks_; }
  void observe(Nanoseconds) {}

  /// Writes the counts where a report is made of them. What is held lands nowhere.
  void close() {
    for (const auto& one : held()) throw_away(one.worker);
    for (std::size_t w = 0; w < in_flight_.size(); ++w) {
      const Counted& count = in_flight_[w];
      WorkerContext& context = run_.contexts[w];
      context.updates.store(count.updates, std::memory_order_relaxed);
      context.examples.store(count.landed * examples_, std::memory_order_relaxed);
      context.report.dropped = count.dropped * examples_;
      context.report.computed = (count.landed + count.dropped) * examples_;
      context.report.last_update = count.last_update;
      if (traits().exchange != Exchange::gradient)
        context.report.local_steps = (count.landed + count.dropped) * traits().steps;
    }
  }

 private:
  struct Line {
    std::uint64_t taken = 0, returned = 0;
  };
  /// Without a look at the context, where all have one histogram: that is a miss of the cache.
  void note_staleness(std::size_t worker, std::uint64_t staleness) {
    if (shared_)
      shared_->add(staleness, traits().steps);
    else if (run_.spec.recording)
      run_.contexts[worker].report.staleness.add(staleness, traits().steps);
  }
  void give_back(std::size_t worker) { ++lines_[lines_.size() == 1 ? 0 : worker].returned; }

  Run& run_;
  double bytes_;
  std::uint64_t tasks_, examples_;
  std::vector<Line> lines_;
  StalenessHistogram* shared_;
};

}  // namespace sgdbench
