#include "backends/course.h"

#include <algorithm>

namespace sgdbench {

void Seat::reset(const RunSpec& spec, std::size_t worker, Pause* shared_pause, StopControl& stop) {
  recording = spec.recording;
  number = worker;
  pause = shared_pause;
  staleness = nullptr;
  report = {};
  if (compute) {  // not while it is timed
    report.staleness.reserve();
    track = Track(spec.recording ? spec.timeline_slices : 0);
  }
  probe = {};
  contacts_ = {};
  taken = 0;
  if (compute) injector.reset(spec.conditions, spec.seed, worker, shared_pause, stop);
  updates.store(0, std::memory_order_relaxed);
  examples.store(0, std::memory_order_relaxed);
}

std::size_t curve_points(const RunSpec& spec, std::uint64_t planned, std::size_t examples) {
  if (!spec.recording) return 1;
  if (spec.evaluations != 0) return spec.evaluations;
  const std::uint64_t epochs = (planned + examples - 1) / examples;
  if (!spec.to_target) return std::min<std::uint64_t>(kUsualPoints, epochs);
  // No more than kUsualPoints epochs, so that the product is no more than a number can hold.
  return std::clamp<std::uint64_t>(
      kPerEpochToTarget * std::min<std::uint64_t>(kUsualPoints, epochs), kFewestToTarget,
      kUsualPoints);
}

namespace {

/// The spec's step size, for a run whose plan is `plan` or, of a longer one, a part.
StepSize planned_step(const RunSpec& spec, const Cut& cut, std::size_t n, const WorkPlan& plan) {
  StepSize step = spec.step;
  step.horizon = spec.whole_epochs == 0 ? plan.updates()
                                        : WorkPlan(n, cut.batch, cut.length, spec.whole_epochs,
                                                   spec.whole_updates, cut.limit)
                                              .updates();
  return step;
}

}  // namespace

Course::Course(const Problem& problem_, const RunSpec& spec_, Cut cut,
               const std::atomic<bool>& interrupt, const AtPoint& at_point,
               std::vector<Seat>& seats_)
    : problem(problem_),
      spec(spec_),
      plan(problem_.examples(), cut.batch, cut.length, spec_.epochs, spec_.updates, cut.limit),
      order(problem_.examples(), spec_.epochs,
            problem_.parameters() == 0 ? Shuffle{Shuffle::Kind::none} : spec_.shuffle, spec_.seed),
      pause(at_point && spec_.recording ? std::make_unique<Pause>(seats_.size()) : nullptr),
      stop(interrupt, spec_.max_seconds, pause.get()),
      curve(problem_.parameters(), plan.examples(),
            {curve_points(spec_, plan.examples(), problem_.examples()), spec_.spacing,
             pause == nullptr}),
      seats(seats_),
      step_size(planned_step(spec_, cut, problem_.examples(), plan)),
      state(problem_.parameters() * spec_.rule.slots()),
      blocks_are_updates_(cut.limit == WorkPlan::Limit::stretches),
      at_point_(at_point) {
  problem.initialise(w(), spec.seed);
  for (std::size_t worker = 0; worker < seats.size(); ++worker) {
    Seat& seat = seats[worker];
    // A round is longer than what one worker takes of it: that is a mini-batch of its own.
    const std::size_t most = std::min(problem.examples(), spec.batch * cut.length);
    if (seat.compute) seat.rows.resize(std::max(seat.rows.size(), most));
    seat.reset(spec, worker, pause.get(), stop);
  }
}

void Course::begin(Nanoseconds now) {
  start = now;
  stop.start(now);
  for (auto& seat : seats) {
    seat.report.time.start(now);
    seat.track.start(now);
  }
}

void Course::fail(std::exception_ptr error) {
  stop.stop(Stopped::failed);
  const std::lock_guard lock(observing_);
  if (!error_) error_ = std::move(error);
}

void Course::keep_server_track() {
  if (spec.recording) server = Track(server_slices(seats.size(), spec.timeline_slices));
}

void Course::note_apply(const Seat& seat, Nanoseconds begun, std::uint64_t update,
                        std::uint64_t staleness) {
  if (!server.records()) return;
  server.add({.begin = begun - start,
              .end = seat.time() - start,
              .activity = Activity::apply,
              .update = update,
              .staleness = staleness});
}

bool Course::take(std::size_t worker, Stretch& stretch) {
  Seat& seat = seats[worker];
  if (!may_go_on(worker)) return false;
  const std::uint64_t k = spec.assign == Assign::dynamic
                              ? next_.fetch_add(1, std::memory_order_relaxed)
                              : seat.taken * seats.size() + worker;
  if (k >= plan.stretches()) return false;
  ++seat.taken;
  stretch = plan.stretch(k);
  return true;
}

bool Course::next_part(Stretch& rest, Stretch& part) const {
  const std::uint64_t left = rest.end - rest.begin;
  if (left == 0 || stop.reason() != Stopped::completed) return false;
  part = rest;
  const std::uint64_t before = rest.examples_after - left;
  const std::uint64_t to_point = curve.next_after(before) - before;
  if (to_point < left && !blocks_are_updates_) {
    const std::uint64_t steps = (to_point + rest.batch - 1) / rest.batch;
    part.end = part.begin + steps * rest.batch;
    part.examples_after = before + steps * rest.batch;
    rest.first_update += steps;
  }
  rest.begin = part.end;
  return true;
}

bool Course::take_rounds(Seat& seat, Stretch& rest, Stretch& rounds) {
  if (stop.should_stop()) return false;
  if (rest.begin == rest.end && seat.taken < plan.stretches()) rest = plan.stretch(seat.taken++);
  return next_part(rest, rounds);
}

std::span<const std::uint32_t> Course::rows(Seat& seat, const Stretch& stretch) const {
  return order.rows(stretch.epoch, stretch.begin, stretch.end,
                    std::span(seat.rows).first(stretch.end - stretch.begin));
}

void Course::observe(Seat& seat, std::uint64_t before, std::uint64_t after,
                     std::span<const Real> w_now, Access access, Activity next) {
  observe(seat, before, after, access, next, [&] { return view(w_now); });
}

void Course::observe_at(Nanoseconds time, std::uint64_t before, std::uint64_t after) {
  const std::size_t point = curve.crossed(before, after);
  if (point == 0) return;
  if (at_point_ && spec.recording)
    show(point, time, view(w()), Access::exclusive);
  else
    record(point, time, view(w()), Access::exclusive);
}

/// Lets the point be evaluated now, while nobody changes w.
void Course::show(std::size_t point, Nanoseconds time, const View& shown, Access access) {
  record(point, time, shown, access);
  if (stop.reason() != Stopped::completed) return;  // not finite: a copy for afterwards
  if (at_point_(curve.at(point))) stop.stop(Stopped::target);
  curve.forget(point);
}

void Course::record(std::size_t point, Nanoseconds time, const View& shown, Access access) {
  if (!curve.record(point, time, shown.updates, shown.examples, shown.w, access))
    stop.stop(Stopped::not_finite);
  if (access == Access::exclusive) return;
  // What landed while parameters without versions were copied may be in the copy: it counts.
  // Acquire: who counts what lands before it lands (downpour) is not seen the other way round.
  std::atomic_thread_fence(std::memory_order_acquire);
  curve.recount(point, updates_now(), examples_now());
}

std::uint64_t Course::updates_now() const {
  std::uint64_t sum = 0;
  for (const auto& seat : seats) sum += seat.updates.load(std::memory_order_relaxed);
  return sum;
}

std::uint64_t Course::examples_now() const {
  std::uint64_t sum = 0;
  for (const auto& seat : seats) sum += seat.examples.load(std::memory_order_relaxed);
  return sum;
}

}  // namespace sgdbench
