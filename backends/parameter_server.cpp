// SGD around a server (server.h) under any protocol: each worker pulls the coordinates that its
// mini-batch touches, computes, and pushes its gradient (itself, where that lands at once: the
// worker commits it inside the lock); or, where replicas travel, trains one and pushes that.
//
// Source: Li et al., "Scaling distributed machine learning with the parameter server", OSDI 2014;
// Ho et al., "More effective distributed ML via a stale synchronous parallel parameter server",
// NIPS 2013. The lock-based strategy is the same loop with the protocol that never waits:
// consistent asynchronous SGD as in Langford, Smola & Zinkevich, "Slow learners are fast", NIPS
// 2009.
//
// The server has no thread of its own: a worker that pushes does the server's work, inside its
// lock. What a protocol cancels is noticed by its worker at its next contact, or while it sleeps.
//
// Thread safety: what a worker takes and makes of it, its client and its context hold, and it alone
// touches them, but for the members that Client marks: those belong to whoever is inside the
// server's lock, as do the server and what is declared behind it. Of the server a worker reads
// outside what never changes and its own work. Before the workers start, and while all meet between
// two segments, one thread resets everything.

#include <utility>

#include "backends/loops.h"
#include "backends/pooled_backend.h"
#include "backends/server.h"
#include "backends/server_lock.h"

namespace sgdbench {
namespace {

/// Where one worker stands with the server.
struct alignas(64) Client {
  Task task;       ///< what it took last: a block, or its share of a round
  BlockWalk walk;  ///< of that, where gradients travel
  Work next;       ///< what it pulls for next; what it pulled for, the server knows
  bool has_next = false, has_pulled = false;
  std::uint64_t gradient = 0;   ///< number of what it works on among this worker's, from 1
  PullTicket ticket;            ///< of those that it was let go with
  StoredGradient stored;        ///< what it pushes, where it goes on while that is held
  AlignedVector<Real> replica;  ///< [w | state of the rule], where replicas travel: in an update
                                ///< the server's

  // Of whoever is inside the lock.
  bool may_go = true;         ///< the protocol lets it start
  bool cancelled = false;     ///< nobody wants what it works on
  PullTicket release_ticket;  ///< of those that the protocol let start together
};

/// A run is spec.workers threads, each of which does work().
class ParameterServer final : public PooledBackend {
 public:
  ParameterServer(const RunSpec& spec, const Problem& problem, std::string protocol)
      : PooledBackend(spec, problem),
        protocol_(std::move(protocol)),
        clients_(workers()),
        lock_(workers()),
        pulls_(workers()) {}

  // What the loop asks for (loops.h).

  /// The first pull was made by open(), where there was something to pull for.
  bool begin(Run& run, std::size_t worker) {
    if (const Client& client = clients_[worker]; !client.has_pulled) {
      if (client.has_next) prepare(run, worker);
      return contact(run, worker, [] {});
    }
    run.contexts[worker].enter(Activity::compute, clients_[worker].gradient);
    return true;
  }
  std::size_t gradients(std::size_t worker) const {
    return replicas_ ? clients_[worker].task.steps : 1;
  }
  std::uint64_t number(std::size_t worker) const { return clients_[worker].gradient; }
  std::uint64_t pull_bytes(Run& run, std::size_t worker) const {
    if (replicas_) return replica_bytes(run);
    return server_->work(worker).examples == 0 ? 0 : run.contexts[worker].compute->read_bytes();
  }
  std::uint64_t push_bytes(Run& run, std::size_t worker) const {
    if (replicas_) return replica_bytes(run);
    return server_->work(worker).examples == 0 ? 0 : run.contexts[worker].compute->gradient_bytes();
  }
  PullTicket pull_ticket(std::size_t worker) const { return clients_[worker].ticket; }
  /// The gradient at what was read under the lock, outside of it.
  void compute(Run& run, std::size_t worker) {
    WorkerContext& context = run.contexts[worker];
    if (Client& client = clients_[worker]; replicas_)
      return void(*context.report.local_steps +=
                  train_replica(run, context, client.task, client.replica));
    const std::size_t examples = server_->work(worker).examples;
    if (examples != 0) context.compute->compute();
    context.report.computed += examples;
  }
  /// One critical section where the protocol allows: push, and pull for the next work.
  bool commit(Run& run, std::size_t worker, Made made) {
    const Push push = made == Made::whole ? make_push(run, worker) : Push{};
    if (takes_ahead_) clients_[worker].has_next = take(run, worker);
    return contact(run, worker, [&] { deliver(run, worker, push, made); });
  }

