#include "workloads/mlp.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "workloads/data_problem.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/kernels/dense_layer.h"
#include "workloads/mlp_pass.h"
#include "workloads/random.h"
#include "workloads/reference.h"

namespace sgdbench {
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
  }

  std::size_t parameters() const override { return network_.parameters; }
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
