// The column table: name, unit, meaning and where the value comes from, one row per column.
#include "results/fields.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>

#include "results/text.h"

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
template <auto Member>
Value worker(const WorkerRow& row) {
  return to_value(row.worker.*Member);
}

/// Whole numbers and doubles, all of the text and finite. Other programs write whole numbers
/// as 12.0 and 1.2E+05 too.
template <class Number>
bool from_text(Number& value, std::string_view text) {
  if (text.empty()) return true;  // stays as it is: there was nothing to say
  const auto read = read_number<Number>(text);
  const bool whole = bool{read};
  value = read.value;
  if constexpr (std::is_floating_point_v<Number>) return whole && std::isfinite(value);
  if (whole) return true;
  constexpr double kLargest = 9007199254740992;  // 2⁵³: beyond, doubles leave whole numbers out
  double real = -1;
  if (!from_text(real, text) || real < 0 || real > kLargest || real != std::floor(real))
    return false;
  value = static_cast<Number>(real);
  return true;
}
/// In any case: spreadsheets shout.
bool from_text(bool& value, std::string_view text) {
  const auto says = [text](std::string_view word) {
    return std::equal(text.begin(), text.end(), word.begin(), word.end(), [](char a, char b) {
      return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
    });
  };
  value = says("true");
  return value || says("false") || text.empty();
}
bool from_text(std::string& value, std::string_view text) {
  value = text;
  return true;
}
template <class T>
bool from_text(std::optional<T>& value, std::string_view text) {
  value.reset();
  return text.empty() || from_text(value.emplace(), text);
}
template <auto Member, class Part>
bool set(Part& part, std::string_view text) {
  return from_text(part.*Member, text);
}

template <std::optional<std::uint64_t> RunRecord::*Member>
Value checksum(const RunRecord& row) {
  return row.*Member ? Value{hex_text(*(row.*Member))} : Value{};
}

template <std::optional<std::uint64_t> RunRecord::*Member>
bool set_checksum(RunRecord& row, std::string_view text) {
  (row.*Member).reset();
  if (text.empty()) return true;
  const auto read = read_number<std::uint64_t>(text, 16);
  row.*Member = read.value;
  return bool{read};
}

/// A column's name as a template's parameter.
template <std::size_t Size>
struct Name {
  char text[Size];
  consteval Name(const char (&literal)[Size]) { std::copy_n(literal, Size, text); }
};

template <Name Column, class Kind>
Value setting(const RunRecord& row) {
  const auto found = row.settings.find(Column.text);
  Kind value{};
  if (found == row.settings.end() || !from_text(value, found->second)) return {};
  return to_value(value);
}

template <Name Column, class Kind>
bool set_setting(RunRecord& row, std::string_view text) {
  row.settings.erase(Column.text);
  Kind value{};
  if (text.empty()) return true;
  if (!from_text(value, text)) return false;
  row.settings[Column.text] = to_text(to_value(value));
  return true;
}

/// The column of an option that no part of a report asks for: it needs no member of the record.
template <Name Column, class Kind = std::string>
constexpr RunField asked(std::string_view unit, std::string_view meaning, unsigned roles) {
  return {Column.text,
          unit,
          meaning,
          setting<Column, Kind>,
          set_setting<Column, Kind>,
          roles | kSetting | kAsText};
}

constexpr unsigned kTold = kSetting | kBesideLabel;
constexpr unsigned kOfTask = kTold | kOfProblem | kBesideProblem;

