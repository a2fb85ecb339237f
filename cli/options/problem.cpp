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

void set_hidden(Cell& cell, Text value) {
  std::vector<std::size_t> hidden;
  for (const auto& width : split_list(value)) hidden.push_back(parse_count(width, 1, 1'000'000));
  if (hidden.size() > 100)
    throw UsageError(fmt::format("{} hidden layers are too many: at most 100", hidden.size()));
  cell.workload.hidden = std::move(hidden);
}

constexpr Option kProblem[] = {
    {"--workload", "", "NAME,…", "what is trained (list workloads)", "", Group::problem,
     kCells | kOptimum, workloads, [](Cell& c, Text v) { c.workload.workload = v; },
     [](const Cell& c) { return c.workload.workload; }, true},
    {"--data", "", "DATA,…",
     "a file (LIBSVM, IDX images, CSV; also .gz .bz2 .xz .zst; - is stdin), or a name or generator "
     "with its "
     "parameters: rcv1-like:rows=20000,seed=3 (list data)",
     "", Group::problem, kCells | kOptimum, expand_sources,
     [](Cell& c, Text v) { c.data.source = v; },
     [](const Cell& c) { return escape_source(c.data.source); }, true},
    {"--test-data", "", "DATA", "held-out examples, in the same forms", "", Group::problem,
     kTraining | kOptimum, nullptr, [](Cell& c, Text v) { c.data.test_source = v; },
     [](const Cell& c) { return c.data.test_source; }},
    {"--holdout", "", "SHARE", "share of the rows set aside for testing", "0", Group::problem,
     kTraining | kOptimum, nullptr,
     [](Cell& c, Text v) {
       c.data.holdout = parse_real(v, {.least = 0, .most = 1, .open_above = true});
     },
     [](const Cell& c) { return number_text(c.data.holdout); }},
    {"--standardize", "", "", "dense data: zero mean and unit variance on the training part", "",
     Group::problem, kTraining | kOptimum, nullptr,
     [](Cell& c, Text) { c.data.standardize = true; },
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
    {"--max-unpacked", "", "SIZE",
     "content of a compressed file, or of a pipe: 4GB; without it, half of the free memory and, of "
     "a file, 256 MB or 100 times its size",
     "", Group::problem, kReading | kVerify | kDataMake, nullptr,
     [](Cell& c, Text v) { c.data.max_unpacked = parse_bytes(v); },
     [](const Cell& c) {
       return c.data.max_unpacked ? bytes_option_text(*c.data.max_unpacked) : std::string();
     },
     false, false},
    {"--feature-order", "", "ORDER",
     "numbers of sparse features in memory: popularity (those in most rows first) or file; changes "
     "rounding and speed only (and an mlp's random first weights)",
     "popularity", Group::problem, kTraining | kOptimum, nullptr,
     [](Cell& c, Text v) {
       c.data.popular_features_first = choose(v, "feature order", {"popularity", "file"}) == 0;
     },
     [](const Cell& c) {
       return std::string(c.data.popular_features_first ? "popularity" : "file");
     }},
    {"--l2", "", "X,…", "regulariser λ; auto is 1/n", "auto", Group::problem, kCells | kOptimum,
     expand_reals,
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
    {"--parameters", "", "N,…", "of the workload none: the size of its messages", "0",
     Group::problem, kRun, expand_counts,
     [](Cell& c, Text v) { c.workload.parameters = parse_count(v, 0, kMany); },
     [](const Cell& c) { return std::to_string(c.workload.parameters); }},
};

}  // namespace

std::span<const Option> problem_options() {
  return kProblem;
}

}  // namespace sgdbench
