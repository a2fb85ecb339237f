// Options of the problem: objective, model, data.
#include <fmt/format.h>

#include "cli/options/helpers.h"

namespace sgdbench {
namespace {

Texts workloads(Text text) {
  return expand_marked(text, "workload", workload_catalog(),
                       [](const WorkloadEntry& row) { return row.trains; });
}
Texts widths(Text text) {
  return split_list(text, ';');
}

void set_hidden(Configuration& configuration, Text value) {
  std::vector<std::size_t> hidden;
  for (const auto& width : split_list(value)) hidden.push_back(parse_count(width, 1, 1'000'000));
  if (hidden.size() > 100)
    throw UsageError(fmt::format("{} hidden layers are too many: at most 100", hidden.size()));
  configuration.workload.hidden = std::move(hidden);
}

constexpr Text kAuto = "auto";
constexpr Scope kWithHidden{has_hidden_layers,
                            [] {
                              return rows_of("--workload", workload_catalog(),
                                             std::mem_fn(&WorkloadEntry::hidden_layers));
                            },
                            "--workload"};
constexpr Scope kWithIntercept{
    takes_intercept,
    [] {
      return rows_of("--workload", workload_catalog(),
                     [](const WorkloadEntry& row) { return row.why_no_intercept.empty(); });
    },
    "--workload"};
constexpr Scope kUntrained{
    [](const Configuration& configuration) { return !trains(configuration); },
    [] { return rows_of("--workload", workload_catalog(), std::not_fn(&WorkloadEntry::trains)); },
    "--workload", kZero};

constexpr Option kProblem[] = {
    {"--workload",
     "",
     "NAME,…",
     "what is trained (list workloads)",
     "",
     Group::problem,
     kCells | kOptimum,
     workloads,
     [](Configuration& c, Text v) { c.workload.workload = v; },
     [](const Configuration& c) { return c.workload.workload; },
     {},
     true},
    {"--data", "", "DATA,…",
     "a file (LIBSVM, IDX images, CSV; also .gz .bz2 .xz .zst; - is stdin), or a name or generator "
     "with its "
     "parameters: rcv1-like:rows=20000,seed=3 (list data)",
     "", Group::problem, kCells | kOptimum, expand_sources,
     [](Configuration& c, Text v) { c.data.source = v; },
     [](const Configuration& c) { return escape_source(c.data.source); }, for_training<kNoData>,
     true},
    {"--test-data", "", "DATA", "held-out examples, in the same forms", "", Group::problem,
     kTraining | kOptimum, nullptr, [](Configuration& c, Text v) { c.data.test_source = v; },
     [](const Configuration& c) { return c.data.test_source; }, for_training<>},
    {"--holdout", "", "SHARE", "share of the rows set aside for testing", "0", Group::problem,
     kTraining | kOptimum, nullptr,
     [](Configuration& c, Text v) {
       c.data.holdout = parse_real(v, {.least = 0, .most = 1, .open_above = true});
     },
     [](const Configuration& c) { return number_text(c.data.holdout); }, for_training<kZero>},
    {"--standardize", "", "", "dense data: zero mean and unit variance on the training part", "",
     Group::problem, kTraining | kOptimum, nullptr,
     [](Configuration& c, Text v) { c.data.standardize = !v.empty(); },
     [](const Configuration& c) { return std::string(c.data.standardize ? "1" : ""); },
     for_training<>},
    {"--index-base", "", "0|1", "number of the first feature in a LIBSVM file", "", Group::problem,
     kReading, nullptr,
     [](Configuration& c, Text v) {
       c.data.index_base.reset();
       if (!v.empty()) c.data.index_base = static_cast<int>(choose(v, "index base", {"0", "1"}));
     },
     [](const Configuration& c) {
       return c.data.index_base ? std::to_string(*c.data.index_base) : std::string();
     },
     for_training<>},
    {"--label-column", "", "COLUMN",
     "CSV: the label's column, by name or number from 1; without it, the one called label, "
     "target, class or y, else the first",
     "", Group::problem, kReading, nullptr,
     [](Configuration& c, Text v) { c.data.label_column = v; },
     [](const Configuration& c) { return c.data.label_column; }, for_training<>},
    {"--drop-columns", "", "COLUMN,…",
     "CSV: columns that are left out (text, row numbers), by name or number from 1", "",
     Group::problem, kReading, nullptr,
     [](Configuration& c, Text v) { c.data.dropped_columns = v; },
     [](const Configuration& c) { return c.data.dropped_columns; }, for_training<>},
    {"--header", "", "on|off|auto",
     "CSV: whether the first line names the columns; auto: if none of its cells is a number",
     "auto", Group::problem, kReading, nullptr,
     [](Configuration& c, Text v) {
       c.data.header = static_cast<HeaderRule>(choose(v, "header", {"auto", "on", "off"}));
     },
     [](const Configuration& c) {
       constexpr Text kHeaderRules[] = {"auto", "on", "off"};
       return std::string(kHeaderRules[static_cast<std::size_t>(c.data.header)]);
     },
     for_training<>},
    {"--max-unpacked",
     "",
     "SIZE",
     "content of a compressed file, or of a pipe: 4GB; without it, half of the free memory and, of "
     "a file, 256 MB or 100 times its size",
     "",
     Group::problem,
     kReading | kDataMake,
     nullptr,
     [](Configuration& c, Text v) { c.data.max_unpacked = parse_bytes(v); },
     [](const Configuration& c) {
       return c.data.max_unpacked ? bytes_option_text(*c.data.max_unpacked) : std::string();
     },
     {},
     false,
     false},
    {"--feature-order", "", "ORDER",
     "numbers of sparse features in memory: popularity (those in most rows first) or file; changes "
     "rounding and speed only (and an mlp's random first weights)",
     "popularity", Group::problem, kTraining | kOptimum, nullptr,
     [](Configuration& c, Text v) {
       c.data.popular_features_first = choose(v, "feature order", {"popularity", "file"}) == 0;
     },
     [](const Configuration& c) {
       return std::string(c.data.popular_features_first ? "popularity" : "file");
     },
     for_training<>},
    {"--l2", "", "X,…", "regulariser λ; auto is 1/n", "auto", Group::problem, kCells | kOptimum,
     expand_reals,
     [](Configuration& c, Text v) {
       c.workload.l2 = v == "auto" ? -1 : parse_real(v, kNotNegative);
     },
     [](const Configuration& c) { return c.workload.l2 < 0 ? "auto" : number_text(c.workload.l2); },
     for_training<kAuto>},
    {"--intercept", "", "on|off,…",
     "linear models: a parameter for all rows alike (softmax: for each class), without a "
     "regulariser; alone it means on",
     "off", Group::problem, kCells | kOptimum, one_list,
     [](Configuration& c, Text v) {
       c.workload.intercept = choose(v, "intercept", {"off", "on"}) == 1;
     },
     [](const Configuration& c) { return std::string(c.workload.intercept ? "on" : "off"); },
     kWithIntercept, false, true, false, "on"},
    {"--hidden", "", "N,N…", "widths of the hidden layers; a semicolon separates nets", "128",
     Group::problem, kCells, widths, set_hidden,
     [](const Configuration& c) { return fmt::format("{}", fmt::join(c.workload.hidden, ",")); },
     kWithHidden},
    {"--activation", "", "NAME,…", "relu or tanh", "relu", Group::problem, kCells, one_list,
     [](Configuration& c, Text v) {
       choose(v, "activation", {"relu", "tanh"});
       c.workload.activation = v;
     },
     [](const Configuration& c) { return c.workload.activation; }, kWithHidden},
    {"--parameters", "", "N,…", "of the workload none: the size of its messages", "0",
     Group::problem, kMeasured, expand_counts,
     [](Configuration& c, Text v) { c.workload.parameters = parse_count(v, 0, kMany); },
     [](const Configuration& c) { return std::to_string(c.workload.parameters); }, kUntrained},
};

}  // namespace

std::span<const Option> problem_options() {
  return kProblem;
}

}  // namespace sgdbench
