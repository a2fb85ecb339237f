#include "backends/simulator/engine.h"

#include <algorithm>
#include <numeric>

#include "backends/simulator/center.h"

namespace sgdbench {
namespace {

/// Nanoseconds overflow soon after.
constexpr Seconds kEndOfTime = 9e9;

}  // namespace

template <class Center>
Engine<Center>::Engine(Run& run, Center& center)
    : run_(run),
      center_(center),
      traits_(center.traits()),
      durations_(run.spec),
      queue_(run.contexts.size()),
      link_(LinkSpeed(run.spec.simulation.shards, run.spec.conditions.bandwidth)),
      all_reduces_(!is_through_server(run.spec.simulation.all_reduce)),
      limit_(run.spec.max_seconds > 0 ? run.spec.max_seconds : kEndOfTime),
      accounts_(run.contexts.size(), run.spec.timeline_slices),
      counts_(run.contexts.size()),
      ready_(run.contexts.size()),
      is_idle_(run.contexts.size()) {
  const RunSpec& spec = run.spec;
  if (all_reduces_)
    all_reduce_time_ =
        all_reduce_time(spec.simulation.all_reduce, spec.workers, spec.conditions.latency.mean(),
                        center.all_bytes(), spec.conditions.bandwidth);
  for (std::size_t w = 0; w < counts_.size(); ++w) counts_[w].stream = durations_.stream(w);
  std::iota(ready_.begin(), ready_.end(), 0U);
}

template <class Center>
void Engine<Center>::run() {
  bool more = !run_.stop.should_stop();
  while (more) {
    const Seconds now = full_gradient(end_);
    let_go(now);
    loop();
    more = !stopped() && center_.open_next();
    ready_.resize(counts_.size());
    std::iota(ready_.begin(), ready_.end(), 0U);
  }
  for (std::uint32_t worker = 0; worker < counts_.size(); ++worker) cut(worker, end_);
  center_.close();
}

template <class Center>
void Engine<Center>::loop() {
  while (!stopped()) {
    const auto event = queue_.earliest();
    if (event.time == EventQueue::kNever) return;
    if (event.time > limit_) return out_of_time();
    if (++events_ % Center::kPollEvery == 0 && run_.stop.should_stop()) return;
    current_ = event.worker;
    current_goes_on_ = false;
    contact(event.worker, event.time);
    if (!current_goes_on_) queue_.cancel(event.worker);
  }
}

/// Where the rule asks for one: every worker computes over its share of the examples, their sums
/// and then what came of them pass the link, or go through the all-reduce. Returns its end.
template <class Center>
Seconds Engine<Center>::full_gradient(Seconds now) {
  if (!run_.makes_full_gradients()) return now;
  const std::size_t n = run_.problem.examples(), workers = counts_.size();
  Seconds last = now;
  for (std::size_t w = 0; w < workers; ++w) {
    Counts& counts = counts_[w];
    const std::size_t share = (w + 1) * n / workers - w * n / workers;
    const std::uint64_t gradients = (share + run_.spec.batch - 1) / run_.spec.batch;
    const std::uint64_t number = counts.iterations++;
    Iteration part{now, now, 0, 0};
    part.computed = now + durations_.compute(w, counts.stream, counts.gradients, gradients);
    part.arrival = part.computed;
    if (!all_reduces_) part.arrival += durations_.latency(w, number, Purpose::push);
    counts.gradients += gradients;
    accounts_.begin(w, now, part, counts.iterations);
    last = std::max(last, part.arrival);
    run_.contexts[w].report.full_gradient_examples += share;
  }
  Seconds end = last + all_reduce_time_;
  if (!all_reduces_) {
    const double bytes = 2 * static_cast<double>(workers) * center_.all_bytes();
    end = link_.reserve(last, bytes, 0).end;
    Seconds slowest = 0;
    for (std::size_t w = 0; w < workers; ++w)
      slowest = std::max(slowest, durations_.latency(w, counts_[w].iterations - 1, Purpose::pull));
    end += slowest;
  }
  const bool fits = end <= limit_;
  for (std::size_t w = 0; w < workers; ++w) {
    accounts_.cut(w, std::min(end, limit_));
    run_.contexts[w].report.full_gradient += to_nanoseconds(std::min(end, limit_) - now);
  }
  end_ = std::max(end_, std::min(end, limit_));
  if (fits)
    center_.full_gradient();
  else
    out_of_time();
  return end;
}

template <class Center>
void Engine<Center>::out_of_time() {
  run_.stop.stop(Stopped::time_limit);
  end_ = std::max(end_, limit_);
}

/// The run of one arrival (server.h), with its time. What the limit cuts short does not land.
template <class Center>
void Engine<Center>::contact(std::uint32_t worker, Seconds arrival) {
  double bytes = center_.push_bytes(worker);
  const Seconds service = durations_.service(worker, counts_[worker].iterations - 1);
  if (!all_reduces_ && link_.next(arrival, bytes, service).end > limit_) return out_of_time();
  ++traffic_.pushes;
  traffic_.push_bytes += bytes;
  const std::uint64_t staleness = center_.staleness(worker);
  const Decision decision = center_.arrive(worker);
  const bool applies = decision == Decision::apply;
  if (applies && arrival + all_reduce_time_ > limit_) {
    accounts_.arrived(worker, arrival, arrival, 0, 0);
    return out_of_time();
  }
  work_returned_ = decision == Decision::discard;
  std::span<const std::uint32_t> cancelled;
  if (applies) {
    cancelled = center_.cancel_rest();
    center_.update();
  }
  const auto released = center_.released();
  const bool alone = released.size() == 1 && released[0] == worker;
  const bool goes_on = alone && center_.deal(worker);
  if (goes_on) {
    center_.pull(worker);
    bytes += count_pull(worker);
  } else {
    ready_.assign(released.begin(), released.end());
  }
  const auto turn = turn_of(arrival, bytes, service, applies);
  accounts_.arrived(worker, turn.begin, turn.end,
                    decision == Decision::discard ? 0 : center_.version() + !applies, staleness);
  if (applies) updated(turn, cancelled);
  if (stopped()) return;
  if (goes_on)
    go(worker, turn.end, {turn.end, turn.end});
  else
    let_go(turn.end);
  if (!idle_.empty()) wake_idle(turn.end);
}

template <class Center>
Turn<Seconds> Engine<Center>::turn_of(Seconds arrival, double bytes, Seconds service,
                                      bool applies) {
  Turn<Seconds> turn{arrival, arrival};
  if (!all_reduces_)
    turn = link_.reserve(arrival, bytes, service);
  else if (applies)
    turn.end += all_reduce_time_;
  end_ = std::max(end_, turn.end);
  return turn;
}

template <class Center>
void Engine<Center>::updated(Turn<Seconds> turn, std::span<const std::uint32_t> cancelled) {
  for (const auto worker : cancelled) {
    cut(worker, turn.end);
    queue_.cancel(worker);
  }
  work_returned_ |= !cancelled.empty();
  accounts_.updated(turn.begin, turn.end, center_.version(), center_.stalest());
  center_.observe(to_nanoseconds(turn.end));
}

/// What a worker has begun and what lands nowhere counts whole.
template <class Center>
void Engine<Center>::cut(std::uint32_t worker, Seconds now) {
  if (accounts_.cut(worker, now)) center_.throw_away(worker);
}

/// Starts all who are ready, and whoever becomes ready by that.
template <class Center>
void Engine<Center>::let_go(Seconds now) {
  started_.clear();
  double bytes = 0;
  for (std::size_t i = 0; i < ready_.size() && !stopped(); ++i) {
    if (!start(ready_[i], now)) continue;
    started_.push_back(ready_[i]);
    bytes += count_pull(ready_[i]);
  }
  ready_.clear();
  if (stopped() || started_.empty()) return;
  const auto pull = all_reduces_ ? Turn<Seconds>{now, now} : link_.reserve(now, bytes, 0);
  for (const auto worker : started_) go(worker, now, pull);
}

/// True if it has a task, for which it pulls.
template <class Center>
bool Engine<Center>::start(std::uint32_t worker, Seconds now) {
  if (is_idle_[worker]) return false;  // it looks again at the end of this contact
  if (center_.deal(worker)) {
    center_.pull(worker);
    return true;
  }
  if (center_.may_return_work() && !center_.finished() && run_.spec.assign == Assign::dynamic) {
    idle_.push_back(worker);
    is_idle_[worker] = 1;
  } else {
    retire(worker, now);
  }
  return false;
}

template <class Center>
void Engine<Center>::retire(std::uint32_t worker, Seconds now) {
  const bool applies = center_.retire(worker);
  const auto released = center_.released();
  ready_.insert(ready_.end(), released.begin(), released.end());
  if (!applies) return;
  const auto cancelled = center_.cancel_rest();
  center_.update();
  updated({now, now}, cancelled);
}

/// Who was let go without a task looks again where there may be one, or never will be.
template <class Center>
void Engine<Center>::wake_idle(Seconds now) {
  if (!work_returned_ && !center_.finished()) return;
  ready_.swap(idle_);
  for (const auto worker : ready_) is_idle_[worker] = 0;
  std::sort(ready_.begin(), ready_.end());
  let_go(now);
}

template <class Center>
double Engine<Center>::count_pull(std::uint32_t worker) {
  const double bytes = center_.pull_bytes(worker);
  ++traffic_.pulls;
  traffic_.pull_bytes += bytes;
  return bytes;
}

/// Begins an iteration: let go at `now`, and its pull has the link for that turn.
template <class Center>
void Engine<Center>::go(std::uint32_t worker, Seconds now, Turn<Seconds> pull) {
  Counts& counts = counts_[worker];
  const std::uint64_t number = counts.iterations++;
  const std::uint64_t gradients = center_.gradients(worker);
  Iteration next{pull.begin, pull.end, 0, 0};
  if (!all_reduces_) next.pulled += durations_.latency(worker, number, Purpose::pull);
  next.computed =
      next.pulled + durations_.compute(worker, counts.stream, counts.gradients, gradients);
  next.arrival = next.computed;
  if (!all_reduces_) next.arrival += durations_.latency(worker, number, Purpose::push);
  counts.gradients += gradients;
  accounts_.begin(worker, now, next, counts.iterations);
  queue_.update(worker, next.arrival);
  current_goes_on_ |= worker == current_;
}

template class Engine<Learner>;
template class Engine<Tally>;

}  // namespace sgdbench