using R = RunRecord;
constexpr auto kRunFields = std::to_array<RunField>({
    // clang-format off
    {"run_id", "", "this run, unique within the report", run<&R::run_id>, set<&R::run_id, R>},
    {"config_id", "", "its configuration: the same for all repeats", run<&R::config_id>, set<&R::config_id, R>},
    {"repeat", "", "which repeat of the configuration, from 0", run<&R::repeat>, set<&R::repeat, R>},
    {"order", "", "when it ran among all runs of the invocation, from 0", run<&R::order>, set<&R::order, R>},
    {"status", "", "ok, diverged, timeout, interrupted, failed or unsupported", run<&R::status>, set<&R::status, R>},
    {"reason", "", "why it is not ok", run<&R::reason>, set<&R::reason, R>},
    {"workload", "", "objective and model", run<&R::workload>, set<&R::workload, R>, kSetting | kOfProblem},
    {"data", "", "the training data as named on the command line", run<&R::data>, set<&R::data, R>, kSetting | kOfProblem},
    {"examples", "examples", "training examples, n", run<&R::examples>, set<&R::examples, R>},
    {"features", "features", "columns of the data", run<&R::features>, set<&R::features, R>},
    {"backend", "", "execution strategy", run<&R::backend>, set<&R::backend, R>, kSetting},
    {"protocol", "", "when the server takes and releases updates; empty where there is no server", run<&R::protocol>, set<&R::protocol, R>, kSetting},
    {"write", "", "how shared parameters are written; empty where there is no choice", run<&R::write>, set<&R::write, R>, kSetting},
    {"workers", "workers", "workers asked for, P", run<&R::workers>, set<&R::workers, R>, kSetting},
    {"rule", "", "update rule", run<&R::rule>, set<&R::rule, R>, kTold},
    {"kernels", "", "kernel set that did the dense arithmetic", run<&R::kernels>, set<&R::kernels, R>, kTold},
    {"batch", "examples", "mini-batch of one worker", run<&R::batch>, set<&R::batch, R>, kSetting | kBesideLabel | kHasBest},
    {"lr", "", "initial step size", run<&R::lr>, set<&R::lr, R>, kSetting | kBesideLabel | kHasBest},
    {"lr_schedule", "", "how the step size falls", run<&R::lr_schedule>, set<&R::lr_schedule, R>, kTold},
    asked<"staleness_policy">("", "what a stale gradient does to its step, or to itself", kTold),
    {"l2", "", "coefficient of the L2 regulariser", run<&R::l2>, set<&R::l2, R>, kOfTask},
    {"seed", "", "seed of the initial parameters and of the order of examples", run<&R::seed>, set<&R::seed, R>},
    {"epochs", "epochs", "examples_processed / examples", run<&R::epochs>, set<&R::epochs, R>},
    {"updates", "updates", "updates of the shared parameters: changes of their version, be it by a gradient, a mean of gradients or of replicas, or an exchange", run<&R::updates>, set<&R::updates, R>},
    {"examples_processed", "examples", "example gradients that landed in the parameters", run<&R::examples_processed>, set<&R::examples_processed, R>},
    {"gradient_evaluations", "gradients", "example gradients whose computation was begun: dropped_gradients + examples_processed, each twice under a rule that lands differences of two, + those of full gradients", run<&R::gradient_evaluations>, set<&R::gradient_evaluations, R>},
    {"wall_s", "s", "training time: no loading, warm-up or evaluation", run<&R::wall_s>, set<&R::wall_s, R>},
    {"compute_s", "s", "of wall_s, the mean worker's time in gradients and in-place updates", run<&R::compute_s>, set<&R::compute_s, R>},
    {"wait_s", "s", "of wall_s, the mean worker's time waiting for others: at a lock, a barrier, or for the protocol's leave", run<&R::wait_s>, set<&R::wait_s, R>},
    {"communicate_s", "s", "of wall_s, the mean worker's time moving parameters and updates; of many short contacts some are timed, for all", run<&R::communicate_s>, set<&R::communicate_s, R>},
    {"observe_s", "s", "of wall_s, the mean worker's time copying parameters for the loss curve", run<&R::observe_s>, set<&R::observe_s, R>},
    {"evaluate_s", "s", "evaluating the loss curve, off the clock", run<&R::evaluate_s>, set<&R::evaluate_s, R>},
    {"load_s", "s", "loading or generating the data, off the clock", run<&R::load_s>, set<&R::load_s, R>},
    {"updates_per_s", "1/s", "updates / wall_s", run<&R::updates_per_s>, set<&R::updates_per_s, R>},
    {"examples_per_s", "1/s", "examples_processed / wall_s", run<&R::examples_per_s>, set<&R::examples_per_s, R>},
    {"loss_initial", "", "training objective before the first update", run<&R::loss_initial>, set<&R::loss_initial, R>},
    {"loss_final", "", "training objective after the last update", run<&R::loss_final>, set<&R::loss_final, R>},
    {"loss_optimum", "", "smallest possible training objective, where computed", run<&R::loss_optimum>, set<&R::loss_optimum, R>},
    {"accuracy_final", "", "share of held-out examples classified right at the end, of training examples where nothing is held out", run<&R::accuracy_final>, set<&R::accuracy_final, R>},
    {"target_loss", "", "loss that counts as reaching the target", run<&R::target_loss>, set<&R::target_loss, R>, kOfProblem | kBesideProblem},
    {"time_to_target_s", "s", "training time where the curve crosses the target, interpolated between two points", run<&R::time_to_target_s>, set<&R::time_to_target_s, R>},
    {"epochs_to_target", "epochs", "epochs where it is crossed", run<&R::epochs_to_target>, set<&R::epochs_to_target, R>},
    {"updates_to_target", "updates", "updates by then, the one that crosses it included", run<&R::updates_to_target>, set<&R::updates_to_target, R>},
    {"staleness_mean", "updates", "mean staleness of the mini-batch gradients that landed: updates applied between a gradient's read of the parameters and its own application", run<&R::staleness_mean>, set<&R::staleness_mean, R>},
    {"staleness_p50", "updates", "median staleness", run<&R::staleness_p50>, set<&R::staleness_p50, R>},
    {"staleness_p95", "updates", "95th percentile of staleness", run<&R::staleness_p95>, set<&R::staleness_p95, R>},
    {"staleness_max", "updates", "largest staleness", run<&R::staleness_max>, set<&R::staleness_max, R>},
    {"staleness_mode", "", "exact; sampled: some gradients stand for all; bound: of each gradient the stalest part", run<&R::staleness_mode>, set<&R::staleness_mode, R>},
    {"lost_updates", "updates", "estimate of the updates overwritten by concurrent ones", run<&R::lost_updates>, set<&R::lost_updates, R>},
    {"parallel_capacity", "", "pure-compute throughput of P threads over one, measured beside the run", run<&R::parallel_capacity>, set<&R::parallel_capacity, R>},
    {"line_transfer_ns", "ns", "one-way time of a cache line between two of the workers' cores, measured beside the run", run<&R::line_transfer_ns>, set<&R::line_transfer_ns, R>},
    {"peak_rss_bytes", "bytes", "largest resident memory of the process while the run lasted; empty where the kernel can't tell", run<&R::peak_rss_bytes>, set<&R::peak_rss_bytes, R>},
    {"clock", "", "real or virtual", run<&R::clock>, set<&R::clock, R>, kOfProblem},
    {"deterministic", "", "the same seed gives the same parameters, bit for bit, on this build and machine", run<&R::deterministic>, set<&R::deterministic, R>},
    {"momentum", "", "coefficient of the rule's momentum", run<&R::momentum>, set<&R::momentum, R>, kSetting | kBesideLabel | kHasBest},
    asked<"shuffle">("", "order in which examples are visited", kTold),
    asked<"assign">("", "which worker takes which mini-batches", kTold),
    asked<"hidden">("", "widths of a network's hidden layers", kOfTask),
    asked<"activation">("", "activation of a network's hidden layers", kOfTask),
    {"persistence", "", "failed publications before a gradient is dropped and computed again, 0: never", run<&R::persistence>, set<&R::persistence, R>, kSetting | kHasBest},
    asked<"max_staleness">("updates", "gradients staler than that when they arrived were thrown away, inf: none; empty where there is no such bound", kTold),
    {"exchange", "", "examples that a replica trains on between two exchanges", run<&R::exchange>, set<&R::exchange, R>, kSetting | kHasBest},
    {"threads_used", "threads", "threads of this process that used over 5 % of a core in training", run<&R::threads>, set<&R::threads, R>},
    {"dropped_gradients", "gradients", "example gradients of gradient_evaluations that landed nowhere: discarded, cancelled, or cut short by the end of the run; each counts whole", run<&R::dropped_gradients>, set<&R::dropped_gradients, R>},
    {"staleness_samples", "gradients", "mini-batch gradients in the staleness histogram: one for each that landed, or fewer where they are sampled", run<&R::staleness_samples>, set<&R::staleness_samples, R>},
    {"loss_test", "", "mean loss on held-out examples at the end", run<&R::loss_test>, set<&R::loss_test, R>},
    {"target_accuracy", "", "accuracy that counts as reaching the target", run<&R::target_accuracy>, set<&R::target_accuracy, R>, kOfProblem | kBesideProblem},
    {"target", "", "shares above the optimum that were asked for, the last one being target_loss", run<&R::target>, set<&R::target, R>, kBesideProblem},
    {"target_measure", "", "relative: (1 + q)·optimum; suboptimality: optimum + q·(start − optimum), where the optimum is next to 0; loss; accuracy", run<&R::target_measure>, set<&R::target_measure, R>},
    {"reached", "", "whether a point of the curve reached the target", run<&R::reached>, set<&R::reached, R>},
    {"time_to_target_low_s", "s", "training time at the last point of the curve before the target", run<&R::time_to_target_low_s>, set<&R::time_to_target_low_s, R>},
    {"time_to_target_high_s", "s", "training time at the first point that meets it: time_to_target_s lies between the two", run<&R::time_to_target_high_s>, set<&R::time_to_target_high_s, R>},
    {"stopped_at_target", "", "true: workers paused at each point, and the run ended there; false: they paused and it did not; empty: points were evaluated after the run", run<&R::stopped_at_target>, set<&R::stopped_at_target, R>},
    {"loss_start", "", "training objective at the initial parameters, where an optimum was computed", run<&R::loss_start>, set<&R::loss_start, R>},
    {"optimum_gap", "", "proven: loss_optimum is at most this far above the true optimum", run<&R::optimum_gap>, set<&R::optimum_gap, R>},
    {"speedup_to_target", "", "time to target of one worker over this; the product of the next two", run<&R::speedup_to_target>, set<&R::speedup_to_target, R>},
    {"hardware_efficiency", "", "time per epoch of one worker over this", run<&R::hardware_efficiency>, set<&R::hardware_efficiency, R>},
    {"statistical_efficiency", "", "epochs to target of one worker over this", run<&R::statistical_efficiency>, set<&R::statistical_efficiency, R>},
    {"speedup_baseline", "", "config_id of that one worker: the same strategy where it was run, else the fastest", run<&R::speedup_baseline>, set<&R::speedup_baseline, R>},
    {"speedup_over_best_single", "", "time to target of the fastest one-worker configuration over this", run<&R::speedup_over_best_single>, set<&R::speedup_over_best_single, R>},
    {"data_checksum", "", "of the parsed content of the training data", checksum<&R::data_checksum>, set_checksum<&R::data_checksum>, kOfProblem | kBesideProblem | kOfData},
    {"test_checksum", "", "of the parsed content of what is held out, or of the test data", checksum<&R::test_checksum>, set_checksum<&R::test_checksum>},
    asked<"recording">("", "full, or none: training alone was timed", kTold),
    {"pinned", "", "each worker was tied to a core", run<&R::pinned>, set<&R::pinned, R>, kBesideLabel},
    {"pace_compute_ns", "ns", "fixed piece of arithmetic, on P threads at once, before and after the run: the machine's pace", run<&R::pace_compute_ns>, set<&R::pace_compute_ns, R>},
    {"pace_read_ns", "ns", "the same for reading 64 KiB out of 8 MiB", run<&R::pace_read_ns>, set<&R::pace_read_ns, R>},
    {"compute_time", "", "distribution of a gradient's time on a virtual clock, where there is no cluster", run<&R::compute_time>, set<&R::compute_time, R>, kOfTask},
    {"cluster", "", "classes of workers on a virtual clock, each with its distribution", run<&R::cluster>, set<&R::cluster, R>, kTold | kBesideProblem},
    {"service", "", "distribution of the simulated server's own time for each arrival; empty: none", run<&R::service>, set<&R::service, R>, kOfTask},
    asked<"parameters", std::uint64_t>("", "size of the messages of the workload none", kOfTask),
    asked<"shards", std::uint64_t>("", "simulated servers, each with its part of the parameters", kTold),
    asked<"all_reduce">("", "how simulated workers exchange: server, ring or tree", kTold),
    {"events", "events", "arrivals at the simulated server", run<&R::events>, set<&R::events, R>},
    {"simulate_s", "s", "real time that the simulation took", run<&R::simulate_s>, set<&R::simulate_s, R>},
    {"events_per_s", "1/s", "events / simulate_s", run<&R::events_per_s>, set<&R::events_per_s, R>},
    {"utilisation", "", "compute_s / wall_s", run<&R::utilisation>, set<&R::utilisation, R>},
    {"host", "", "hash of the machine's name", run<&R::host>, set<&R::host, R>, kOfMachine},
    {"cpu_model", "", "the machine's processor", run<&R::cpu_model>, set<&R::cpu_model, R>, kOfMachine},
    {"cores_available", "", "cores that the process could use", run<&R::cores_available>, set<&R::cores_available, R>, kOfMachine},
    {"compiler", "", "compiler that built the program", run<&R::compiler>, set<&R::compiler, R>, kOfBuild},
    {"build", "", "its build type and flags", run<&R::build>, set<&R::build, R>, kOfBuild},
    {"instruction_set", "", "instructions it was built for", run<&R::instruction_set>, set<&R::instruction_set, R>, kOfBuild},
    {"git_revision", "", "commit it was built from", run<&R::git_revision>, set<&R::git_revision, R>},
    {"command", "", "command line that repeats this configuration", run<&R::command>, set<&R::command, R>},
    {"compute_delay", "", "distribution of what was added to the time of each gradient", run<&R::compute_delay>, set<&R::compute_delay, R>, kOfTask},
    {"straggler", "", "which workers' gradients took longer, and how many times as long", run<&R::straggler>, set<&R::straggler, R>, kOfTask},
    {"latency", "", "distribution of what each pull and each push took beyond the machine's own time", run<&R::latency>, set<&R::latency, R>, kTold},
    {"bandwidth", "bytes/s", "of the link that the messages of all workers share: the server's, or that of shared parameters", run<&R::bandwidth>, set<&R::bandwidth, R>, kTold},
    {"delay_mode", "", "how that time passed: sleep or spin", run<&R::delay_mode>, set<&R::delay_mode, R>, kTold},
    {"examples_per_update", "examples", "examples that one update averages: what the automatic step size is made for", run<&R::examples_per_update>, set<&R::examples_per_update, R>},
    {"automatic", "", "which of batch, lr and lr_schedule the program chose", run<&R::automatic>, set<&R::automatic, R>},
    {"tuned", "", "which of batch, lr, momentum and exchange were searched for", run<&R::tuned>, set<&R::tuned, R>},
    {"tuning_trials", "", "trials of that search; 0: an earlier one had found the settings, and they were in the cache; empty: the start met the target, and nothing was searched for", run<&R::tuning_trials>, set<&R::tuning_trials, R>},
    {"tuning_s", "s", "real time that the search took, which is in no other time", run<&R::tuning_s>, set<&R::tuning_s, R>},
    {"lr_tuned_low", "", "least step size whose time to the target was within 10 % of the best; without a target, whose loss had fallen 1/1.1 as far", run<&R::lr_tuned_low>, set<&R::lr_tuned_low, R>},
    {"lr_tuned_high", "", "largest one", run<&R::lr_tuned_high>, set<&R::lr_tuned_high, R>},
    {"lr_twice_low", "", "least step size with which the time was within twice the best; without a target, the loss had fallen half as far", run<&R::lr_twice_low>, set<&R::lr_twice_low, R>},
    {"lr_twice_high", "", "largest one", run<&R::lr_twice_high>, set<&R::lr_twice_high, R>},
    {"wait_share", "", "wait_s / wall_s: where all meet at a barrier, the share of waiting there", run<&R::wait_share>, set<&R::wait_share, R>},
    asked<"intercept">("", "on: a linear model has a parameter without a feature, which l2 does not cover; empty where the workload has no choice", kOfTask),
    {"local_steps", "steps", "mini-batch steps made on private replicas, which reach the shared parameters by updates; empty where there is none", run<&R::local_steps>, set<&R::local_steps, R>},
    asked<"inner">("examples", "between two full gradients, those that land; 2n: twice all of them", kTold),
    {"full_gradient_s", "s", "of wall_s, the mean worker's time in full gradients that the rule asks for, waiting for the others in them included", run<&R::full_gradient_s>, set<&R::full_gradient_s, R>},
    {"queue_s", "s", "of wall_s, the mean worker's time in a queue: for its message's turn on the link, or at a simulated server", run<&R::queue_s>, set<&R::queue_s, R>},
    {"messages", "messages", "pulls and pushes whose bytes had their turn; empty where no message is delayed, and of an all-reduce by ring or tree", run<&R::messages>, set<&R::messages, R>},
    {"pull_bytes", "bytes", "of a pull, the mean: the parameters that a mini-batch needs, or a replica", run<&R::pull_bytes>, set<&R::pull_bytes, R>},
    {"push_bytes", "bytes", "of a push, the mean: a gradient sum, or a replica", run<&R::push_bytes>, set<&R::push_bytes, R>},
    {"link_busy_share", "", "share of wall_s that the link was taken: its messages' bytes / bandwidth and the service of their arrivals, divided among shards", run<&R::link_busy_share>, set<&R::link_busy_share, R>},
    {"memory_bytes", "bytes", "resident memory that the run took at most, beyond what the process held before it (its data); empty where the kernel can't tell", run<&R::memory_bytes>, set<&R::memory_bytes, R>},
    asked<"beta1">("", "what is left of the rule's mean gradient after an update", kTold),
    asked<"beta2">("", "what is left of its mean squared gradient after an update", kTold),
    asked<"decay">("", "the same of a rule that has no other mean", kTold),
    asked<"epsilon">("", "added to the root that the rule divides a step by", kTold),
    asked<"weight_decay">("", "times the step: share of the parameters that goes at every update, beside the objective's own regulariser", kTold),
    asked<"average">("", "over which iterates the parameters that are evaluated are averaged: none, polyak (all), or tail:X, those of the last share X of the planned updates", kTold),
    // clang-format on
});

