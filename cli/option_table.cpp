// The rows of the table. A row says how its value is checked and stored, and how it is shown
// again; tests/cli_options.cpp holds the two against each other.
#include <fmt/format.h>

#include "backends/backend.h"
#include "backends/protocol.h"
#include "cli/lists.h"
#include "cli/numbers.h"
#include "cli/options.h"
#include "workloads/kernels/dense_kernels.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

using Text = std::string_view;
using Texts = std::vector<std::string>;

constexpr unsigned kCells = kRun | kVerify;
constexpr unsigned kReading = kRun | kDataInfo;
constexpr std::uint64_t kMany = 1'000'000'000'000;
constexpr Interval kPositive{.least = 0, .open_below = true};
constexpr Interval kNotNegative{.least = 0};

template <class Table>
Texts names_of(const Table& table) {
  Texts names;
  for (const auto& row : table) names.emplace_back(row.name);
  return names;
}

Texts one_list(Text text) {
  return split_list(text);
}
Texts workloads(Text text) {
  return expand_names(text, "workload", names_of(workload_catalog()));
}
Texts backends(Text text) {
  return expand_names(text, "backend", names_of(backend_catalog()));
}
Texts kernels(Text text) {
  return expand_names(text, "kernel set", names_of(kernel_catalog()));
}
Texts rules(Text text) {
  return expand_names(text, "rule", names_of(rule_catalog()));
}
Texts widths(Text text) {
  return split_list(text, ';');
}

/// One of a few words; returns its place.
std::size_t choose(Text value, Text kind, std::initializer_list<Text> words) {
  std::size_t place = 0;
  for (const auto word : words) {
    if (value == word) return place;
    ++place;
  }
  throw UsageError(unknown_name(kind, value, Texts(words.begin(), words.end())));
}

void set_hidden(Cell& cell, Text value) {
  std::vector<std::size_t> hidden;
  for (const auto& width : split_list(value)) hidden.push_back(parse_count(width, 1, 1'000'000));
  if (hidden.size() > 100)
    throw UsageError(fmt::format("{} hidden layers are too many: at most 100", hidden.size()));
  cell.workload.hidden = std::move(hidden);
}

std::string optional_text(const std::optional<double>& value) {
  return value ? number_text(*value) : "";
}

