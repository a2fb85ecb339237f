// The Worker of a network: a direction is everywhere, so reading means copying all of w.
#include <algorithm>

#include "workloads/kernels/native.h"
#include "workloads/kernels/racy.h"
#include "workloads/mlp_pass.h"
#include "workloads/worker_base.h"

namespace sgdbench {
namespace {

class MlpWorker final : public WorkerBase {
 public:
  MlpWorker(const Network& network, const Dataset& data, std::span<const std::uint32_t> labels,
            double l2, const WorkerOptions& options)
      : WorkerBase(options.rule),
        labels_(labels),
        l2_(static_cast<Real>(l2)),
        input_(data, network.inputs(), options.max_batch),
        pass_(network, options.max_batch, options.kernels ? *options.kernels : kNativeKernels),
        batch_labels_(options.max_batch),
        copy_(network.parameters),
        values_(network.parameters) {
    input_.allocate();
  }

  void prepare(std::span<const std::uint32_t> rows) override { next_ = rows; }
  void read(std::span<const Real> w, Access access) override {
    rows_ = next_;
    if (access == Access::exclusive)
      std::copy(w.begin(), w.end(), copy_.begin());
    else
      racy::copy(w.data(), copy_.data(), w.size());
  }
  void compute() override { compute_at(copy_); }
  void compute_from(std::span<const Real> w) override {
    rows_ = next_;
    compute_at(w);
  }
  Direction direction() const override { return {values_, {}, true, examples_}; }
  std::size_t read_bytes() const override { return copy_.size() * sizeof(Real); }

 private:
  /// values = ∑ᵢ (∇ℓᵢ(w) + λ·w)
  void compute_at(std::span<const Real> w) {
    examples_ = rows_.size();
    const Real shrink = static_cast<Real>(examples_) * l2_;
#pragma omp simd
    for (std::size_t k = 0; k < values_.size(); ++k) values_[k] = shrink * w[k];
    for (std::size_t r = 0; r < rows_.size(); ++r) batch_labels_[r] = labels_[rows_[r]];
    const Input input = input_.gather(rows_);
    pass_.forward(w.data(), input);
    pass_.backward(w.data(), input, batch_labels_.data(), values_.data());
  }

  std::span<const std::uint32_t> labels_;
  Real l2_;
  InputGatherer input_;
  NetworkPass pass_;
  std::vector<std::uint32_t> batch_labels_;
  std::span<const std::uint32_t> next_, rows_;
  std::size_t examples_ = 0;
  AlignedVector<Real> copy_, values_;
};

}  // namespace

std::unique_ptr<Worker> make_worker(const Network& network, const Dataset& data,
                                    std::span<const std::uint32_t> labels, double l2,
                                    const WorkerOptions& options) {
  return std::make_unique<MlpWorker>(network, data, labels, l2, options);
}

}  // namespace sgdbench