 private:
  std::unique_ptr<Protocol> protocol(const RunSpec& spec) const {
    return make_protocol(protocol_, spec.workers, spec.max_staleness);
  }
  Partition partition(const RunSpec& spec) const override {
    const auto traits = protocol(spec)->traits();
    return pushes_blocks(traits) ? committing_partition(spec, problem().examples())
                                 : partition_for(traits, spec);
  }

  /// Where workers start from version 0, their first pull is made here, off the clock.
  void open(Run& run) override {
    server_ =
        std::make_unique<Server>(protocol(run.spec), workers(), run.state, run.rule, run.step_size);
    const auto& traits = server_->traits();
    replicas_ = traits.exchange != Exchange::gradient;
    // Who may have to wait takes nothing with it where those that are idle could need it: an update
    // that lacks that gradient would never come, or be made without it when they retire.
    takes_ahead_ =
        traits.overlaps || (!traits.cancels && (traits.whole_rounds || traits.arrivals == 1));
    queue_ = std::make_unique<WorkQueue>(run.plan, traits.arrivals, run.spec.assign, workers(),
                                         pushes_blocks(traits));
    if (traits.overlaps) {
      server_->reserve_copies(run.spec.batch);
      for (auto& client : clients_)
        run.rule.reserve(client.stored, run.spec.batch, server_->wants_read());
    }
    next_point_ = run.curve.next_after(0);
    run.keep_server_track();
    for (std::size_t w = 0; w < workers(); ++w) {
      clients_[w].gradient = 0;
      if (!replicas_) continue;
      clients_[w].replica = run.state;
      run.contexts[w].report.local_steps = 0;
    }
    let_all_go(run);
  }
  void reopen(Run& run) override {
    server_->reopen(protocol(run.spec));
    queue_->open(run.plan.first_block(), run.plan.blocks());
    let_all_go(run);
  }
  /// All workers' first work and pull; the latter later, where what computes it makes a full
  /// gradient before.
  void let_all_go(Run& run) {
    const PullTicket first{&pulls_[0], pulls_[0].open()};
    for (std::size_t w = 0; w < workers(); ++w) {
      Client& client = clients_[w];
      client.may_go = true;
      client.cancelled = false;
      client.release_ticket = first;
      client.walk = {};
      client.has_next = take(run, w);
      client.has_pulled = client.has_next && !run.makes_full_gradients();
      if (client.has_pulled) pull(run, w);
    }
  }

  void work(Run& run, std::size_t worker) override {
    WorkerContext& context = run.contexts[worker];
    try {
      // begin(), and until there is no more work compute() and commit(), by turns.
      read_compute_commit(*this, run, worker);
      auto lock = lock_.enter(context, true, Activity::push, 0);
      if (server_->retire(worker) && running(run)) update(run, context);
      release(run);
      lock_.leave(run, lock);
    } catch (...) {
      run.fail(std::current_exception());
      auto lock = lock_.enter(context, true, Activity::push, 0);
      release(run);  // nobody waits for it
      lock_.leave(run, lock);
    }
    context.finish();
  }

  /// What was held when the run was stopped lands nowhere.
  void close(Run&, RunOutcome& outcome) override {
    for (const auto& held : server_->held())
      outcome.workers[held.worker].dropped += held.work.examples;
  }