using P = CurvePoint;
constexpr auto kCurveFields = std::to_array<Field<CurveRow, CurvePoint>>({
    {"run_id", "", "as in runs.csv", [](const CurveRow& r) { return to_value(r.run.run_id); },
     nullptr},
    {"point", "", "number of the point, from 0 (the start)",
     [](const CurveRow& r) { return to_value(std::uint64_t{r.point}); }, nullptr},
    {"time_s", "s", "training time, evaluations excluded", curve<&P::time_s>, set<&P::time_s, P>},
    {"epoch", "epochs", "examples_processed / examples", curve<&P::epoch>, set<&P::epoch, P>},
    {"updates", "updates", "updates of the shared parameters so far", curve<&P::updates>,
     set<&P::updates, P>},
    {"examples_processed", "examples", "example gradients landed so far",
     curve<&P::examples_processed>, set<&P::examples_processed, P>},
    {"loss", "", "training objective; empty where not finite", curve<&P::loss>, set<&P::loss, P>},
    {"suboptimality", "", "loss minus loss_optimum", curve<&P::suboptimality>,
     set<&P::suboptimality, P>},
    {"test_loss", "", "mean loss on held-out examples", curve<&P::test_loss>,
     set<&P::test_loss, P>},
    {"test_accuracy", "", "share of held-out examples classified right", curve<&P::test_accuracy>,
     set<&P::test_accuracy, P>},
});

