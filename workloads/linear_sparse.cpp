// Linear models on sparse rows. One update from one example, in place:
//
//   s = ℓ′(⟨w, x⟩, y),    w_v ← w_v − γ·(s·x_v + λ/d_v·w_v)    for each v in x
//
// in two passes over the row and no other memory. With λ = 0 and exclusive access it gives the same
// bits as read → compute → apply: each coordinate sees the same two roundings. With λ > 0 the
// compiler may fuse a different multiplication into the sum, a difference of one rounding.
#include "workloads/kernels/memory.h"
#include "workloads/kernels/sparse_row.h"
#include "workloads/linear.h"
#include "workloads/sparse_worker.h"

namespace sgdbench {
namespace {

template <class Loss>
class SparseLinearWorker final : public SparseWorker {
 public:
  SparseLinearWorker(const SparseLinear& model, const WorkerOptions& options)
      : SparseWorker(model.matrix, model.longest_row, 1, options), model_(model) {}

  void run_in_place(std::span<Real> state, const InPlaceRun& run) override {
    if (!single_sgd(run)) return SparseWorker::run_in_place(state, run);
    with_memory(run.access, run.probe,
                [&](const auto& memory) { step_through(memory, state.data(), run); });
  }

 protected:
  /// values += ∑ᵢ (ℓ′(⟨w, xᵢ⟩, yᵢ)·xᵢ + ∑_{v ∈ i} λ/d_v·w_v·e_v)
  void accumulate(std::span<const Real> w, std::span<const std::uint32_t> rows,
                  std::span<Real> values) override {
    for (std::size_t k = 0; k < rows.size(); ++k) {
      fetch_ahead(rows, k);
      const auto x = matrix().row(rows[k]);
      const Real z = dot(ExclusiveMemory{}, w.data(), x);
      const Real s = Loss::slope(z, model_.targets[rows[k]]);
      for (const auto& [v, x_v] : x) values[v] += s * x_v + model_.regulariser[v] * w[v];
    }
  }

 private:
  template <class Memory>
  void step_through(const Memory& memory, Real* w, const InPlaceRun& run) {
    const Real* const regulariser = model_.regulariser.data();
    UpdateCounter updates(run);
    for (std::size_t k = 0; k < run.rows.size(); ++k) {
      fetch_ahead(run.rows, k);
      const auto x = matrix().row(run.rows[k]);
      const Real z = dot(memory, w, x);
      const Real s = Loss::slope(z, model_.targets[run.rows[k]]);
      const Real step = updates.step();
      for (const Entry& e : x) {
        const Real r = regulariser[e.column];
        memory.template modify<Real>(w + e.column, [&](Real w_v) {
          const Real g = s * e.value + r * w_v;
          return w_v - step * g;
        });
      }
      updates.made();
    }
  }

  SparseLinear model_;
};

}  // namespace

std::unique_ptr<Worker> make_worker(const SparseLinear& model, const WorkerOptions& options) {
  return with_loss(model.kind, [&](auto loss) -> std::unique_ptr<Worker> {
    return std::make_unique<SparseLinearWorker<decltype(loss)>>(model, options);
  });
}

}  // namespace sgdbench
