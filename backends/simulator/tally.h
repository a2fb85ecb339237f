// What becomes of gradients where there is nothing to learn: counts, and nothing else.
//
// The idea: to a timing study every task is like every other, so that the protocol's decisions and
// three counts per worker are all there is. It has Learner's members (learner.h), for a problem
// without parameters.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "backends/protocols/protocol.h"
#include "backends/run.h"

namespace sgdbench {

class Tally {
 public:
  /// Events between two looks for an interrupt.
  static constexpr std::uint64_t kPollEvery = 4096;

  Tally(Run& run, std::unique_ptr<Protocol> protocol, std::size_t message_bytes)
      : run_(run),
        protocol_(std::move(protocol)),
        bytes_(static_cast<double>(message_bytes)),
        tasks_(run.plan.blocks() * traits().arrivals),
        examples_(run.spec.batch * traits().steps),
        piles_(run.spec.assign == Assign::dynamic ? 1 : run.contexts.size()),
        counts_(run.contexts.size()),
        shared_(run.spec.recording ? run.contexts.front().staleness : nullptr) {
    held_.reserve(traits().arrivals);
  }

  const ProtocolTraits& traits() const { return protocol_->traits(); }

  bool deal(std::size_t worker) {
    Pile& pile = piles_[piles_.size() == 1 ? 0 : worker];
    if (pile.returned != 0) {
      --pile.returned;
      return true;
    }
    if (pile.taken * piles_.size() + (piles_.size() == 1 ? 0 : worker) >= tasks_) return false;
    ++pile.taken;
    return true;
  }
  void pull(std::size_t worker) { counts_[worker].version = version_; }
  std::size_t gradients(std::size_t) const { return traits().steps; }
  double pull_bytes(std::size_t) const { return bytes_; }
  double push_bytes(std::size_t) const { return bytes_; }
  double all_bytes() const { return bytes_; }
  std::uint64_t staleness(std::size_t worker) const { return version_ - counts_[worker].version; }

  void throw_away(std::size_t worker) { ++counts_[worker].dropped; }
  Decision arrive(std::size_t worker) {
    Count& count = counts_[worker];
    const std::uint64_t version = std::exchange(count.version, kIn);
    const std::uint64_t staleness = version_ - version;
    const Decision decision = protocol_->arrived(worker, staleness);
    if (decision == Decision::discard) {
      throw_away(worker);
      give_back(worker);
    } else {
      held_.push_back({static_cast<std::uint32_t>(worker), version});
    }
    return decision;
  }
  std::span<const std::uint32_t> cancel_rest() {
    cancelled_.clear();
    if (!traits().cancels) return cancelled_;
    for (std::uint32_t worker = 0; worker < counts_.size(); ++worker) {
      if (counts_[worker].version == kIn) continue;
      counts_[worker].version = kIn;
      give_back(worker);
      cancelled_.push_back(worker);
    }
    return cancelled_;
  }
  void update() {
    stalest_ = 0;
    for (const auto& held : held_) {
      const std::uint64_t staleness = version_ - held.version;
      stalest_ = std::max(stalest_, staleness);
      note_staleness(held.worker, staleness);
      Count& count = counts_[held.worker];
      ++count.landed;
      count.last_update = version_ + 1;
    }
    ++counts_[held_.back().worker].updates;
    landed_ += held_.size();
    held_.clear();
    ++version_;
  }
  bool retire(std::size_t worker) { return protocol_->retire(worker); }
  std::span<const std::uint32_t> released() const { return protocol_->released(); }
  bool may_return_work() const { return traits().cancels || traits().discards; }
  bool finished() const { return landed_ == tasks_; }
  std::uint64_t version() const { return version_; }
  std::uint64_t stalest() const { return stalest_; }
  void observe(Nanoseconds) {}

  /// Writes the counts where a report is made of them. What is held lands nowhere.
  void close() {
    for (const auto& held : held_) ++counts_[held.worker].dropped;
    for (std::size_t w = 0; w < counts_.size(); ++w) {
      const Count& count = counts_[w];
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
  static constexpr std::uint64_t kIn = UINT64_MAX;  ///< nothing is in flight
  struct Count {
    std::uint64_t version = kIn;  ///< at the pull of what is in flight
    std::uint64_t landed = 0, dropped = 0, updates = 0, last_update = 0;
  };
  struct Pile {
    std::uint64_t taken = 0, returned = 0;
  };
  struct Held {
    std::uint32_t worker;
    std::uint64_t version;
  };
  /// Without a look at the context, where all have one histogram: that is a miss of the cache.
  void note_staleness(std::size_t worker, std::uint64_t staleness) {
    if (shared_)
      shared_->add(staleness, traits().steps);
    else if (run_.spec.recording)
      run_.contexts[worker].report.staleness.add(staleness, traits().steps);
  }
  void give_back(std::size_t worker) { ++piles_[piles_.size() == 1 ? 0 : worker].returned; }

  Run& run_;
  std::unique_ptr<Protocol> protocol_;
  double bytes_;
  std::uint64_t tasks_, examples_;
  std::vector<Pile> piles_;
  std::vector<Count> counts_;
  StalenessHistogram* shared_;
  std::vector<Held> held_;
  std::vector<std::uint32_t> cancelled_;
  std::uint64_t version_ = 0, landed_ = 0, stalest_ = 0;
};

}  // namespace sgdbench
