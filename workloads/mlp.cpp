// A network as a problem, and its worker. A gradient sum is dense, so reading means copying all of
// w.
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
#include "workloads/mlp.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "workloads/data_problem.h"
#include "workloads/kernels/memory.h"
#include "workloads/random.h"
#include "workloads/reference.h"
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
        slopes_(slope_memory() == nullptr ? 0 : options.max_batch * network.classes()),
        classes_(network.classes()),
        regularised_(network.regularised()),
        values_(network.parameters),
        anchor_copy_(reads_anchor() ? network.parameters : 0),
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
    if (reads_anchor()) std::copy(anchor().begin(), anchor().end(), anchor_copy_.begin());
  }
  void compute() override {
    examples_ = rows_.size();
    std::copy_n(values_.begin(), read_.size(), read_.begin());
    train(values_.data(), sum_of_gradients());
    keep_slopes();
    subtract_gradients_at(reads_anchor() && !anchor().empty() ? anchor_copy_ : anchor());
  }
  void compute_from(std::span<const Real> w) override {
    rows_ = keep(next_);
    examples_ = rows_.size();
    if (regulariser() != 0) std::copy(w.begin(), w.end(), values_.begin());
    train(w.data(), sum_of_gradients());
    keep_slopes();
    subtract_gradients_at(anchor());
  }
  GradientSum gradient_sum() const override {
    return {values_,
            {},
            true,
            examples_,
            false,
            kept(),
            std::span(slopes_).first(slopes_.empty() ? 0 : examples_ * classes_),
            read_};
  }
  std::size_t read_bytes() const override {
    return (values_.size() + anchor_copy_.size()) * sizeof(Real);
  }

 private:
  /// bλ, for the regularisers of all examples of the mini-batch.
  Real regulariser() const { return static_cast<Real>(rows_.size()) * l2_; }
  Target sum_of_gradients() {
    return {values_.data(), regulariser(), intercepts_ ? Real(0) : regulariser(), 1};
  }

  /// For a rule that remembers them: of softmax without hidden layers, which is a linear model.
  void keep_slopes() {
    if (slopes_.empty()) return;
    for (std::size_t r = 0; r < rows_.size(); ++r)
      std::copy_n(pass_.slopes() + r * pass_.stride(), classes_, &slopes_[r * classes_]);
  }

  /// A second forward and backward pass of the mini-batch.
  void subtract_gradients_at(std::span<const Real> a) {
    if (a.empty()) return;
    train(a.data(), {values_.data(), 1, 1, -1});
    const Real r = regulariser();
    if (r != 0)
      for (std::size_t i = 0; i < regularised_; ++i) values_[i] -= r * a[i];
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
  AlignedVector<Real> slopes_;
  std::size_t classes_;
  std::span<const std::uint32_t> next_, rows_;
  std::size_t examples_ = 0;
  Shrinking shrinking_;
  std::size_t regularised_;
  AlignedVector<Real> values_;       ///< the copy that was read, until it is made the gradient sum
  AlignedVector<Real> anchor_copy_;  ///< of an anchor that moves, as it was read
  AlignedVector<Real> read_;         ///< the copy, where somebody wants it afterwards
};

}  // namespace

std::unique_ptr<Worker> make_worker(const Network& network, const Dataset& data,
                                    std::span<const std::uint32_t> labels, double l2, double filled,
                                    const WorkerOptions& options) {
  return std::make_unique<MlpWorker>(network, data, labels, l2, filled, options);
}

namespace {

/// Rows that are evaluated together.
constexpr std::size_t kEvaluated = 128;

std::vector<std::size_t> widths_of(const MlpOptions& options, std::size_t inputs,
                                   std::size_t classes) {
  std::vector<std::size_t> widths{inputs};
  widths.insert(widths.end(), options.hidden.begin(), options.hidden.end());
  widths.push_back(classes);
  return widths;
}

class MlpProblem final : public DataProblem {
 public:
  MlpProblem(const MlpOptions& options, double l2, const TrainTest& data)
      : DataProblem(data, l2),
        network_(options, data.train.columns(), data.train.classes.size()),
        filled_(filled_share(data.train)),
        train_labels_(class_numbers(data.train, data.train.classes)),
        reference_(data.train, train_labels_,
                   widths_of(options, network_.inputs(), network_.classes()), network_.has_biases(),
                   options.activation == Activation::tanh, this->l2(), network_.regularised()) {
    if (data.test) test_labels_ = class_numbers(*data.test, data.train.classes);
    rows_.dense = std::get_if<DenseMatrix>(&data.train.features);
    rows_.scores = network_.classes();
    rows_.intercept = network_.has_biases();
    rows_.l2 = static_cast<Real>(this->l2());
  }

