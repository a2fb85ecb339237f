// The Worker of a network: a gradient sum is dense, so reading means copying all of w.
//
// Memory is the price of a small mini-batch: every pass over w costs as much as some rows'
// products. So there are as few as can be. Where w is ours alone and the rule is sgd, the products
// add to w itself, which is first shrunk by 1 − γλ on the way through the registers:
//
//   w ← (1 − γλ)·w + ∑ᵢ (−γ/b)·∇ℓᵢ(w)
//
// Elsewhere they add to the copy that they were computed from, shrunk by bλ, once the last of its
// readers is done with it: ∑ᵢ (∇ℓᵢ(w) + λ·w), the gradient sum. Where biases are intercepts, theirs
// are 1 and 0.
#include <algorithm>

#include "workloads/kernels/dense_kernels.h"
#include "workloads/kernels/racy.h"
#include "workloads/mlp_pass.h"
#include "workloads/worker_base.h"

namespace sgdbench {
namespace {

/// Factors 1 − γλ in single precision, where one alone is off by up to a few percent of γλ: each
/// makes up for the rounding of those before it, so that their product stays exact.
class Shrinking {
 public:
  Real next(double rate) {
    owed_ *= 1 - rate;
    const Real factor = static_cast<Real>(owed_);
    owed_ = factor == 0 ? 1 : owed_ / static_cast<double>(factor);
    return factor;
  }

 private:
  double owed_ = 1;
};

class MlpWorker final : public WorkerBase {
 public:
  MlpWorker(const Network& network, const Dataset& data, std::span<const std::uint32_t> labels,
            double l2, double filled, const WorkerOptions& options)
      : WorkerBase(options),
        labels_(labels),
        l2_(static_cast<Real>(l2)),
        intercepts_(network.biases == Biases::intercepts),
        input_(data, network.inputs(), options.max_batch, filled),
        pass_(network, options.max_batch, options.kernels ? *options.kernels : kNativeKernels,
              options.team),
        batch_labels_(options.max_batch),
        values_(network.parameters),
        read_(options.keeps_read ? network.parameters : 0) {
    input_.allocate();
  }

  void run_in_place(std::span<Real> state, const InPlaceRun& run) override {
    if (run.access != Access::exclusive || !plain_sgd())
      return WorkerBase::run_in_place(state, run);
    if (run.first_update == 0) shrinking_ = {};
    UpdateCounter updates(run);
    for (std::size_t begin = 0; begin < run.rows.size(); begin += run.batch) {
      rows_ = run.rows.subspan(begin, std::min(run.batch, run.rows.size() - begin));
      const Real step = updates.step();
      const Real keep = shrinking_.next(static_cast<double>(step) * static_cast<double>(l2_));
      train(state.data(), {state.data(), keep, intercepts_ ? Real(1) : keep,
                           -step / static_cast<Real>(rows_.size())});
      updates.made();
    }
  }

  void prepare(std::span<const std::uint32_t> rows) override { next_ = rows; }
  void read(std::span<const Real> w, Access access) override {
    rows_ = keep(next_);
    if (access == Access::exclusive)
      std::copy(w.begin(), w.end(), values_.begin());
    else
      racy::copy(w.data(), values_.data(), w.size());
  }
  void compute() override {
    examples_ = rows_.size();
    std::copy_n(values_.begin(), read_.size(), read_.begin());
    train(values_.data(), sum_of_gradients());
  }
  void compute_from(std::span<const Real> w) override {
    rows_ = keep(next_);
    examples_ = rows_.size();
    if (regulariser() != 0) std::copy(w.begin(), w.end(), values_.begin());
    train(w.data(), sum_of_gradients());
  }
  GradientSum gradient_sum() const override {
    return {values_, {}, true, examples_, false, kept(), {}, read_};
  }
  std::size_t read_bytes() const override { return values_.size() * sizeof(Real); }

 private:
  /// bλ, for the regularisers of all examples of the block.
  Real regulariser() const { return static_cast<Real>(rows_.size()) * l2_; }
  Target sum_of_gradients() {
    return {values_.data(), regulariser(), intercepts_ ? Real(0) : regulariser(), 1};
  }

  void train(const Real* w, const Target& target) {
    for (std::size_t r = 0; r < rows_.size(); ++r) batch_labels_[r] = labels_[rows_[r]];
    pass_.train(w, input_, rows_, batch_labels_.data(), target);
  }

  std::span<const std::uint32_t> labels_;
  Real l2_;
  bool intercepts_;
  InputGatherer input_;
  NetworkPass pass_;
  std::vector<std::uint32_t> batch_labels_;
  std::span<const std::uint32_t> next_, rows_;
  std::size_t examples_ = 0;
  Shrinking shrinking_;
  AlignedVector<Real> values_;  ///< the copy that was read, until it is made the gradient sum
  AlignedVector<Real> read_;    ///< that copy, where somebody wants it afterwards
};

}  // namespace

std::unique_ptr<Worker> make_worker(const Network& network, const Dataset& data,
                                    std::span<const std::uint32_t> labels, double l2, double filled,
                                    const WorkerOptions& options) {
  return std::make_unique<MlpWorker>(network, data, labels, l2, filled, options);
}

}  // namespace sgdbench