  std::uint64_t replica_bytes(Run& run) const {
    return travelling(server_->traits(), run.state, run.w()).size_bytes();
  }
  static bool running(const Run& run) { return run.stop.reason() == Stopped::completed; }

  // What a worker does of its own, as far as it can outside the lock.

  /// The next work of `worker`, prepared; false where there is none.
  bool take(Run& run, std::size_t worker) {
    if (!run.may_go_on(worker)) return false;
    Client& client = clients_[worker];
    if (client.walk.advance()) {
      ++client.next.number;
    } else {
      const auto taken = queue_->next(worker);
      if (!taken) return false;
      begin_task(run, worker, *taken);
    }
    prepare(run, worker);
    return true;
  }
  void begin_task(Run& run, std::size_t worker, const Task& task) {
    Client& client = clients_[worker];
    client.task = task;
    client.next = {task.number, task.round.epoch, task.examples, task.gradients()};
    if (replicas_) return;
    const bool blocks = pushes_blocks(server_->traits());
    Block block = blocks ? task.round : task.step(0);
    if (blocks)
      client.next = {block.first_update, block.epoch, block.batch, 1};
    else
      block.batch = task.examples;  // no matter whose share it is
    if (task.examples != 0) client.walk = {block, run.rows(run.contexts[worker], block)};
  }
  void prepare(Run& run, std::size_t worker) {
    const Client& client = clients_[worker];
    if (!replicas_ && client.next.examples != 0)
      run.contexts[worker].compute->prepare(client.walk.rows());
  }
  /// What was made of the work that `worker` pulled for. Where every update is one gradient, the
  /// server has its worker apply it: of one sparse row, OneRowWorker::commit()
  /// (workloads/linear_sparse.cpp).
  Push make_push(Run& run, std::size_t worker) {
    Push push;
    if (replicas_ || server_->work(worker).examples == 0) return push;
    Worker& maker = *run.contexts[worker].compute;
    if (server_->lands_alone()) {
      push.maker = &maker;
    } else if (server_->traits().overlaps) {
      StoredGradient& stored = clients_[worker].stored;
      stored.assign(maker.gradient_sum(), run.rule.remembers_examples(), server_->wants_read());
      push.stored = &stored;
    } else {
      push.gradient_sum = maker.gradient_sum();
    }
    return push;
  }

  /// Under the lock: deliver(), then the next turn.
  template <class Deliver>
  bool contact(Run& run, std::size_t worker, Deliver deliver) {
    WorkerContext& context = run.contexts[worker];
    Client& client = clients_[worker];
    // Of the contacts of a block the first is timed; all are where replicas are averaged in them.
    const bool timed = replicas_ || !client.has_next || client.walk.at_first();
    const Activity first = client.gradient == 0 ? Activity::pull : Activity::push;
    auto lock = lock_.enter(context, timed, first, client.gradient);
    deliver();
    const bool more = next_turn(run, worker, lock);
    lock_.leave(run, lock);
    context.end_contact(client.gradient);
    return more;
  }

  // Inside the lock.

  /// Hands over what was made, unless nobody wants it any more: it was cancelled, or the run has
  /// ended. Nothing else cuts it short.
  void deliver(Run& run, std::size_t worker, const Push& push, Made made) {
    WorkerContext& context = run.contexts[worker];
    Client& client = clients_[worker];
    const std::size_t examples = server_->work(worker).examples;
    if (client.cancelled || !running(run)) {
      if (std::exchange(client.cancelled, false)) context.injector.renew();
      if (made != Made::nothing) context.report.dropped += examples;
      return;
    }
    client.may_go = false;
    const std::uint64_t becomes = server_->version() + 1, tau = server_->staleness(worker);
    const Decision decision = server_->arrive(worker, push);
    if (decision == Decision::discard) {
      context.report.dropped += examples;
      give_back(worker);
    } else {
      context.track.note_update(becomes, tau);
    }
    if (decision == Decision::apply) update(run, context);
    release(run);
  }