using S = StalenessCount;
constexpr auto kStalenessFields = std::to_array<Field<StalenessRow, StalenessCount>>({
    {"run_id", "", "as in runs.csv", [](const StalenessRow& r) { return to_value(r.run.run_id); },
     nullptr},
    {"worker", "",
     "number of the worker, from 0; of more than 256 simulated ones all are counted at 0",
     staleness<&S::worker>, set<&S::worker, S>},
    {"staleness", "updates",
     "least staleness of this bin: one a bin below 1024, then 64 bins a doubling",
     staleness<&S::staleness>, set<&S::staleness, S>},
    {"count", "gradients", "mini-batch gradients in the bin", staleness<&S::count>,
     set<&S::count, S>},
});

using W = WorkerRecord;
constexpr auto kWorkerFields = std::to_array<Field<WorkerRow, WorkerRecord>>({
    // clang-format off
    {"run_id", "", "as in runs.csv", [](const WorkerRow& r) { return to_value(r.run.run_id); }, nullptr},
    {"worker", "", "number of the worker, from 0", worker<&W::worker>, set<&W::worker, W>},
    {"compute_s", "s", "time in gradients and in-place updates, delays included", worker<&W::compute_s>, set<&W::compute_s, W>},
    {"wait_s", "s", "time waiting for others: at a lock, a barrier, or for the protocol's leave", worker<&W::wait_s>, set<&W::wait_s, W>},
    {"communicate_s", "s", "time moving parameters and updates, delays included; of many short contacts some are timed, for all", worker<&W::communicate_s>, set<&W::communicate_s, W>},
    {"observe_s", "s", "time copying parameters for the loss curve", worker<&W::observe_s>, set<&W::observe_s, W>},
    {"updates", "updates", "updates that it completed: of one that several workers' gradients made, one", worker<&W::updates>, set<&W::updates, W>},
    {"computed", "gradients", "example gradients whose computation it began", worker<&W::computed>, set<&W::computed, W>},
    {"applied", "gradients", "of these, those that landed in the parameters", worker<&W::applied>, set<&W::applied, W>},
    {"dropped", "gradients", "of these, all others: thrown away, cancelled, or cut short by the end of the run", worker<&W::dropped>, set<&W::dropped, W>},
    {"local_steps", "steps", "mini-batch steps that it made on its replica; empty where it has none", worker<&W::local_steps>, set<&W::local_steps, W>},
    {"queue_s", "s", "time in a queue: for its message's turn on the link, or at a simulated server", worker<&W::queue_s>, set<&W::queue_s, W>},
    // clang-format on
});

