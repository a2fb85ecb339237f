// Lock-free and consistent asynchronous SGD: workers compute from an immutable version and publish
// their successor of the newest one by compare-and-swap.
//
// Source: Bäckström, Papatriantafilou & Tsigas, "Consistent lock-free parallel stochastic gradient
// descent for fast and stable convergence" (LEASHED-SGD), IPDPS 2021. The persistence bound is
// theirs: a gradient whose publication failed that many times is dropped. Departure: its examples
// are not lost with it; the worker computes it again, at the newest version.
//
// A publication makes a whole new version: that is the price of never waiting and never tearing. On
// sparse data the buffer that becomes it is an old version, of which only what has changed since is
// copied (leashed.h), instead of all as in the paper.
#include "backends/leashed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "backends/loops.h"
#include "backends/pooled_backend.h"
#include "workloads/rules/compensation.h"

namespace sgdbench {
namespace {

/// What one worker is at.
struct alignas(64) Attempt {
  BlockWalk walk;              ///< stands at the mini-batch
  std::uint64_t gradient = 0;  ///< its number among this worker's
  const Version* read = nullptr;
  std::uint64_t version = 0;  ///< number of what was read
  Version* spare = nullptr;   ///< this worker's, to be published
  std::optional<Compensation> compensation;
  GradientTotal total;  ///< for what was corrected
};

class Leashed final : public PooledBackend {
 public:
  Leashed(const RunSpec& spec, const Problem& problem)
      : PooledBackend(spec, problem), attempts_(workers()) {}

  // What the loop asks for (loops.h).

  bool begin(Run& run, std::size_t worker) {
    Attempt& attempt = attempts_[worker];
    attempt.walk = {};
    attempt.gradient = 0;
    attempt.spare = &versions_->acquire_spare();
    return take(run, worker) && read(run, worker);
  }
  std::size_t gradients(std::size_t) const { return 1; }
  std::uint64_t number(std::size_t worker) const { return attempts_[worker].gradient; }
  std::uint64_t pull_bytes(Run& run, std::size_t worker) const {
    return run.contexts[worker].compute->read_bytes();
  }
  static PullTicket pull_ticket(std::size_t) { return {}; }
  std::uint64_t push_bytes(Run& run, std::size_t worker) const {
    return run.contexts[worker].compute->gradient_bytes();
  }
  void compute(Run& run, std::size_t worker) {
    WorkerContext& context = run.contexts[worker];
    if (const Version* read = std::exchange(attempts_[worker].read, nullptr)) {
      context.compute->compute_from(w_of(*read));
      versions_->release(worker, Role::read);
    } else {
      context.compute->compute();
    }
    context.report.computed += attempts_[worker].walk.examples();
  }
  bool commit(Run& run, std::size_t worker, Made made) {
    WorkerContext& context = run.contexts[worker];
    const Attempt& attempt = attempts_[worker];
    if (made != Made::whole) {  // the run stops
      if (made == Made::cut_short) context.report.dropped += attempt.walk.examples();
      return false;
    }
    context.begin_contact(attempt.walk.at_first(), true, Activity::push, attempt.gradient);
    const bool published = publish(run, worker);
    context.end_contact(attempt.gradient);
    if (!published) {  // its examples are still to land
      context.report.dropped += attempt.walk.examples();
      return run.may_go_on(worker) && read(run, worker);
    }
    return take(run, worker) && read(run, worker);
  }

 private:
  using Role = VersionStore::Role;

  Partition partition(const RunSpec& spec) const override {
    return committing_partition(spec, problem().examples());
  }
  void open(Run& run) override {
    versions_ = std::make_unique<VersionStore>(workers(), run.state, problem().parameters());
    for (Attempt& attempt : attempts_) {
      attempt.compensation.emplace(run.step_size, problem().parameters(), 1);
      if (attempt.compensation->corrects()) run.rule.reserve(attempt.total);
    }
  }
  void work(Run& run, std::size_t worker) override {
    read_compute_commit(*this, run, worker);
    run.contexts[worker].finish();
  }

  bool take(Run& run, std::size_t worker) {
    if (attempts_[worker].walk.advance()) return run.may_go_on(worker);
    Block block;
    if (!run.take(worker, block)) return false;
    attempts_[worker].walk = {block, run.rows(run.contexts[worker], block)};
    return true;
  }

