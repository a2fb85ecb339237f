#include "workloads/registry.h"

#include <fmt/format.h>

#include <limits>

#include "workloads/linear.h"
#include "workloads/mlp.h"
#include "workloads/names.h"
#include "workloads/problem.h"

namespace sgdbench {
namespace {

constexpr std::size_t kMaxParameters = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kMaxWidth = 65536;  ///< of a hidden layer
constexpr std::size_t kDefaultWidth = 128;

std::string any_data(const Dataset& train) {
  if (train.rows() == 0) return "no examples: use data with at least one";
  if (train.columns() == 0) return "no features: use data with at least one";
  return {};
}

std::string classes_text(const Dataset& train) {
  const std::size_t classes = train.classes.size();
  if (classes == 0) return "targets are not classes: use least-squares";
  if (classes == 1) return "only one class: use data with two or more";
  return std::to_string(classes) + " classes: use softmax";
}

std::string needs_two_classes(const Dataset& train) {
  if (auto reason = any_data(train); !reason.empty()) return reason;
  return train.classes.size() == 2 ? std::string() : classes_text(train);
}

std::string needs_classes(const Dataset& train) {
  if (auto reason = any_data(train); !reason.empty()) return reason;
  if (train.classes.size() < 2) return classes_text(train);
  // Coordinates are 32-bit numbers; an intercept takes one for each class.
  if (train.columns() >= kMaxParameters / train.classes.size())
    return "features × classes is above 4,294,967,295: use fewer classes or features";
  return {};
}

template <LossKind kind>
std::unique_ptr<Problem> make_linear_model(const WorkloadOptions& options, const TrainTest& data) {
  return make_linear(kind, options.l2, options.intercept, data);
}

std::unique_ptr<Problem> make_softmax(const WorkloadOptions& options, const TrainTest& data) {
  if (data.train.sparse()) return make_sparse_softmax(options.l2, options.intercept, data);
  const Biases biases = options.intercept ? Biases::intercepts : Biases::none;
  return make_mlp({{}, Activation::relu, biases}, options.l2, data);
}

Activation parse_activation(std::string_view name) {
  struct Row {
    std::string_view name;
    Activation activation;
  };
  static constexpr Row kRows[] = {{"relu", Activation::relu}, {"tanh", Activation::tanh}};
  return find_by_name(kRows, "activation", name).activation;
}

std::unique_ptr<Problem> make_network(const WorkloadOptions& options, const TrainTest& data) {
  MlpOptions mlp{options.hidden, parse_activation(options.activation), Biases::regularised};
  if (mlp.hidden.empty()) mlp.hidden = {kDefaultWidth};
  std::size_t parameters = 0, in = data.train.columns();
  auto widths = mlp.hidden;
  widths.push_back(data.train.classes.size());
  for (const std::size_t width : widths) {
    if (width < 1 || width > kMaxWidth)
      throw UsageError(
          fmt::format("hidden layer of {} units: a width lies between 1 and {}", width, kMaxWidth));
    if (in + 1 > (kMaxParameters - parameters) / width)
      throw UsageError(
          "mlp: this network has more than 4,294,967,295 parameters; use narrower "
          "hidden layers");
    parameters += (in + 1) * width;
    in = width;
  }
  return make_mlp(mlp, options.l2, data);
}

}  // namespace

const std::vector<WorkloadEntry>& workload_catalog() {
  static const std::vector<WorkloadEntry> catalog{
      {.name = "logreg",
       .summary = "binary logistic regression, ℓ = log(1 + e^{−yz}), convex",
       .why_not = needs_two_classes,
       .make = make_linear_model<LossKind::logistic>,
       .convexity = ConvexLoss::logistic},
      {.name = "svm",
       .summary = "linear support vector machine, ℓ = max(0, 1 − yz), convex",
       .why_not = needs_two_classes,
       .make = make_linear_model<LossKind::hinge>,
       .convexity = ConvexLoss::hinge},
      {.name = "l2-svm",
       .summary = "the same with the squared hinge, ℓ = max(0, 1 − yz)², convex and smooth",
       .why_not = needs_two_classes,
       .make = make_linear_model<LossKind::squared_hinge>,
       .convexity = ConvexLoss::squared_hinge},
      {.name = "least-squares",
       .summary = "linear regression on the targets as they are, ℓ = ½(z − y)², convex",
       .why_not = any_data,
       .make = make_linear_model<LossKind::squared>,
       .convexity = ConvexLoss::squared},
      {.name = "softmax",
       .summary = "multi-class logistic regression, ℓ = log ∑ e^{z_c} − z_y, convex",
       .why_not = needs_classes,
       .make = make_softmax,
       .convexity = ConvexLoss::softmax},
      {.name = "mlp",
       .summary = "neural network with dense hidden layers and softmax cross-entropy",
       .why_not = needs_classes,
       .make = make_network,
       .convexity = "an mlp is not convex, so its optimum can't be computed",
       .why_no_intercept = "its layers have biases",
       .hidden_layers = true},
      {.name = "none",
       .summary =
           "no data, no model, no gradients: timing studies of as many updates, with messages "
           "of as many parameters, as are asked for",
       .why_not = [](const Dataset&) { return std::string(); },
       .make = [](const WorkloadOptions& options,
                  const TrainTest&) { return make_nothing(options.parameters); },
       .convexity = "the workload none has no loss, and so no optimum",
       .why_no_intercept = "it has no model",
       .trains = false},
  };
  return catalog;
}

const WorkloadEntry& find_workload(std::string_view name) {
  return find_by_name(workload_catalog(), "workload", name);
}

std::unique_ptr<Problem> make_problem(const WorkloadOptions& options, const TrainTest& data) {
  const auto& entry = find_workload(options.workload);
  if (const std::string reason = entry.why_not(data.train); !reason.empty())
    throw UsageError(
        fmt::format("workload {} can't use {}: {}", options.workload, data.train.name, reason));
  if (options.intercept && !entry.why_no_intercept.empty())
    throw UsageError(fmt::format("workload {} takes no intercept: {}", options.workload,
                                 entry.why_no_intercept));
  return entry.make(options, data);
}

}  // namespace sgdbench