template <auto Member>
Value trial(const TuningTrial& row) {
  return to_value(row.*Member);
}

using T = TuningTrial;
constexpr auto kTuningFields = std::to_array<Field<TuningTrial>>({
    // clang-format off
    {"config_id", "", "the configuration that was tuned, as in runs.csv", trial<&T::config_id>, set<&T::config_id, T>},
    {"strategy", "", "its backend, protocol and workers", trial<&T::strategy>, set<&T::strategy, T>},
    {"trial", "", "number of the trial within the configuration, from 0", trial<&T::trial>, set<&T::trial, T>},
    {"stage", "", "of the search, from 0: each is longer than the one before", trial<&T::stage>, set<&T::stage, T>},
    {"batch", "examples", "mini-batch of one worker", trial<&T::batch>, set<&T::batch, T>},
    {"lr", "", "initial step size", trial<&T::lr>, set<&T::lr, T>},
    {"lr_auto", "", "the automatic one with these settings, around which steps are tried", trial<&T::lr_auto>, set<&T::lr_auto, T>},
    {"momentum", "", "coefficient of the rule's momentum", trial<&T::momentum>, set<&T::momentum, T>},
    {"exchange", "examples", "examples that a replica trains on between two exchanges", trial<&T::exchange>, set<&T::exchange, T>},
    {"seed", "", "of the trial: no measured repeat has it", trial<&T::seed>, set<&T::seed, T>},
    {"epochs", "epochs", "made until it was judged", trial<&T::epochs>, set<&T::epochs, T>},
    {"time_s", "s", "training time until then", trial<&T::time_s>, set<&T::time_s, T>},
    {"loss", "", "training objective then; empty where only a held-out accuracy counts", trial<&T::loss>, set<&T::loss, T>},
    {"score", "", "seconds to the target by this trial alone, predicted where it was not reached; without a target the loss", trial<&T::score>, set<&T::score, T>},
    {"status", "", "reached, predicted (it was short, or given up), missed (in all of its epochs), ended (there is no target) or diverged", trial<&T::status>, set<&T::status, T>},
    // clang-format on
});

}  // namespace

std::span<const RunField> run_fields() {
  return kRunFields;
}
RunFields columns_that_are(unsigned roles) {
  RunFields found;
  std::copy_if(kRunFields.begin(), kRunFields.end(), std::back_inserter(found),
               [roles](const RunField& field) { return (field.roles & roles) == roles; });
  return found;
}
std::span<const Field<CurveRow, CurvePoint>> curve_fields() {
  return kCurveFields;
}
std::span<const Field<StalenessRow, StalenessCount>> staleness_fields() {
  return kStalenessFields;
}
std::span<const Field<WorkerRow, WorkerRecord>> worker_fields() {
  return kWorkerFields;
}
std::span<const Field<TuningTrial>> tuning_fields() {
  return kTuningFields;
}

}  // namespace sgdbench
