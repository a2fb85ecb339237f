// The column table: name, unit, meaning and where the value comes from, one row per column.
#include "results/fields.h"

#include <array>
#include <cmath>
#include <optional>

namespace sgdbench {
namespace {

Value to_value(bool value) {
  return value;
}
Value to_value(std::uint64_t value) {
  return value;
}
Value to_value(const std::string& text) {
  return text.empty() ? Value{} : Value{text};
}
Value to_value(double value) {
  return std::isfinite(value) ? Value{value} : Value{};
}
template <class T>
Value to_value(const std::optional<T>& value) {
  return value ? to_value(*value) : Value{};
}

/// The getter of a plain member.
template <auto Member>
Value run(const RunRecord& row) {
  return to_value(row.*Member);
}
template <auto Member>
Value curve(const CurveRow& row) {
  return to_value(row.run.curve[row.point].*Member);
}
template <auto Member>
Value staleness(const StalenessRow& row) {
  return to_value(std::uint64_t{row.count.*Member});
}

/// 16 hexadecimal digits: as a number, readers that hold integers in doubles would round it.
Value checksum(const RunRecord& row) {
  if (!row.data_checksum) return {};
  std::string text(16, '0');
  for (std::size_t i = 0; i < text.size(); ++i)
    text[i] = "0123456789abcdef"[*row.data_checksum >> (60 - 4 * i) & 15];
  return text;
}

using R = RunRecord;
constexpr auto kRunFields = std::to_array<Field<RunRecord>>({
    // clang-format off
    {"run_id", "", "this run, unique within the report", run<&R::run_id>},
    {"config_id", "", "its configuration: the same for all repeats", run<&R::config_id>},
    {"repeat", "", "which repeat of the configuration, from 0", run<&R::repeat>},
    {"order", "", "when it ran among all runs of the invocation, from 0", run<&R::order>},
    {"status", "", "ok, diverged, timeout, interrupted, failed or unsupported", run<&R::status>},
    {"reason", "", "why it is not ok", run<&R::reason>},
    {"workload", "", "objective and model", run<&R::workload>},
    {"data", "", "the training data as named on the command line", run<&R::data>},
    {"examples", "examples", "training examples, n", run<&R::examples>},
    {"features", "features", "columns of the data", run<&R::features>},
    {"backend", "", "execution strategy", run<&R::backend>},
    {"protocol", "", "when the server takes and releases updates; empty where there is no server", run<&R::protocol>},
    {"write", "", "how shared parameters are written; empty where there is no choice", run<&R::write>},
    {"workers", "workers", "workers asked for, P", run<&R::workers>},
    {"rule", "", "update rule", run<&R::rule>},
    {"kernels", "", "kernel set that did the dense arithmetic", run<&R::kernels>},
    {"batch", "examples", "mini-batch of one worker", run<&R::batch>},
    {"lr", "", "initial step size", run<&R::lr>},
    {"lr_schedule", "", "how the step size falls", run<&R::lr_schedule>},
    {"staleness_policy", "", "what a stale gradient does to its step", run<&R::staleness_policy>},
    {"l2", "", "coefficient of the L2 regulariser", run<&R::l2>},
    {"seed", "", "seed of the initial parameters and of the order of examples", run<&R::seed>},
    {"epochs", "epochs", "examples_processed / examples", run<&R::epochs>},
    {"updates", "updates", "updates applied to the parameters", run<&R::updates>},
    {"examples_processed", "examples", "example gradients that landed in the parameters", run<&R::examples_processed>},
    {"gradient_evaluations", "gradients", "example gradients computed, those thrown away included", run<&R::gradient_evaluations>},
    {"wall_s", "s", "training time: no loading, warm-up or evaluation", run<&R::wall_s>},
    {"compute_s", "s", "of wall_s, the mean worker's time in gradients and in-place updates", run<&R::compute_s>},
    {"wait_s", "s", "of wall_s, the mean worker's time waiting for others", run<&R::wait_s>},
    {"communicate_s", "s", "of wall_s, the mean worker's time moving parameters and updates", run<&R::communicate_s>},
    {"observe_s", "s", "of wall_s, the mean worker's time copying parameters for the loss curve", run<&R::observe_s>},
    {"evaluate_s", "s", "evaluating the loss curve, off the clock", run<&R::evaluate_s>},
    {"load_s", "s", "loading or generating the data, off the clock", run<&R::load_s>},
    {"updates_per_s", "1/s", "updates / wall_s", run<&R::updates_per_s>},
    {"examples_per_s", "1/s", "examples_processed / wall_s", run<&R::examples_per_s>},
    {"loss_initial", "", "training objective before the first update", run<&R::loss_initial>},
    {"loss_final", "", "training objective after the last update", run<&R::loss_final>},
    {"loss_optimum", "", "smallest possible training objective, where computed", run<&R::loss_optimum>},
    {"accuracy_final", "", "share of held-out examples classified right at the end, of training examples where nothing is held out", run<&R::accuracy_final>},
    {"target_loss", "", "loss that counts as reaching the target", run<&R::target_loss>},
    {"time_to_target_s", "s", "training time at the first curve point that reaches the target", run<&R::time_to_target_s>},
    {"epochs_to_target", "epochs", "epochs at that point", run<&R::epochs_to_target>},
    {"updates_to_target", "updates", "updates at that point", run<&R::updates_to_target>},
    {"staleness_mean", "updates", "mean staleness: updates applied between an update's read and its own application", run<&R::staleness_mean>},
    {"staleness_p50", "updates", "median staleness", run<&R::staleness_p50>},
    {"staleness_p95", "updates", "95th percentile of staleness", run<&R::staleness_p95>},
    {"staleness_max", "updates", "largest staleness", run<&R::staleness_max>},
    {"staleness_mode", "", "exact or sampled", run<&R::staleness_mode>},
    {"lost_updates", "updates", "estimate of the updates overwritten by concurrent ones", run<&R::lost_updates>},
    {"parallel_capacity", "", "pure-compute throughput of P threads over one, measured beside the run", run<&R::parallel_capacity>},
    {"line_transfer_ns", "ns", "one-way time of a cache line between two of the workers' cores, measured beside the run", run<&R::line_transfer_ns>},
    {"peak_rss_bytes", "bytes", "largest resident memory of the process so far", run<&R::peak_rss_bytes>},
    {"clock", "", "real or virtual", run<&R::clock>},
    {"deterministic", "", "the same seed gives the same parameters, bit for bit", run<&R::deterministic>},
    {"momentum", "", "coefficient of the rule's momentum", run<&R::momentum>},
    {"shuffle", "", "order in which examples are visited", run<&R::shuffle>},
    {"assign", "", "which worker takes which mini-batches", run<&R::assign>},
    {"hidden", "", "widths of a network's hidden layers", run<&R::hidden>},
    {"activation", "", "activation of a network's hidden layers", run<&R::activation>},
    {"persistence", "", "failed publications before an update is dropped, 0: never", run<&R::persistence>},
    {"exchange", "", "examples that a replica trains on between two exchanges", run<&R::exchange>},
    {"threads_used", "threads", "threads of this process that used over 5 % of a core in training", run<&R::threads>},
    {"dropped_gradients", "gradients", "example gradients computed and thrown away", run<&R::dropped_gradients>},
    {"staleness_samples", "updates", "updates in the staleness histogram", run<&R::staleness_samples>},
    {"loss_test", "", "mean loss on held-out examples at the end", run<&R::loss_test>},
    {"target_accuracy", "", "accuracy that counts as reaching the target", run<&R::target_accuracy>},
    {"data_checksum", "", "of the parsed content of the training data", checksum},
    {"recording", "", "full, or none: training alone was timed", run<&R::recording>},
    {"pinned", "", "each worker was tied to a core", run<&R::pinned>},
    {"command", "", "command line that repeats this configuration", run<&R::command>},
    // clang-format on
});

using P = CurvePoint;
constexpr auto kCurveFields = std::to_array<Field<CurveRow>>({
    {"run_id", "", "as in runs.csv", [](const CurveRow& r) { return to_value(r.run.run_id); }},
    {"point", "", "number of the point, from 0 (the start)",
     [](const CurveRow& r) { return to_value(std::uint64_t{r.point}); }},
    {"time_s", "s", "training time, evaluations excluded", curve<&P::time_s>},
    {"epoch", "epochs", "examples_processed / examples", curve<&P::epoch>},
    {"updates", "updates", "updates applied so far", curve<&P::updates>},
    {"examples_processed", "examples", "example gradients landed so far",
     curve<&P::examples_processed>},
    {"loss", "", "training objective; empty where not finite", curve<&P::loss>},
    {"suboptimality", "", "loss minus loss_optimum", curve<&P::suboptimality>},
    {"test_loss", "", "mean loss on held-out examples", curve<&P::test_loss>},
    {"test_accuracy", "", "share of held-out examples classified right", curve<&P::test_accuracy>},
});

using S = StalenessCount;
constexpr auto kStalenessFields = std::to_array<Field<StalenessRow>>({
    {"run_id", "", "as in runs.csv", [](const StalenessRow& r) { return to_value(r.run.run_id); }},
    {"worker", "", "number of the worker, from 0", staleness<&S::worker>},
    {"staleness", "updates",
     "least staleness of this bin: one a bin below 1024, then 64 bins a doubling",
     staleness<&S::staleness>},
    {"count", "updates", "updates in the bin", staleness<&S::count>},
});

}  // namespace

std::span<const Field<RunRecord>> run_fields() {
  return kRunFields;
}
std::span<const Field<CurveRow>> curve_fields() {
  return kCurveFields;
}
std::span<const Field<StalenessRow>> staleness_fields() {
  return kStalenessFields;
}

}  // namespace sgdbench
