// Cutting a run into pieces of work that workers take one at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <queue>
#include <span>
#include <vector>

#include "backends/run_spec.h"

namespace sgdbench {

/// Up to `length` consecutive mini-batches of one epoch and of one size.
struct Block {
  std::uint64_t epoch = 0;
  std::size_t begin = 0, end = 0;    ///< positions in the epoch's order of examples
  std::size_t batch = 1;             ///< examples of each mini-batch
  std::uint64_t first_update = 0;    ///< t of the first mini-batch, counted over the whole run
  std::uint64_t examples_after = 0;  ///< examples of the plan up to and including this block

  std::uint64_t updates() const { return (end - begin + batch - 1) / batch; }
};

/// What worker `me` of `workers` computes of a round: shares differ by one example at most, and
/// only the last ones can be empty.
Block share_of(const Block& round, std::size_t me, std::size_t workers);

/// Every epoch is cut into ⌈n/batch⌉ mini-batches, so that it is n example gradients whatever the
/// batch. Their sizes differ by one at most: a short last mini-batch would be the noisiest update
/// of every epoch, and the last one of the run.
///
/// Where workers are to meet, for a full gradient, the plan falls into segments, whose borders no
/// block crosses. One of them is open, at first the first: the others are not counted before, for
/// there may be millions.
///
/// Thread safety: immutable but for open_next().
class WorkPlan {
 public:
  /// What a limit counts.
  enum class Limit { mini_batches, blocks };

  /// Each call gives the next border, a number of examples, ascending; null: there are none.
  using Borders = std::function<std::uint64_t()>;

  /// `updates` = 0: no limit but the epochs; where blocks are limited and there are borders,
  /// `length` is 1. Segments end with the first mini-batch that reaches a border.
  WorkPlan(std::size_t examples, std::size_t batch, std::size_t length, std::uint64_t epochs,
           std::uint64_t updates, Limit limit = Limit::mini_batches, Borders borders = {});

  /// Goes on to the next segment; false where the open one is the last.
  bool open_next();
  /// Blocks before the open segment, and those with it: where there are no borders, all.
  std::uint64_t first_block() const { return first_block_; }
  std::uint64_t blocks() const { return blocks_; }
  std::uint64_t updates() const { return updates_; }  ///< mini-batches in all
  std::uint64_t examples() const { return examples_after(updates_); }
  Block block(std::uint64_t k) const;  ///< of the open segment
  /// Mini-batch t of the run.
  Block mini_batch(std::uint64_t t) const;

 private:
  std::uint64_t examples_after(std::uint64_t updates) const;
  std::size_t position(std::uint64_t batch) const;
  std::uint64_t blocks_up_to(std::uint64_t batch) const;
  std::uint64_t batches_up_to(std::size_t position) const;
  void limit_to(std::uint64_t blocks);
  void open(std::uint64_t first_update);
  std::uint64_t next_border();
  /// The first two are within an epoch.
  Block between(std::uint64_t first, std::uint64_t last, std::uint64_t epoch) const;
  Block block_of_head(std::uint64_t k) const;

  std::size_t examples_, length_;
  std::uint64_t batches_per_epoch_;
  std::size_t small_;               // the smaller size of a mini-batch
  std::uint64_t larger_;            // this many mini-batches, the first ones, have one example more
  std::uint64_t blocks_of_larger_;  // in an epoch: none holds both sizes
  std::uint64_t blocks_per_epoch_;
  std::uint64_t updates_ = 0;
  Borders borders_;
  std::uint64_t border_ = 0;  // the next one, in mini-batches

  // The open segment. What it has of an epoch that began before it is its head: mini-batches of the
  // larger size, then of the smaller one. The epochs behind it are whole, but for the last.
  std::uint64_t first_block_ = 0, blocks_ = 0, end_ = 0;
  std::uint64_t head_block_ = 0;  // the first block behind the head
  std::uint64_t head_epoch_ = 0;  // the first epoch behind the head
  struct Piece {
    std::uint64_t blocks = 0, first = 0, end = 0;  // in mini-batches of the epoch
  };
  Piece head_[2];
};

// The work of a run under a server: tasks that workers take, and that come back when they are
// thrown away.
//
// The idea: the run is cut into rounds, a round being the examples of one update; each round has
// one share for every arrival that the update is made of. A task is one share. Where an update is
// one arrival, a worker takes a block of several rounds at once, and pushes each of its
// mini-batches on its own. A task that was thrown away goes back and is dealt again before any
// other, so that every example of an epoch lands, whatever the protocol.

/// What a worker takes from the queue: its share of each mini-batch of a round, or of a block.
struct Task {
  std::uint64_t number = 0;  ///< in the order of the plan
  Block round;               ///< the mini-batches of all shares together
  std::size_t share = 0, shares = 1;
  std::size_t steps = 0;     ///< mini-batches
  std::size_t examples = 0;  ///< of this share, in all of them

  /// Mini-batches that this share has a part in.
  std::size_t gradients() const { return examples == 0 ? 0 : steps; }
  /// This share of mini-batch k; empty where there are fewer examples than shares.
  Block step(std::size_t k) const {
    Block one = round;
    one.begin += k * round.batch;
    one.end = one.begin + round.batch;
    one.first_update += k;
    return shares == 1 ? one : share_of(one, share, shares);
  }
};

/// All of a block as the task of one.
inline Task whole_task(const Block& block) {
  Task task;
  task.round = block;
  task.shares = 1;
  task.steps = block.updates();
  task.examples = block.end - block.begin;
  return task;
}

/// Thread safety: workers may ask at the same time, each for itself.
class WorkQueue {
 public:
  /// `shares` of each round; where tasks are `blocks`, what is pushed is a mini-batch, and its
  /// number is the mini-batch's. `plan` must outlive this.
  WorkQueue(const WorkPlan& plan, std::size_t shares, Assign assign, std::size_t workers,
            bool blocks = false);

  /// From now on, tasks are those of these blocks of the plan; nothing is out. By one thread.
  void open(std::uint64_t first_block, std::uint64_t end);

  /// The next task for `worker`; nothing where all that it could have is taken.
  std::optional<Task> next(std::size_t worker);
  /// The task of this number, `worker`'s, was thrown away.
  void give_back(std::size_t worker, std::uint64_t number);

  /// What is taken under this number.
  Task task(std::uint64_t number) const;
  /// What was pushed under this number.
  Task pushed(std::uint64_t number) const {
    return blocks_ ? whole_task(plan_.mini_batch(number)) : task(number);
  }
  std::uint64_t tasks() const { return tasks_; }

 private:
  using Numbers = std::priority_queue<std::uint64_t, std::vector<std::uint64_t>, std::greater<>>;
  /// What the workers that share it take their tasks from.
  struct Line {
    std::atomic<std::uint64_t> taken{0};
    std::atomic<std::size_t> returns{0};  // a hint: returned is looked at only where there are any
    Numbers returned;
  };

  Line& line_of(std::size_t worker) { return lines_[lines_.size() == 1 ? 0 : worker]; }
  std::optional<std::uint64_t> take_returned(Line& line);

  const WorkPlan& plan_;
  const std::size_t shares_;
  const bool blocks_;
  std::uint64_t tasks_ = 0;  // of all blocks up to the end of what is open
  std::vector<Line> lines_;  // one for all, or one for each where each keeps to its own
  std::mutex returning_;
};

}  // namespace sgdbench