constexpr Option kProblem[] = {
    {"--workload", "", "NAME,…", "what is trained (list workloads)", "", Group::problem, kCells,
     workloads, [](Cell& c, Text v) { c.workload.workload = v; },
     [](const Cell& c) { return c.workload.workload; }, true},
    {"--data", "", "DATA,…",
     "a file (LIBSVM, IDX images, CSV; also .gz .bz2 .xz .zst), or a name or generator with its "
     "parameters: rcv1-like:rows=20000,seed=3 (list data)",
     "", Group::problem, kCells, expand_sources, [](Cell& c, Text v) { c.data.source = v; },
     [](const Cell& c) { return escape_source(c.data.source); }, true},
    {"--test-data", "", "DATA", "held-out examples, in the same forms", "", Group::problem, kRun,
     nullptr, [](Cell& c, Text v) { c.data.test_source = v; },
     [](const Cell& c) { return c.data.test_source; }},
    {"--holdout", "", "SHARE", "share of the rows set aside for testing", "0", Group::problem, kRun,
     nullptr,
     [](Cell& c, Text v) {
       c.data.holdout = parse_real(v, {.least = 0, .most = 1, .open_above = true});
     },
     [](const Cell& c) { return number_text(c.data.holdout); }},
    {"--standardize", "", "", "dense data: zero mean and unit variance on the training part", "",
     Group::problem, kRun, nullptr, [](Cell& c, Text) { c.data.standardize = true; },
     [](const Cell& c) { return std::string(c.data.standardize ? "1" : ""); }},
    {"--index-base", "", "0|1", "number of the first feature in a LIBSVM file", "", Group::problem,
     kReading, nullptr,
     [](Cell& c, Text v) {
       c.data.index_base = static_cast<int>(choose(v, "index base", {"0", "1"}));
     },
     [](const Cell& c) {
       return c.data.index_base ? std::to_string(*c.data.index_base) : std::string();
     }},
    {"--label-column", "", "COLUMN",
     "CSV: the label's column, by name or number from 1; without it, the one called label, "
     "target, class or y, else the first",
     "", Group::problem, kReading, nullptr, [](Cell& c, Text v) { c.data.label_column = v; },
     [](const Cell& c) { return c.data.label_column; }},
    {"--feature-order", "", "ORDER",
     "numbers of sparse features in memory: popularity (those in most rows first) or file; changes "
     "rounding and speed only (and an mlp's random first weights)",
     "popularity", Group::problem, kRun, nullptr,
     [](Cell& c, Text v) {
       c.data.popular_features_first = choose(v, "feature order", {"popularity", "file"}) == 0;
     },
     [](const Cell& c) {
       return std::string(c.data.popular_features_first ? "popularity" : "file");
     }},
    {"--l2", "", "X,…", "regulariser λ; auto is 1/n", "auto", Group::problem, kCells, expand_reals,
     [](Cell& c, Text v) { c.workload.l2 = v == "auto" ? -1 : parse_real(v, kNotNegative); },
     [](const Cell& c) { return c.workload.l2 < 0 ? "auto" : number_text(c.workload.l2); }},
    {"--hidden", "", "N,N…", "widths of the hidden layers; a semicolon separates nets", "128",
     Group::problem, kCells, widths, set_hidden,
     [](const Cell& c) { return fmt::format("{}", fmt::join(c.workload.hidden, ",")); }},
    {"--activation", "", "NAME,…", "relu or tanh", "relu", Group::problem, kCells, one_list,
     [](Cell& c, Text v) {
       choose(v, "activation", {"relu", "tanh"});
       c.workload.activation = v;
     },
     [](const Cell& c) { return c.workload.activation; }},
};