  void update(Run& run, WorkerContext& context) {
    for (const auto worker : server_->cancel_rest()) {
      give_back(worker);
      clients_[worker].cancelled = true;
      lock_.cancel(run.contexts[worker]);
    }
    const Nanoseconds begun = run.apply_begins(context);
    const auto landed = server_->update(replica_of_);
    run.note_apply(context, begun, server_->version(), server_->stalest());
    book(run, *server_, *queue_, landed);
    if (server_->landed() < next_point_) return;
    run.observe(context, server_->landed_before(), server_->landed(), run.w(), Access::exclusive,
                activity_of(Phase::communicate));
    next_point_ = run.curve.next_after(server_->landed());
  }

  void give_back(std::size_t worker) {
    queue_->give_back(worker, server_->work(worker).number);
    work_returned_ = true;
  }

  /// Lets go whom the protocol released; where work came back or none will any more, everybody who
  /// waits looks again.
  void release(Run& run) {
    const auto released = server_->released();
    // The group of the first of them, which is over: that worker is let go again.
    PullTicket ticket;
    if (released.size() > 1) ticket = {&pulls_[released[0]], pulls_[released[0]].open()};
    for (const auto worker : released) {
      clients_[worker].may_go = true;
      clients_[worker].release_ticket = ticket;
      lock_.wake(worker);
    }
    const bool all =
        std::exchange(work_returned_, false) || (server_->may_return_work() && finished());
    if (all || !running(run)) lock_.wake_all();
  }

  bool finished() const { return server_->landed_work() == queue_->tasks(); }
  /// Whether there may be work later for somebody for whom there is none now. Who keeps to a share
  /// of its own has nothing out then that could come back.
  bool may_get_more(const Run& run) const {
    return server_->may_return_work() && !finished() && run.spec.assign == Assign::dynamic;
  }

  /// Waits until `worker` may start and has work, and pulls for it; false when there is nothing
  /// more to do.
  bool next_turn(Run& run, std::size_t worker, ServerLock::Inside& lock) {
    Client& client = clients_[worker];
    while (running(run)) {
      if (client.may_go) {
        if (client.has_next || take(run, worker)) {
          pull(run, worker);
          return true;
        }
        if (!may_get_more(run)) return false;
      }
      lock_.wait(run, worker, lock);
    }
    return false;
  }

  void pull(Run& run, std::size_t worker) {
    Client& client = clients_[worker];
    client.has_next = false;
    client.ticket = std::exchange(client.release_ticket, {});
    run.contexts[worker].mark(Activity::pull, ++client.gradient);
    server_->pull(worker, client.next);
    if (server_->traits().exchange == Exchange::average)
      std::copy(run.state.begin(), run.state.end(), client.replica.begin());
    else if (!replicas_ && client.next.examples != 0)
      run.contexts[worker].compute->read(run.w(), Access::exclusive);
  }

  std::string protocol_;
  bool replicas_ = false, takes_ahead_ = false;
  std::vector<Client> clients_;
  std::unique_ptr<WorkQueue> queue_;
  const Server::ReplicaOf replica_of_ = [this](const Held& held) -> std::span<Real> {
    return clients_[held.worker].replica;
  };
  ServerLock lock_;  // all below belongs to whoever is inside
  std::unique_ptr<Server> server_;
  std::vector<PullGroup> pulls_;  ///< of workers let go together, at the number of the first
  std::uint64_t next_point_ = 0;  // of the curve, in examples
  bool work_returned_ = false;
};

}  // namespace

std::unique_ptr<Backend> make_parameter_server(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<ParameterServer>(spec, problem, spec.protocol);
}

std::unique_ptr<Backend> make_locked(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<ParameterServer>(spec, problem, "async");
}

}  // namespace sgdbench