  std::size_t parameters() const override { return network_.parameters; }
  /// Without hidden layers it is a linear model.
  RuleInput rule_input() const override {
    const bool is_linear = network_.layers.size() == 1 && rows_.dense != nullptr;
    return {parameters(), examples(), is_linear ? &rows_ : nullptr};
  }
  std::size_t regularised() const override { return network_.regularised(); }
  bool classifies() const override { return true; }
  bool uses_dense_kernels() const override { return true; }
  void initialise(std::span<Real> w, std::uint64_t seed) const override;
  std::unique_ptr<Worker> make_worker(const WorkerOptions& options) const override {
    return sgdbench::make_worker(network_, train(), train_labels_, l2(), filled_, options);
  }
  RowSums sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                   std::size_t end) const override;

  std::size_t suggested_batch() const override { return 64; }
  double suggested_step(std::size_t batch) const override;
  std::string_view suggested_schedule() const override;

 private:
  const reference::Model& reference() const override { return reference_; }

  Network network_;
  double filled_;
  std::vector<std::uint32_t> train_labels_, test_labels_;
  LinearRows rows_;
  reference::Network reference_;
};

// W ~ N(0, 2/in) for ReLU (He et al. 2015), N(0, 2/(in + out)) for tanh (Glorot & Bengio 2010),
// b = 0. Without a hidden layer the problem is convex and starts from zero, as linear models do.
void MlpProblem::initialise(std::span<Real> w, std::uint64_t seed) const {
  std::fill(w.begin(), w.end(), Real(0));
  if (network_.layers.size() == 1) return;
  Random random(mix(seed, network_.parameters));
  for (const Layer& layer : network_.layers) {
    const bool relu = network_.activation == Activation::relu;
    const std::size_t fan = relu ? layer.in : layer.in + layer.out;
    const double deviation = std::sqrt(2.0 / static_cast<double>(fan));
    for (Real& x : w.subspan(layer.weights, layer.in * layer.out))
      x = static_cast<Real>(deviation * random.normal());
  }
}

RowSums MlpProblem::sum_rows(std::span<const Real> w, Part part, std::size_t begin,
                             std::size_t end) const {
  const auto& labels = part == Part::train ? train_labels_ : test_labels_;
  InputGatherer gatherer(dataset(part), network_.inputs(), kEvaluated, filled_);
  NetworkPass pass(network_, kEvaluated, kNativeKernels);
  std::vector<std::uint32_t> rows;
  RowSums sums;
  for (std::size_t first = begin; first < end; first += rows.size()) {
    rows.resize(std::min(kEvaluated, end - first));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(first));
    const Real* scores = pass.forward(w.data(), gatherer, rows);
    for (const std::uint32_t row : rows) {
      sums.loss += cross_entropy(scores, network_.classes(), labels[row]);
      sums.correct += predicts(scores, network_.classes(), labels[row]);
      scores += pass.stride();
    }
  }
  return sums;
}

// The curvature in the scores is diag(p) − ppᵀ: 1/C for every direction where training starts, with
// equal chances for C classes. The scores move with the weights W_l by a_{l−1} and with the biases
// by 1, for each layer: what lies behind passes a gradient on as long as it came (He et al. 2015).
// Nor does it change the inputs' length per unit, so that ‖a_l‖² is about ‖x‖² · width_l / inputs.
//   L = 1/C · ∑_l (‖a_{l−1}‖² + 1)
double MlpProblem::suggested_step(std::size_t batch) const {
  const double curvature = 1 / static_cast<double>(network_.classes());
  const Columns columns = network_.biases == Biases::regularised  ? Columns::centred
                          : network_.biases == Biases::intercepts ? Columns::with_ones
                                                                  : Columns::as_stored;
  DataScale scale = scale_of(train(), columns);
  if (network_.layers.size() > 1) {
    double widths = 0;
    for (const Layer& layer : network_.layers) widths += static_cast<double>(layer.in);
    const double relative = widths / static_cast<double>(network_.inputs());
    const double biases = static_cast<double>(network_.layers.size());
    scale.largest = scale.largest * relative + biases;
    scale.eigenvalue = scale.eigenvalue * relative + biases;
  }
  return step_for(scale, curvature, l2(), l2(), examples(), batch);
}

// A network's loss is still lowered by a step whose noise keeps it from ending low. Without hidden
// layers it is convex, and keeps the step as other linear models do.
std::string_view MlpProblem::suggested_schedule() const {
  return network_.layers.size() > 1 ? "cooldown:0.2" : "constant";
}

}  // namespace

Network::Network(const MlpOptions& options, std::size_t inputs, std::size_t classes)
    : activation(options.activation), biases(options.biases) {
  const auto widths = widths_of(options, inputs, classes);
  for (std::size_t l = 0; l + 1 < widths.size(); ++l) {
    const Layer layer{widths[l], widths[l + 1], parameters, parameters + widths[l] * widths[l + 1]};
    layers.push_back(layer);
    parameters = layer.biases + (has_biases() ? layer.out : 0);
  }
}

std::unique_ptr<Problem> make_mlp(const MlpOptions& options, double l2, const TrainTest& data) {
  return std::make_unique<MlpProblem>(options, l2, data);
}

}  // namespace sgdbench
