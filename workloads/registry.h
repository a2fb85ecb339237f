// The table of workloads, and the making of a Problem.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "workloads/data/storage.h"
#include "workloads/problem.h"

namespace sgdbench {

struct WorkloadOptions {
  std::string workload;             ///< a name of the table
  double l2 = -1;                   ///< λ; negative: 1/n
  std::vector<std::size_t> hidden;  ///< mlp: widths of the hidden layers
  std::string activation = "relu";  ///< mlp: relu or tanh
  std::size_t parameters = 0;       ///< none: the size of its messages
  bool intercept = false;           ///< linear models: parameters without features, and without λ

  bool operator==(const WorkloadOptions&) const = default;
};

/// The loss of a row's scores, of workloads whose optimum can be computed (optimum/).
enum class ConvexLoss { logistic, hinge, squared_hinge, squared, softmax };

/// Whether a workload's optimum can be computed: its loss where it is convex, else why not. A row
/// without either does not compile.
struct Convexity {
  Convexity(ConvexLoss row_loss) : loss(row_loss) {}
  Convexity(const char* why) : why_not(why) {}
  std::optional<ConvexLoss> loss;
  std::string_view why_not;
};

struct WorkloadEntry {
  std::string_view name;
  std::string_view summary;
  /// "" if the workload can use this data, else why not ("10 classes: use softmax").
  std::string (*why_not)(const Dataset& train);
  /// `data` must outlive the Problem.
  std::unique_ptr<Problem> (*make)(const WorkloadOptions&, const TrainTest& data);
  Convexity convexity;
  /// "" where WorkloadOptions::intercept means something, else why not.
  std::string_view why_no_intercept = "";
  bool hidden_layers = false;  ///< WorkloadOptions::hidden and ::activation mean something
  /// WorkloadOptions::parameters means nothing. False: it has no data and learns nothing; patterns
  /// do not mean it.
  bool trains = true;
};
const std::vector<WorkloadEntry>& workload_catalog();

/// The row of that name; throws UsageError.
const WorkloadEntry& find_workload(std::string_view name);

/// Looks the workload up and makes it; throws UsageError for an unknown name and for data that
/// the workload can't use.
std::unique_ptr<Problem> make_problem(const WorkloadOptions& options, const TrainTest& data);

}  // namespace sgdbench
