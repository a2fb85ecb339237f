// One stream of updates: the reference that every other strategy is checked against.
//
// The same strategy is the intra-op backend: there the worker is still one, but the kernels below
// it use every core. Only the number of threads that the kernels may start differs.

#include <omp.h>

#include <algorithm>

#include "backends/in_place.h"
#include "backends/pooled_backend.h"
#include "backends/strategies.h"

namespace sgdbench {
namespace {

/// A copy of the spec with one worker, whose kernels run on as many threads as it had workers.
RunSpec one_worker(RunSpec spec, std::string_view kernels) {
  spec.workers = 1;
  spec.kernels = kernels;
  return spec;
}

class Sequential final : public PooledBackend {
 public:
  Sequential(const RunSpec& spec, const Problem& problem, std::size_t kernel_threads)
      : PooledBackend(spec, problem), kernel_threads_(static_cast<int>(kernel_threads)) {
    if (kernel_threads > 1) start_team(kernel_threads, spec.pin);
  }

 private:
  Cut cut(const RunSpec& spec) const override { return in_place_cut(spec, problem().examples()); }

  void work(Course& course, std::size_t worker) override {
    omp_set_num_threads(kernel_threads_);  // of this thread's kernels alone
    Seat& seat = course.seats[worker];
    Stretch stretch;
    while (course.take(worker, stretch)) {
      train_in_place(course, seat, stretch, course.rows(seat, stretch), Access::exclusive);
      course.observe(seat, stretch, course.w(), Access::exclusive);
    }
    finish(seat);
    const auto updates = seat.updates.load(std::memory_order_relaxed);
    seat.report.staleness.add(0, updates);
    seat.report.last_update = updates;
  }

  int kernel_threads_;
};

}  // namespace

std::unique_ptr<Backend> make_sequential(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Sequential>(spec, problem, 1);
}

std::unique_ptr<Backend> make_onednn(const RunSpec& spec, const Problem& problem) {
  return std::make_unique<Sequential>(one_worker(spec, "onednn"), problem, spec.workers);
}

}  // namespace sgdbench