  /// The newest version, which stays as it is until the gradient is computed. Where messages are
  /// delayed, a copy of what the mini-batch needs of it travels; where the gradient is to be
  /// corrected, that copy is what it is compared with.
  bool read(Run& run, std::size_t worker) {
    WorkerContext& context = run.contexts[worker];
    Attempt& attempt = attempts_[worker];
    ++attempt.gradient;
    context.enter(Activity::compute, attempt.gradient);
    context.compute->prepare(attempt.walk.rows());
    context.mark(Activity::pull, attempt.gradient);
    attempt.read = &versions_->protect(worker, Role::read);
    attempt.version = attempt.read->number;
    if (context.injector.delays_messages() || attempt.compensation->corrects()) {
      context.compute->read(w_of(*std::exchange(attempt.read, nullptr)), Access::exclusive);
      versions_->release(worker, Role::read);
    }
    context.mark(Activity::compute, attempt.gradient);
    return true;
  }

  /// False if the gradient was dropped: it failed too often, or became too stale. Both are because
  /// others published meanwhile, so that somebody's gradient always lands.
  bool publish(Run& run, std::size_t worker) {
    WorkerContext& context = run.contexts[worker];
    Attempt& attempt = attempts_[worker];
    const GradientSum gradient_sum = context.compute->gradient_sum();
    const std::uint64_t bound = run.spec.persistence, gradient = attempt.gradient;
    const bool dense = gradient_sum.dense || !run.rule.stays_on_support();
    Version*& spare = attempt.spare;
    for (std::uint64_t failures = 0; bound == 0 || failures < bound; ++failures) {
      const Version& base = versions_->protect(worker, Role::base);
      const std::uint64_t update = base.number + 1, staleness = base.number - attempt.version;
      const std::uint64_t landed = base.examples;
      if (staleness > run.spec.max_staleness) break;
      if (failures > 0) context.mark(Activity::push, gradient);
      versions_->follow(*spare, base);
      context.mark(Activity::apply, gradient);
      const UpdateStep step = run.step(attempt.walk.epoch(), base.number, staleness);
      if (attempt.compensation->corrects())
        run.rule.land(spare->state, attempt.compensation->correct(gradient_sum, w_of(base), 0),
                      step, Access::exclusive, nullptr, &attempt.total);
      else
        context.compute->commit(spare->state, step);
      spare->examples = landed + gradient_sum.examples;
      if (!versions_->publish(*spare, base, {dense, gradient_sum.support})) continue;
      versions_->release(worker, Role::base);
      context.note_landing(update, staleness, gradient_sum.examples, 1);
      context.note_update();
      context.track.note_update(update, staleness);
      if (run.spec.landings)
        context.report.landings.push_back(
            {update, worker, whole_task(attempt.walk.mini_batch()), attempt.version});
      spare = &versions_->acquire_spare(&base);
      observe(run, worker, landed, gradient_sum.examples);
      return true;
    }
    versions_->release(worker, Role::base);
    return false;
  }

  /// A point shows the newest version, with that version's own counts.
  void observe(Run& run, std::size_t worker, std::uint64_t landed, std::size_t examples) {
    if (run.curve.crossed(landed, landed + examples) == 0) return;
    const auto look = [&]() -> View {
      const Version& seen = versions_->protect(worker, Role::read);
      return {w_of(seen), seen.number, seen.examples};
    };
    run.observe(run.contexts[worker], landed, landed + examples, Access::exclusive,
                Activity::compute, look);
    versions_->release(worker, Role::read);
  }

  std::span<const Real> w_of(const Version& version) const {
    return std::span(version.state).first(problem().parameters());
  }
  std::span<const Real> result(Run&) override { return w_of(versions_->newest()); }

