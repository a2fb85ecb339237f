// Lock-free asynchronous SGD on shared parameters: workers read and write them as they please.
//
// Source: Recht, Ré, Wright & Niu, "Hogwild!", NIPS 2011. Departures: rows come without replacement
// (an epoch visits each once), and dense models work on a private copy, read and written back
// without a lock, instead of component by component.
//
// Thread safety: the parameters are shared and touched only through relaxed atomics or the helpers
// of workloads/kernels/racy.h. A stale or half-updated view is what the algorithm allows.
//
// There are no versions, so both are sampled, on one stretch in kSampleEvery examples. Staleness:
// around its last update, the others' update counts are read before and after; the growth is τ.
// Lost updates: the writes of its first update are made by one compare-and-swap each, and a failure
// means that a plain store would have overwritten a concurrent change (it then does).
//
// Where gradients or messages are delayed, an update in place would read and write next to each
// other, however long it is said to take. There a worker reads, computes, waits and then writes,
// one update at a time, and every update is sampled.

#include "backends/in_place.h"
#include "backends/pooled_backend.h"
#include "backends/strategies.h"

namespace sgdbench {
namespace {

constexpr std::size_t kSampleEvery = 512;  // examples: cutting a stretch up costs its pace

class Hogwild final : public PooledBackend {
 public:
  using PooledBackend::PooledBackend;

 private:
  Cut cut(const RunSpec& spec) const override {
    if (spec.conditions.any()) return single_update_cut(spec);
    return in_place_cut(spec);
  }

  void work(Course& course, std::size_t worker) override {
    Seat& seat = course.seats[worker];
    const Access access = course.spec.write == "cas" ? Access::racy_cas : Access::racy_store;
    const Cut whole = cut(course.spec);
    const std::size_t sampled_stretches =
        std::max<std::size_t>(1, kSampleEvery / (whole.length * whole.batch));
    Stretch stretch, part;
    while (course.take(worker, stretch)) {
      bool sampled = seat.recording && (seat.taken - 1) % sampled_stretches == 0;
      for (; course.next_part(stretch, part); sampled = false) {
        seat.enter(Activity::compute, seat.taken);
        if (course.spec.conditions.any())
          train_delayed(course, seat, part, access);
        else if (sampled)
          train_sampled(course, seat, part, access, workers() > 1 ? &seat.probe : nullptr);
        else
          train_in_place(course, seat, part, course.rows(seat, part), access);
        course.observe(seat, part, course.w(), access);
      }
    }
    seat.finish();
  }

  /// The first update under the probe, if there is one; the last one, for staleness, alone.
  static void train_sampled(Course& course, Seat& seat, Stretch stretch, Access access,
                            WriteProbe* probe) {
    auto rows = course.rows(seat, stretch);
    const auto take = [&](std::size_t count, WriteProbe* watch) {
      train_in_place(course, seat, stretch, rows.first(count), access, watch);
      stretch.first_update += count / stretch.batch;
      rows = rows.subspan(count);
    };
    const std::size_t batch = stretch.batch;
    if (probe != nullptr && rows.size() > batch) {
      take(batch, probe);
      probe = nullptr;
    }
    if (rows.size() > batch) take(rows.size() - batch, nullptr);
    const std::uint64_t before = others(course, seat);
    take(batch, probe);
    seat.note_staleness(others(course, seat) - before);
  }

  /// read → compute → wait → apply.
  void train_delayed(Course& course, Seat& seat, const Stretch& stretch, Access access) {
    const std::uint64_t before = others(course, seat);
    seat.compute->prepare(course.rows(seat, stretch));
    seat.compute->read(course.w(), access);
    seat.fetch(seat.compute->read_bytes(), Activity::compute, seat.taken);
    seat.injector.gradient([&] { seat.compute->compute(); });
    const Direction direction = seat.compute->direction();
    seat.push(seat.compute->direction_bytes(), Activity::compute, seat.taken);
    apply(course.spec.rule, course.state, std::span(&direction, 1), 0, problem().parameters(),
          course.step(stretch.epoch, stretch.first_update), access,
          seat.recording && workers() > 1 ? &seat.probe : nullptr);
    seat.note_staleness(others(course, seat) - before);
    const auto count = [](std::atomic<std::uint64_t>& sum, std::uint64_t more) {
      sum.store(sum.load(std::memory_order_relaxed) + more, std::memory_order_relaxed);
    };
    count(seat.updates, 1);
    count(seat.examples, direction.examples);
    seat.report.computed += direction.examples;
  }

  static std::uint64_t others(const Course& course, const Seat& me) {
    return course.updates_now() - me.updates.load(std::memory_order_relaxed);
  }

  void close(Course& course, RunOutcome& outcome) override {
    if (!course.spec.recording) return;
    outcome.staleness_mode = "sampled";
    if (course.spec.write != "store") return;
    WriteProbe sum;
    for (const auto& seat : course.seats) {
      sum.writes += seat.probe.writes;
      sum.lost += seat.probe.lost;
    }
    outcome.lost_updates = sum.writes == 0 ? 0.0
                                           : static_cast<double>(outcome.updates) *
                                                 static_cast<double>(sum.lost) /
                                                 static_cast<double>(sum.writes);
  }
};

}  // namespace

std::unique_ptr<Backend> make_hogwild(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Hogwild>(spec, problem);
}

}  // namespace sgdbench