constexpr Option kStep[] = {
    {"--rule", "", "NAME,…", "update rule (list rules)", "sgd", Group::step, kCells, rules,
     [](Cell& c, Text v) { c.rule = v; }, [](const Cell& c) { return c.rule; }},
    {"--momentum", "", "X,…", "μ of the rules that have one", "0.9", Group::step, kCells,
     expand_reals,
     [](Cell& c, Text v) {
       c.momentum = parse_real(v, {.least = -1, .most = 1, .open_below = true, .open_above = true});
     },
     [](const Cell& c) { return number_text(c.momentum); }},
    {"--batch", "", "N,…", "examples in each worker's mini-batch; auto: the workload's", "auto",
     Group::step, kCells, expand_counts,
     [](Cell& c, Text v) {
       if (v == "auto")
         c.batch.reset();
       else
         c.batch = parse_count(v, 1, 1'000'000'000);
     },
     [](const Cell& c) { return c.batch ? std::to_string(*c.batch) : "auto"; }},
    {"--lr", "", "X,…", "step size γ₀; auto: the workload's for this mini-batch", "auto",
     Group::step, kRun, expand_reals,
     [](Cell& c, Text v) {
       if (v == "auto")
         c.lr.reset();
       else
         c.lr = parse_real(v, kPositive);
     },
     [](const Cell& c) { return c.lr ? number_text(*c.lr) : "auto"; }},
    {"--lr-schedule", "", "NAME,…", "how γ falls (list schedules)", "constant", Group::step, kRun,
     one_list, [](Cell& c, Text v) { parse_schedule(v, c.spec.step); },
     [](const Cell& c) { return to_string(c.spec.step.schedule, c.spec.step.rate); }},
    {"--staleness-policy", "", "NAME,…", "what staleness does to γ: none, inverse", "none",
     Group::step, kRun, one_list,
     [](Cell& c, Text v) { c.spec.step.policy = parse_staleness_policy(v); },
     [](const Cell& c) { return std::string(to_string(c.spec.step.policy)); }},
    {"--shuffle", "", "ORDER,…", "order of the examples: full, blocks:N, none", "blocks:128",
     Group::step, kRun, one_list, [](Cell& c, Text v) { c.spec.shuffle = Shuffle::parse(v); },
     [](const Cell& c) { return c.spec.shuffle.to_string(); }},
};

constexpr Option kStrategy[] = {
    {"--backend", "", "NAME,…", "who waits for whom; patterns work: 'hog*' (list backends)", "*",
     Group::strategy, kCells, backends, [](Cell& c, Text v) { c.spec.backend = v; },
     [](const Cell& c) { return c.spec.backend; }, true},
    {"--protocol", "", "NAME,…", "when a parameter server takes gradients (list protocols)",
     "async", Group::strategy, kCells, one_list,
     [](Cell& c, Text v) {
       make_protocol(v, 1);
       c.spec.protocol = v;
     },
     [](const Cell& c) { return c.spec.protocol; }},
    {"--write", "", "NAME,…", "lock-free writes: store (may be lost) or cas (none is lost)",
     "store", Group::strategy, kCells, one_list,
     [](Cell& c, Text v) {
       choose(v, "write", {"store", "cas"});
       c.spec.write = v;
     },
     [](const Cell& c) { return c.spec.write; }},
    {"--persistence", "", "N,…", "failed publications before a gradient is dropped; 0: it never is",
     "0", Group::strategy, kCells, expand_counts,
     [](Cell& c, Text v) { c.spec.persistence = parse_count(v, 0, kMany); },
     [](const Cell& c) { return std::to_string(c.spec.persistence); }},
    {"--exchange", "", "N,…", "examples that a private replica trains on between two exchanges",
     "1024", Group::strategy, kCells, expand_counts,
     [](Cell& c, Text v) { c.spec.exchange = parse_count(v, 1, kMany); },
     [](const Cell& c) { return std::to_string(c.spec.exchange); }},
    {"--kernels", "", "NAME,…", "library for dense arithmetic (list kernels)", "native",
     Group::strategy, kCells, kernels, [](Cell& c, Text v) { c.spec.kernels = v; },
     [](const Cell& c) { return c.spec.kernels; }},
    {"--assign", "", "HOW,…", "mini-batches to workers: dynamic or round-robin", "dynamic",
     Group::strategy, kRun, one_list,
     [](Cell& c, Text v) {
       c.spec.assign = choose(v, "assignment", {"dynamic", "round-robin"}) ? Assign::round_robin
                                                                           : Assign::dynamic;
     },
     [](const Cell& c) {
       return std::string(c.spec.assign == Assign::dynamic ? "dynamic" : "round-robin");
     }},
    {"--workers", "", "N,…", "workers of each run; ranges work: 1..8:x2", "all usable cores",
     Group::strategy, kCells, expand_counts,
     [](Cell& c, Text v) { c.spec.workers = parse_count(v, 1, 4096); },
     [](const Cell& c) { return std::to_string(c.spec.workers); }, true},
    {"--pin", "", "WHEN", "tie worker k to core k: auto (if there are enough), on, off", "auto",
     Group::strategy, kRun, nullptr,
     [](Cell& c, Text v) {
       c.pin = static_cast<Pin>(choose(v, "choice", {"auto", "on", "off"}));
     },
     [](const Cell& c) {
       return std::string(c.pin == Pin::automatic ? "auto" : c.pin == Pin::on ? "on" : "off");
     }},
};

constexpr Option kMeasurement[] = {
    {"--epochs", "", "N", "passes over the data", "10, or enough for --updates", Group::measurement,
     kRun, nullptr, [](Cell& c, Text v) { c.epochs = parse_count(v, 1, 1'000'000'000); },
     [](const Cell& c) { return c.epochs ? std::to_string(*c.epochs) : std::string(); }},
    {"--updates", "", "N", "stop after so many updates; 0: no limit", "0", Group::measurement, kRun,
     nullptr, [](Cell& c, Text v) { c.spec.updates = parse_count(v, 0, kMany); },
     [](const Cell& c) { return std::to_string(c.spec.updates); }},
    {"--max-seconds", "", "X", "stop training after so long; 0: no limit", "0", Group::measurement,
     kRun, nullptr,
     [](Cell& c, Text v) { c.spec.max_seconds = parse_real(v, {.least = 0, .most = 1e9}); },
     [](const Cell& c) { return number_text(c.spec.max_seconds); }},
    {"--evaluations", "", "N", "points of the loss curve after the first; 0: one per epoch", "0",
     Group::measurement, kRun, nullptr,
     [](Cell& c, Text v) { c.spec.evaluations = parse_count(v, 0, 100'000); },
     [](const Cell& c) { return std::to_string(c.spec.evaluations); }},
    {"--recording", "", "HOW,…",
     "full, or none: no curve, staleness or phases, to see what these cost", "full",
     Group::measurement, kRun, one_list,
     [](Cell& c, Text v) {
       c.spec.recording = choose(v, "recording", {"full", "none"}) == 0;
     },
     [](const Cell& c) { return std::string(c.spec.recording ? "full" : "none"); }},
    {"--target-loss", "", "X", "report the time until the training loss is at most X", "",
     Group::measurement, kRun, nullptr, [](Cell& c, Text v) { c.target_loss = parse_real(v); },
     [](const Cell& c) { return optional_text(c.target_loss); }},
    {"--target-accuracy", "", "X", "report the time until held-out accuracy is at least X", "",
     Group::measurement, kRun, nullptr,
     [](Cell& c, Text v) { c.target_accuracy = parse_real(v, {.least = 0, .most = 1}); },
     [](const Cell& c) { return optional_text(c.target_accuracy); }},
    {"--seed", "", "N", "of the parameters, the order and the hold-out; repeat r adds r", "1",
     Group::measurement, kCells, nullptr,
     [](Cell& c, Text v) { c.spec.seed = c.data.seed = parse_count(v); },
     [](const Cell& c) { return std::to_string(c.spec.seed); }},
    {"--repeats", "", "N", "timed runs of each configuration", "5", Group::measurement, kRun,
     nullptr, [](Cell& c, Text v) { c.repeats = parse_count(v, 1, 100'000); },
     [](const Cell& c) { return std::to_string(c.repeats); }, false, false},
    {"--warmup", "", "N", "untimed runs of one epoch before them", "1", Group::measurement, kRun,
     nullptr, [](Cell& c, Text v) { c.warmup = parse_count(v, 0, 1000); },
     [](const Cell& c) { return std::to_string(c.warmup); }, false, false},
};

constexpr Option kOutput[] = {
    {"--csv", "", "PATH", "a row per run; - is stdout", "", Group::output, kRun},
    {"--curve", "", "PATH", "CSV of the loss curves", "", Group::output, kRun},
    {"--staleness", "", "PATH", "CSV of the staleness histograms", "", Group::output, kRun},
    {"--json", "", "PATH", "all columns and the environment, as Google Benchmark lays it out", "",
     Group::output, kRun},
    {"--markdown", "", "PATH", "a table of medians", "", Group::output, kRun},
    {"--output", "", "DIR", "runs.csv, curve.csv, staleness.csv and run.json in this folder", "",
     Group::output, kRun},
    {"--dry-run", "", "", "print each cell's id and command line, and stop", "", Group::output,
     kRun},
    {"--strict", "", "", "exit with 3 if any row is not ok", "", Group::output, kRun},
    {"--quiet", "-q", "", "no talk on stderr", "", Group::output, kRun | kVerify},
    {"--format", "", "KIND", "table, csv or json", "table", Group::output, kList},
    {"--out", "-o", "FILE", "where to write: .svm, .libsvm or .csv; - is stdout (LIBSVM)", "",
     Group::output, kDataMake},
    {"--all", "", "", "every rule, protocol, write mode and kernel set too", "", Group::output,
     kVerify},
};

}  // namespace

std::span<const Option> option_table() {
  static const auto table = [] {
    std::vector<Option> rows;
    const auto add = [&rows](std::span<const Option> part) {
      rows.insert(rows.end(), part.begin(), part.end());
    };
    add(kProblem);
    add(kStep);
    add(kStrategy);
    add(kMeasurement);
    add(kOutput);
    return rows;
  }();
  return table;
}

}  // namespace sgdbench