  std::unique_ptr<VersionStore> versions_;
  std::vector<Attempt> attempts_;
};

}  // namespace

std::unique_ptr<Backend> make_leashed(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Leashed>(spec, problem);
}

namespace {

/// Copying a coordinate alone costs about as much as so many of them copied together.
constexpr std::size_t kTogether = 8;

/// A worker's buffer is usually its own last base, so that all others have made an update or two
/// since.
std::size_t updates_kept(std::size_t workers) {
  return 2 * workers + 2;
}

}  // namespace

void Changes::extend(const Changes& before, std::span<const std::uint32_t> update) {
  if (update.size() > coordinates_.size()) return forget();
  std::size_t first = 0, dropped = 0;  // updates of `before` for which there is no room
  while (before.updates_ - first >= sizes_.size() ||
         before.total_ - dropped + update.size() > coordinates_.size())
    dropped += before.sizes_[first++];
  updates_ = before.updates_ - first;
  std::copy_n(before.sizes_.begin() + static_cast<std::ptrdiff_t>(first), updates_, sizes_.begin());
  total_ = before.total_ - dropped;
  std::copy_n(before.coordinates_.begin() + static_cast<std::ptrdiff_t>(dropped), total_,
              coordinates_.begin());
  sizes_[updates_++] = update.size();
  std::copy(update.begin(), update.end(),
            coordinates_.begin() + static_cast<std::ptrdiff_t>(total_));
  total_ += update.size();
}

std::optional<std::span<const std::uint32_t>> Changes::last(std::uint64_t updates) const {
  if (updates > updates_) return {};
  std::size_t size = 0;
  for (std::size_t i = updates_ - updates; i < updates_; ++i) size += sizes_[i];
  return std::span(coordinates_).subspan(total_ - size, size);
}

VersionStore::VersionStore(std::size_t workers, std::span<const Real> initial,
                           std::size_t parameters)
    : parameters_(parameters), buffers_(3 * workers + 1), hazards_(workers) {
  for (auto& buffer : buffers_) {
    buffer.state.assign(initial.begin(), initial.end());
    buffer.changes = Changes(updates_kept(workers), parameters / kTogether);
  }
  buffers_[0].retired = false;
  newest_ = &buffers_[0];
}

const Version& VersionStore::protect(std::size_t worker, Role role) {
  auto& mine = hazard(worker, role);
  const Version* seen = newest_.load();
  for (;;) {
    mine.store(seen);
    const Version* again = newest_.load();
    if (again == seen) return *seen;  // it was the newest while the hazard stood: it is safe
    seen = again;
  }
}

bool VersionStore::protected_by_any(const Version* version) const {
  for (const auto& hazards : hazards_)
    for (const auto& one : hazards.of)
      if (one.load() == version) return true;
  return false;
}

/// Takes a buffer that was replaced and that nobody protects.
bool VersionStore::claim(Version& buffer) const {
  bool retired = true;
  if (!buffer.retired.compare_exchange_strong(retired, false)) return false;
  if (!protected_by_any(&buffer)) return true;
  buffer.retired.store(true);
  return false;
}

Version& VersionStore::acquire_spare(const Version* likely) {
  if (likely != nullptr)
    if (auto& buffer = buffers_[static_cast<std::size_t>(likely - buffers_.data())]; claim(buffer))
      return buffer;
  for (;;)
    for (auto& buffer : buffers_)
      if (claim(buffer)) return buffer;
}

void VersionStore::copy_coordinates(std::span<const std::uint32_t> coordinates,
                                    std::span<const Real> from, std::span<Real> to) const {
  for (std::size_t vector = 0; vector < to.size(); vector += parameters_)
    for (const auto v : coordinates) to[vector + v] = from[vector + v];
}

void VersionStore::follow(Version& spare, const Version& base) const {
  const auto changed = base.changes.last(base.number - spare.number);
  if (spare.whole && changed)
    copy_coordinates(*changed, base.state, spare.state);
  else
    std::copy(base.state.begin(), base.state.end(), spare.state.begin());
  spare.number = base.number;
  spare.whole = true;
}

bool VersionStore::publish(Version& next, const Version& base, const Update& update) {
  next.number = base.number + 1;
  if (update.everywhere)
    next.changes.forget();
  else
    next.changes.extend(base.changes, update.support);
  auto* expected = const_cast<Version*>(&base);
  if (newest_.compare_exchange_strong(expected, &next)) {
    expected->retired.store(true);
    return true;
  }
  next.number = base.number;
  next.whole = !update.everywhere;
  if (next.whole) copy_coordinates(update.support, base.state, next.state);
  return false;
}

}  // namespace sgdbench
