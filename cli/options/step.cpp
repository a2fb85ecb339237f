// Options of the update rule and the step size.
#include <fmt/format.h>

#include "cli/options/helpers.h"

namespace sgdbench {
namespace {

Texts rules(Text text) {
  return expand_names(text, "rule", names_of(rule_catalog()));
}

bool has_momentum(std::string_view rule) {
  constexpr double kAny = 0.5;
  return parse_rule(rule, kAny).slots() > 1;
}
constexpr Scope kWithMomentum{[](const Cell& cell) { return has_momentum(cell.rule); },
                              [] {
                                return rows_of("--rule", rule_catalog(), [](const auto& row) {
                                  return has_momentum(row.name);
                                });
                              },
                              "--rule"};

/// Between the ends of "tuned:16..64".
constexpr Text kWithin = ":", kTo = "..";

/// A range after "tuned" is where to search, and no list.
Texts expand_batches(Text text) {
  Texts values;
  for (auto& part : split_list(text)) {
    if (is_tuned(part))
      values.push_back(std::move(part));
    else
      for (auto& value : expand_counts(part)) values.push_back(std::move(value));
    check_length(values.size());
  }
  return values;
}

void set_batch_limits(Cell& cell, Text text) {
  const auto middle = text.find(kTo);
  if (middle == Text::npos)
    throw UsageError(fmt::format("'{}' is no range: tuned:16..64, for example", text));
  cell.least_batch = parse_count(text.substr(0, middle), 1, Cell::kMostBatch);
  cell.most_batch =
      parse_count(text.substr(middle + kTo.size()), cell.least_batch, Cell::kMostBatch);
}

void set_batch(Cell& cell, Text text) {
  cell.batch.reset();
  cell.least_batch = 1, cell.most_batch = Cell::kMostBatch;
  const bool is_limited = is_tuned(text) && text.size() > kTuned.size();
  if (is_limited) set_batch_limits(cell, text.substr(kTuned.size() + kWithin.size()));
  if (!tunes(cell, kTuneBatch, is_limited ? kTuned : text) && text != "auto")
    cell.batch = parse_count(text, 1, Cell::kMostBatch);
}

std::string batch_text(const Cell& cell) {
  auto text = tuned_text(cell, kTuneBatch, cell.batch ? std::to_string(*cell.batch) : "auto");
  if (cell.least_batch > 1 || cell.most_batch < Cell::kMostBatch)
    text += fmt::format("{}{}{}{}", kWithin, cell.least_batch, kTo, cell.most_batch);
  return text;
}

constexpr Option kStep[] = {
    {"--rule", "", "NAME,…", "update rule (list rules)", "sgd", Group::step, kCells, rules,
     [](Cell& c, Text v) { c.rule = v; }, [](const Cell& c) { return c.rule; }},
    {"--momentum", "", "X,…", "μ of the rules that have one; tuned: the best", "0.9", Group::step,
     kCells, expand_reals,
     [](Cell& c, Text v) {
       if (!tunes(c, kTuneMomentum, v))
         c.momentum =
             parse_real(v, {.least = -1, .most = 1, .open_below = true, .open_above = true});
     },
     [](const Cell& c) { return tuned_text(c, kTuneMomentum, number_text(c.momentum)); },
     kWithMomentum},
    {"--batch", "", "N,…",
     "examples in each worker's mini-batch; tuned: the best of 1, 4, 16, …, or from 16 to 64: "
     "tuned:16..64; auto: the workload's, or more where workers meet at every update",
     "auto", Group::step, kCells, expand_batches, set_batch, batch_text},
    {"--lr", "", "X,…",
     "step size γ₀; tuned: the best; auto: the workload's for the examples that an update "
     "averages, "
     "times 1 − μ",
     "auto", Group::step, kTraining, expand_reals,
     [](Cell& c, Text v) {
       c.lr.reset();
       if (!tunes(c, kTuneStep, v) && v != "auto") c.lr = parse_real(v, kPositive);
     },
     [](const Cell& c) { return tuned_text(c, kTuneStep, c.lr ? number_text(*c.lr) : "auto"); },
     for_training<>},
    {"--lr-schedule", "", "NAME,…",
     "how γ falls (list schedules); auto: the workload's, constant where it is convex", "auto",
     Group::step, kTraining, one_list,
     [](Cell& c, Text v) {
       c.automatic_schedule = v == "auto";
       if (!c.automatic_schedule) parse_schedule(v, c.spec.step);
     },
     [](const Cell& c) {
       return c.automatic_schedule ? "auto" : to_string(c.spec.step.schedule, c.spec.step.rate);
     },
     for_training<>},
    {"--staleness-policy", "", "NAME,…",
     "what staleness does to γ: none, inverse; of several gradients in an "
     "update, the stalest counts",
     "none", Group::step, kTraining, one_list,
     [](Cell& c, Text v) { c.spec.step.policy = parse_staleness_policy(v); },
     [](const Cell& c) { return std::string(to_string(c.spec.step.policy)); }},
    {"--shuffle", "", "ORDER,…", "order of the examples: full, blocks:N, none", "blocks:128",
     Group::step, kTraining, one_list, [](Cell& c, Text v) { c.spec.shuffle = Shuffle::parse(v); },
     [](const Cell& c) { return c.spec.shuffle.to_string(); }},
};

}  // namespace

std::span<const Option> step_options() {
  return kStep;
}

}  // namespace sgdbench
