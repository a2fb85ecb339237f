// A worker whose servers are other processes: the loop of all committing strategies
// (read_compute_commit in loops.h), whose reads and commits are messages.
//
//   ask     while it computes, it names the coordinates that its next work needs, if it knows what
//           that is: one block ahead
//   push    its gradient, range by range, one value for each of these coordinates
//   accept  the values for its next work, when all servers have answered
//
// Thread safety: the main thread's alone.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "backends/mpi/shard.h"
#include "backends/work_queue.h"

namespace sgdbench {

/// What a worker knows of its messages at the end.
struct RemoteReport {
  std::uint64_t sent = 0, received = 0;  ///< bytes
  Traffic traffic;
  /// Of the versions in one answer of several servers: the largest difference, summed over answers.
  std::uint64_t spread = 0, answers = 0;
};

class RemoteWorker {
 public:
  /// `queue` tells what a task's number means. `stand_still` is called where all do, for the first
  /// server's evaluation. References must outlive it.
  RemoteWorker(const ServedRun& served, std::size_t worker, const WorkQueue& queue,
               std::function<void()> stand_still);

  /// Until there is no more work; what it throws has been told to the servers.
  RemoteReport work();

  // What the loop asks for.
  bool begin(Run&, std::size_t) {
    context_.enter(Activity::pull, 1);
    return next_turn();
  }
  std::size_t gradients(std::size_t) const { return served_.replicas() ? current_.task.steps : 1; }
  std::uint64_t number(std::size_t) const { return gradient_; }
  std::uint64_t pull_bytes(Run&, std::size_t) const { return 0; }
  std::uint64_t push_bytes(Run&, std::size_t) const { return 0; }
  PullTicket pull_ticket(std::size_t) const { return {}; }
  void compute(Run& run, std::size_t worker);
  bool commit(Run& run, std::size_t worker, Made made);

 private:
  /// What it computes between two messages.
  struct Item {
    std::uint64_t number = Header::kNone;
    std::size_t examples = 0;
    std::span<const std::uint32_t> rows;
    Task task;  ///< where replicas travel
  };

  void begin_task(std::uint64_t number);
  void take_next();
  void ask();
  void push(Made made);
  void fill(std::size_t shard, std::span<Real> values) const;
  bool next_turn();
  bool hear(std::size_t shard, const Message& message);
  void accept();
  void end_contact();
  void look();
  void leave();
  bool is_moving();
  bool over() const { return run_.stop.reason() != Stopped::completed; }

  const ServedRun& served_;
  Run& run_;
  const std::size_t worker_;
  WorkerContext& context_;
  const WorkQueue& queue_;
  std::function<void()> stand_still_;
  const bool blocks_;
  std::vector<Sender> servers_;
  std::vector<Header> pushed_;  // the last one to each server
  Mailbox from_servers_;

  Item current_, next_;
  BlockWalk walk_;  // of the task that next_ is of
  std::uint64_t ahead_ = Header::kNone;
  std::vector<std::uint32_t> rows_[2];  // of this task and of the one before
  std::size_t rows_at_ = 0;
  // For each server, where in the block's support its coordinates are: of next_ and of current_.
  std::vector<std::vector<std::uint32_t>> places_[2];
  std::size_t places_at_ = 0;  // of next_
  AlignedVector<Real> values_, replica_;

  std::vector<std::optional<Message>> answers_;  // of each server, for next_
  std::size_t answered_ = 0;
  std::uint64_t gradient_ = 0;
  Nanoseconds begun_ = 0, waited_ = 0;
  std::uint64_t became_ = 0, read_ = 0, read_before_ = 0;
  bool computes_ = false, ended_ = false;
  std::uint64_t cancelled_ = Header::kNone;  // work that was cancelled since it was served
  std::size_t byes_ = 0;
  RemoteReport report_;
};

}  // namespace sgdbench
