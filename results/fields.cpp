// The column table: name, unit, meaning and where the value comes from, one row per column.
#include "results/fields.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "results/columns.h"

namespace sgdbench {
namespace {

constexpr unsigned kTold = kSetting | kBesideLabel;
constexpr unsigned kOfTask = kTold | kOfProblem | kBesideProblem;

using R = RunRecord;
constexpr auto kRunFields = std::to_array<RunField>({
    // clang-format off
    of<&R::run_id>("run_id", "", "this run, unique within the report"),
    of<&R::config_id>("config_id", "", "its configuration: the same for all repeats"),
    of<&R::repeat>("repeat", "", "which repeat of the configuration, from 0"),
    of<&R::order>("order", "", "when it ran among all runs of the invocation, from 0"),
    of<&R::status>("status", "", "ok, diverged, timeout, interrupted, failed or unsupported"),
    of<&R::reason>("reason", "", "why it is not ok"),
    of<&R::workload>("workload", "", "objective and model", kSetting | kOfProblem),
    of<&R::data>("data", "", "the training data as named on the command line", kSetting | kOfProblem),
    of<&R::examples>("examples", "examples", "training examples, n"),
    of<&R::features>("features", "features", "columns of the data"),
    of<&R::backend>("backend", "", "execution strategy", kSetting),
    of<&R::protocol>("protocol", "", "when the server takes and releases updates; empty where there is no server", kSetting),
    of<&R::write>("write", "", "how shared parameters are written; empty where there is no choice", kSetting),
    of<&R::workers>("workers", "workers", "workers asked for, P", kSetting),
    of<&R::rule>("rule", "", "update rule", kTold),
    of<&R::kernels>("kernels", "", "kernel set that did the dense arithmetic", kTold),
    of<&R::batch>("batch", "examples", "mini-batch of one worker", kSetting | kBesideLabel | kHasBest),
    of<&R::lr>("lr", "", "initial step size", kSetting | kBesideLabel | kHasBest),
    of<&R::lr_schedule>("lr_schedule", "", "how the step size falls", kTold),
    asked<"staleness_policy">("", "what a stale gradient does to its step, or to itself", kTold),
    of<&R::l2>("l2", "", "coefficient of the L2 regulariser", kOfTask),
    of<&R::seed>("seed", "", "seed of the initial parameters and of the order of examples"),
    of<&R::epochs>("epochs", "epochs", "examples_processed / examples"),
    of<&R::updates>("updates", "updates", "updates of the shared parameters: changes of their version, be it by a gradient, a mean of gradients or of replicas, or an exchange"),
    of<&R::examples_processed>("examples_processed", "examples", "example gradients that landed in the parameters"),
    of<&R::gradient_evaluations>("gradient_evaluations", "gradients", "example gradients whose computation was begun: dropped_gradients + examples_processed, each twice under a rule that lands differences of two, + those of full gradients"),
    of<&R::wall_s>("wall_s", "s", "training time: no loading, warm-up or evaluation"),
    of<&R::compute_s>("compute_s", "s", "of wall_s, the mean worker's time in gradients and in-place updates"),
    of<&R::wait_s>("wait_s", "s", "of wall_s, the mean worker's time waiting for others: at a lock, a barrier, or for the protocol's leave"),
    of<&R::communicate_s>("communicate_s", "s", "of wall_s, the mean worker's time moving parameters and updates; of many short contacts some are timed, for all"),
    of<&R::observe_s>("observe_s", "s", "of wall_s, the mean worker's time copying parameters for the loss curve"),
    of<&R::evaluate_s>("evaluate_s", "s", "evaluating the loss curve, off the clock"),
    of<&R::load_s>("load_s", "s", "loading or generating the data, off the clock"),
    of<&R::updates_per_s>("updates_per_s", "1/s", "updates / wall_s"),
    of<&R::examples_per_s>("examples_per_s", "1/s", "examples_processed / wall_s"),
    of<&R::loss_initial>("loss_initial", "", "training objective before the first update"),
    of<&R::loss_final>("loss_final", "", "training objective after the last update"),
    of<&R::loss_optimum>("loss_optimum", "", "smallest possible training objective, where computed"),
    of<&R::accuracy_final>("accuracy_final", "", "share of held-out examples classified right at the end, of training examples where nothing is held out"),
    of<&R::target_loss>("target_loss", "", "loss that counts as reaching the target", kOfProblem | kBesideProblem),
    of<&R::time_to_target_s>("time_to_target_s", "s", "training time where the curve crosses the target, interpolated between two points"),
    of<&R::epochs_to_target>("epochs_to_target", "epochs", "epochs where it is crossed"),
    of<&R::updates_to_target>("updates_to_target", "updates", "updates by then, the one that crosses it included"),
    of<&R::staleness_mean>("staleness_mean", "updates", "mean staleness of the mini-batch gradients that landed: updates applied between a gradient's read of the parameters and its own application"),
    of<&R::staleness_p50>("staleness_p50", "updates", "median staleness"),
    of<&R::staleness_p95>("staleness_p95", "updates", "95th percentile of staleness"),
    of<&R::staleness_max>("staleness_max", "updates", "largest staleness"),
    of<&R::staleness_mode>("staleness_mode", "", "exact (of several servers, of the first one's part); sampled: some gradients stand for all; bound: of each gradient the stalest part"),
    of<&R::lost_updates>("lost_updates", "updates", "estimate of the updates overwritten by concurrent ones"),
    of<&R::parallel_capacity>("parallel_capacity", "", "pure-compute throughput of P threads over one, measured beside the run"),
    of<&R::line_transfer_ns>("line_transfer_ns", "ns", "one-way time of a cache line between two of the workers' cores, measured beside the run"),
    of<&R::peak_rss_bytes>("peak_rss_bytes", "bytes", "largest resident memory of the process while the run lasted; empty where the kernel can't tell"),
    of<&R::clock>("clock", "", "real or virtual", kOfProblem),
    of<&R::deterministic>("deterministic", "", "the same seed gives the same parameters, bit for bit, on this build and machine"),
    of<&R::momentum>("momentum", "", "coefficient of the rule's momentum", kSetting | kBesideLabel | kHasBest),
    asked<"shuffle">("", "order in which examples are visited", kTold),
    asked<"assign">("", "which worker takes which mini-batches", kTold),
    asked<"hidden">("", "widths of a network's hidden layers", kOfTask),
    asked<"activation">("", "activation of a network's hidden layers", kOfTask),
    of<&R::persistence>("persistence", "", "failed publications before a gradient is dropped and computed again, 0: never", kSetting | kHasBest),
    asked<"max_staleness">("updates", "gradients staler than that when they arrived were thrown away, inf: none; empty where there is no such bound", kTold),
    of<&R::exchange>("exchange", "", "examples that a replica trains on between two exchanges", kSetting | kHasBest),
    of<&R::threads>("threads_used", "threads", "threads of this process that used over 5 % of a core in training"),
    of<&R::dropped_gradients>("dropped_gradients", "gradients", "example gradients of gradient_evaluations that landed nowhere: discarded, cancelled, or cut short by the end of the run; each counts whole"),
    of<&R::staleness_samples>("staleness_samples", "gradients", "mini-batch gradients in the staleness histogram: one for each that landed, or fewer where they are sampled"),
    of<&R::loss_test>("loss_test", "", "mean loss on held-out examples at the end"),
    of<&R::target_accuracy>("target_accuracy", "", "accuracy that counts as reaching the target", kOfProblem | kBesideProblem),
    of<&R::target>("target", "", "shares above the optimum that were asked for, the last one being target_loss", kBesideProblem),
    of<&R::target_measure>("target_measure", "", "relative: (1 + q)·optimum; suboptimality: optimum + q·(start − optimum), where the optimum is next to 0; loss; accuracy"),
    of<&R::reached>("reached", "", "whether a point of the curve reached the target"),
    of<&R::time_to_target_low_s>("time_to_target_low_s", "s", "training time at the last point of the curve before the target"),
    of<&R::time_to_target_high_s>("time_to_target_high_s", "s", "training time at the first point that meets it: time_to_target_s lies between the two"),
    of<&R::stopped_at_target>("stopped_at_target", "", "true: workers paused at each point, and the run ended there; false: they paused and it did not; empty: points were evaluated after the run"),
    of<&R::loss_start>("loss_start", "", "training objective at the initial parameters, where an optimum was computed"),
    of<&R::optimum_gap>("optimum_gap", "", "proven: loss_optimum is at most this far above the true optimum"),
    of<&R::speedup_to_target>("speedup_to_target", "", "time to target of one worker over this; the product of the next two"),
    of<&R::hardware_efficiency>("hardware_efficiency", "", "time per epoch of one worker over this"),
    of<&R::statistical_efficiency>("statistical_efficiency", "", "epochs to target of one worker over this"),
    of<&R::speedup_baseline>("speedup_baseline", "", "config_id of that one worker: the same strategy where it was run, else the fastest"),
    of<&R::speedup_over_best_single>("speedup_over_best_single", "", "time to target of the fastest one-worker configuration over this"),
    {"data_checksum", "", "of the parsed content of the training data", checksum<&R::data_checksum>, set_checksum<&R::data_checksum>, kOfProblem | kBesideProblem | kOfData},
    {"test_checksum", "", "of the parsed content of what is held out, or of the test data", checksum<&R::test_checksum>, set_checksum<&R::test_checksum>},
    asked<"recording">("", "full, or none: training alone was timed", kTold),
    of<&R::pinned>("pinned", "", "each worker was tied to a core", kBesideLabel),
    of<&R::pace_compute_ns>("pace_compute_ns", "ns", "fixed piece of arithmetic, on P threads at once, before and after the run: the machine's pace"),
    of<&R::pace_read_ns>("pace_read_ns", "ns", "the same for reading 64 KiB out of 8 MiB"),
    of<&R::compute_time>("compute_time", "", "distribution of a gradient's time on a virtual clock, where there is no cluster", kOfTask),
    of<&R::cluster>("cluster", "", "classes of workers on a virtual clock, each with its distribution", kTold | kBesideProblem),
    of<&R::service>("service", "", "distribution of the simulated server's own time for each arrival; empty: none", kOfTask),
    asked<"parameters", std::uint64_t>("", "size of the messages of the workload none", kOfTask),
    asked<"shards", std::uint64_t>("", "servers, simulated or processes, each with its part of the parameters", kTold),
    asked<"all_reduce">("", "how simulated workers, or processes, exchange: server, mpi, ring, …", kTold),
    of<&R::events>("events", "events", "arrivals at the simulated server"),
    of<&R::simulate_s>("simulate_s", "s", "real time that the simulation took"),
    of<&R::events_per_s>("events_per_s", "1/s", "events / simulate_s"),
    of<&R::utilisation>("utilisation", "", "compute_s / wall_s"),
    of<&R::host>("host", "", "hash of the machine's name", kOfMachine),
    of<&R::cpu_model>("cpu_model", "", "the machine's processor", kOfMachine),
    of<&R::cores_available>("cores_available", "", "cores that the process could use", kOfMachine),
    of<&R::compiler>("compiler", "", "compiler that built the program", kOfBuild),
    of<&R::build>("build", "", "its build type and flags", kOfBuild),
    of<&R::instruction_set>("instruction_set", "", "instructions it was built for", kOfBuild),
    of<&R::git_revision>("git_revision", "", "commit it was built from"),
    of<&R::command>("command", "", "command line that repeats this configuration"),
    of<&R::compute_delay>("compute_delay", "", "distribution of what was added to the time of each gradient", kOfTask),
    of<&R::straggler>("straggler", "", "which workers' gradients took longer, and how many times as long", kOfTask),
    of<&R::latency>("latency", "", "distribution of what each pull and each push took beyond the machine's own time", kTold),
    of<&R::bandwidth>("bandwidth", "bytes/s", "of the link that the messages of all workers share: the server's, or that of shared parameters", kTold),
    of<&R::delay_mode>("delay_mode", "", "how that time passed: sleep or spin", kTold),
    of<&R::examples_per_update>("examples_per_update", "examples", "examples that one update averages: what the automatic step size is made for"),
    of<&R::automatic>("automatic", "", "which of batch, lr and lr_schedule the program chose"),
    of<&R::tuned>("tuned", "", "which of batch, lr, momentum and exchange were searched for"),
    of<&R::tuning_trials>("tuning_trials", "", "trials of that search; 0: an earlier one had found the settings, and they were in the cache; empty: the start met the target, and nothing was searched for"),
    of<&R::tuning_s>("tuning_s", "s", "real time that the search took, which is in no other time"),
    of<&R::lr_tuned_low>("lr_tuned_low", "", "least step size whose time to the target was within 10 % of the best; without a target, whose loss had fallen 1/1.1 as far"),
    of<&R::lr_tuned_high>("lr_tuned_high", "", "largest one"),
    of<&R::lr_twice_low>("lr_twice_low", "", "least step size with which the time was within twice the best; without a target, the loss had fallen half as far"),
    of<&R::lr_twice_high>("lr_twice_high", "", "largest one"),
    of<&R::wait_share>("wait_share", "", "wait_s / wall_s: where all meet at a barrier, the share of waiting there"),
    asked<"intercept">("", "on: a linear model has a parameter without a feature, which l2 does not cover; empty where the workload has no choice", kOfTask),
    of<&R::local_steps>("local_steps", "steps", "mini-batch steps made on private replicas, which reach the shared parameters by updates; empty where there is none"),
    asked<"inner">("examples", "between two full gradients, those that land; 2n: twice all of them", kTold),
    of<&R::full_gradient_s>("full_gradient_s", "s", "of wall_s, the mean worker's time in full gradients that the rule asks for, waiting for the others in them included"),
    of<&R::queue_s>("queue_s", "s", "of wall_s, the mean worker's time in a queue: for its message's turn on the link, or at a simulated server"),
    of<&R::messages>("messages", "messages", "pulls and pushes whose bytes had their turn; those between processes and their servers; empty where no message is delayed, and of an all-reduce"),
    of<&R::pull_bytes>("pull_bytes", "bytes", "of a pull, the mean: the parameters that a mini-batch needs, or a replica"),
    of<&R::push_bytes>("push_bytes", "bytes", "of a push, the mean: a gradient sum, or a replica"),
    of<&R::link_busy_share>("link_busy_share", "", "share of wall_s that the link was taken: its messages' bytes / bandwidth and the service of their arrivals, divided among shards"),
    of<&R::memory_bytes>("memory_bytes", "bytes", "resident memory that the run took at most, beyond what the process held before it (its data); empty where the kernel can't tell"),
    asked<"beta1">("", "what is left of the rule's mean gradient after an update", kTold),
    asked<"beta2">("", "what is left of its mean squared gradient after an update", kTold),
    asked<"decay">("", "the same of a rule that has no other mean", kTold),
    asked<"epsilon">("", "added to the root that the rule divides a step by", kTold),
    asked<"weight_decay">("", "times the step: share of the parameters that goes at every update, beside the objective's own regulariser", kTold),
    asked<"average">("", "over which iterates the parameters that are evaluated are averaged: none, polyak (all), or tail:X, those of the last share X of the planned updates", kTold),
    of<&R::ranks>("ranks", "processes", "that took part in the run, servers among them; empty where workers are threads"),
    of<&R::hosts>("hosts", "hosts", "that the processes of the job were on"),
    of<&R::bytes_sent>("bytes_sent", "bytes", "that all workers sent to other processes in training; empty where they are none, or the MPI library moved them"),
    of<&R::bytes_received>("bytes_received", "bytes", "that they received"),
    of<&R::version_spread>("version_spread", "updates", "between the newest and the oldest part of the parameters that a worker computed from, the mean: several servers answer each as soon as they can; empty where there is one"),
    // clang-format on
});

using P = CurvePoint;
constexpr auto kCurveFields = std::to_array<Field<CurveRow, CurvePoint>>({
    // clang-format off
    kRunId<CurveRow, CurvePoint>,
    {"point", "", "number of the point, from 0 (the start)", [](const CurveRow& row) { return to_value(row.point); }, nullptr},
    of<&P::time_s>("time_s", "s", "training time, evaluations excluded"),
    of<&P::epoch>("epoch", "epochs", "examples_processed / examples"),
    of<&P::updates>("updates", "updates", "updates of the shared parameters so far"),
    of<&P::examples_processed>("examples_processed", "examples", "example gradients landed so far"),
    of<&P::loss>("loss", "", "training objective; empty where not finite"),
    of<&P::suboptimality>("suboptimality", "", "loss minus loss_optimum"),
    of<&P::test_loss>("test_loss", "", "mean loss on held-out examples"),
    of<&P::test_accuracy>("test_accuracy", "", "share of held-out examples classified right"),
    // So that a plot needs no other file.
    {"config_id", "", "as in runs.csv, like all that follow", [](const CurveRow& row) { return to_value(row.run.config_id); }, nullptr},
    {"backend", "", "execution strategy", [](const CurveRow& row) { return to_value(row.run.backend); }, nullptr},
    {"protocol", "", "of a parameter server", [](const CurveRow& row) { return to_value(row.run.protocol); }, nullptr},
    {"workers", "", "of the run", [](const CurveRow& row) { return to_value(row.run.workers); }, nullptr},
    {"batch", "examples", "of each worker's mini-batch", [](const CurveRow& row) { return to_value(row.run.batch); }, nullptr},
    {"lr", "", "step size", [](const CurveRow& row) { return to_value(row.run.lr); }, nullptr},
    {"repeat", "", "number of the repeat, from 0", [](const CurveRow& row) { return to_value(row.run.repeat); }, nullptr},
    // clang-format on
});

using S = StalenessCount;
constexpr auto kStalenessFields = std::to_array<Field<StalenessRow, StalenessCount>>({
    // clang-format off
    kRunId<StalenessRow, StalenessCount>,
    of<&S::worker>("worker", "", "number of the worker, from 0; of more than 256 simulated ones all are counted at 0"),
    of<&S::staleness>("staleness", "updates", "least staleness of this bin: one a bin below 1024, then 64 bins a doubling"),
    of<&S::count>("count", "gradients", "mini-batch gradients in the bin"),
    // clang-format on
});

using W = WorkerRecord;
constexpr auto kWorkerFields = std::to_array<Field<WorkerRow, WorkerRecord>>({
    // clang-format off
    kRunId<WorkerRow, WorkerRecord>,
    of<&W::worker>("worker", "", "number of the worker, from 0"),
    of<&W::compute_s>("compute_s", "s", "time in gradients and in-place updates, delays included"),
    of<&W::wait_s>("wait_s", "s", "time waiting for others: at a lock, a barrier, or for the protocol's leave"),
    of<&W::communicate_s>("communicate_s", "s", "time moving parameters and updates, delays included; of many short contacts some are timed, for all"),
    of<&W::observe_s>("observe_s", "s", "time copying parameters for the loss curve"),
    of<&W::updates>("updates", "updates", "updates that it completed: of one that several workers' gradients made, one"),
    of<&W::computed>("computed", "gradients", "example gradients whose computation it began"),
    of<&W::applied>("applied", "gradients", "of these, those that landed in the parameters"),
    of<&W::dropped>("dropped", "gradients", "of these, all others: thrown away, cancelled, or cut short by the end of the run"),
    of<&W::local_steps>("local_steps", "steps", "mini-batch steps that it made on its replica; empty where it has none"),
    of<&W::queue_s>("queue_s", "s", "time in a queue: for its message's turn on the link, or at a simulated server"),
    of<&W::bytes_sent>("bytes_sent", "bytes", "that it sent to other processes in training; empty where it is none, or the MPI library moved them"),
    of<&W::bytes_received>("bytes_received", "bytes", "that it received from them"),
    // clang-format on
});

using T = TuningTrial;
constexpr auto kTuningFields = std::to_array<Field<TuningTrial>>({
    // clang-format off
    of<&T::config_id>("config_id", "", "the configuration that was tuned, as in runs.csv"),
    of<&T::strategy>("strategy", "", "its backend, protocol and workers"),
    of<&T::trial>("trial", "", "number of the trial within the configuration, from 0"),
    of<&T::stage>("stage", "", "of the search, from 0: each is longer than the one before"),
    of<&T::batch>("batch", "examples", "mini-batch of one worker"),
    of<&T::lr>("lr", "", "initial step size"),
    of<&T::lr_auto>("lr_auto", "", "the automatic one with these settings, around which steps are tried"),
    of<&T::momentum>("momentum", "", "coefficient of the rule's momentum"),
    of<&T::exchange>("exchange", "examples", "examples that a replica trains on between two exchanges"),
    of<&T::seed>("seed", "", "of the trial: no measured repeat has it"),
    of<&T::epochs>("epochs", "epochs", "made until it was judged"),
    of<&T::time_s>("time_s", "s", "training time until then"),
    of<&T::loss>("loss", "", "training objective then; empty where only a held-out accuracy counts"),
    of<&T::score>("score", "", "seconds to the target by this trial alone, predicted where it was not reached; without a target the loss"),
    of<&T::status>("status", "", "reached, predicted (it was short, or given up), missed (in all of its epochs), ended (there is no target) or diverged"),
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
