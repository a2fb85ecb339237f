// `sgdbench verify`: is what each backend computes the gradient?
//
// The idea: on small data, sparse and dense, each workload's reference gradient is held against
// finite differences of its reference loss, and the first updates of each backend against the
// reference.
#include <fmt/format.h>

#include "backends/fork_join.h"
#include "backends/protocols/protocol.h"
#include "backends/verification.h"
#include "cli/configuration.h"
#include "cli/files.h"
#include "cli/follow.h"
#include "cli/run_record.h"
#include "cli/setup.h"
#include "cli/sweep.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "cli/verbs.h"
#include "results/environment.h"
#include "results/labels.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr int kMismatch = 1;

struct Default {
  std::string_view option, text;
};

/// Small, and one of each kind: sparse and dense, two classes, several, and a real number.
constexpr Default kUsual[] = {
    {"--workload", "*"},
    {"--data",
     "rcv1-like:rows=300,features=400,covtype-like:rows=200,mnist-like:rows=200,quadratic:rows=200,"
     "features=20"},
    {"--workers", "1,2"},
    {"--batch", "8"},
    {"--hidden", "16"},
    {"--compute-time", "constant:1ms"},
};
constexpr Default kAll[] = {
    {"--rule", "*"},    {"--write", "store,cas"},
    {"--kernels", "*"}, {"--activation", "relu,tanh"},
    {"--batch", "1,8"}, {"--intercept", "off,on"},
};

/// An example of every protocol.
std::string all_protocols() {
  std::string text;
  for (const auto& row : protocol_catalog())
    text += fmt::format("{}{}", text.empty() ? "" : ",", escape_item(row.example));
  return text;
}

Given completed(const Given& given) {
  Given all;
  for (const auto* option : options_of(kVerify))
    for (auto& text : given.texts(option->name)) all.add(option->name, std::move(text));
  const auto add = [&all](std::span<const Default> defaults) {
    for (const auto& [option, text] : defaults)
      if (!all.has(option)) all.add_default(option, std::string(text));
  };
  // Patterns leave those on a virtual clock out.
  if (!all.has("--backend"))
    for (const auto& row : backend_catalog()) all.add_default("--backend", std::string(row.name));
  if (given.has("--all")) {
    if (!all.has("--protocol")) all.add_default("--protocol", all_protocols());
    add(kAll);
  }
  add(kUsual);
  return all;
}

/// The lines of the table, and how it came out.
class Findings {
 public:
  void add(std::vector<std::string> what, const Verification& verdict) {
    ++(verdict.ok ? ok_ : failed_);
    what.push_back(verdict.ok ? "ok" : "FAILED");
    what.push_back(fmt::format("{:.1e}", verdict.error));
    if (verdict.reason.empty())
      table_.add(std::move(what));
    else
      table_.add_note(std::move(what), verdict.reason);
  }
  void add_unsupported(std::vector<std::string> what, const std::string& reason) {
    ++unsupported_;
    what.insert(what.end(), {"unsupported", ""});
    table_.add_note(std::move(what), reason);
  }
  std::string text() const {
    return fmt::format("{}\n{} ok, {} FAILED, {} unsupported\n", table_.text(), ok_, failed_,
                       unsupported_);
  }
  bool failed() const { return failed_ > 0; }

 private:
  TextTable table_{{"workload", "data", "backend", "workers", "result", "error"}, {1, 2, 4}};
  std::size_t ok_ = 0, failed_ = 0, unsupported_ = 0;
};

/// What a throwing check says is what it found.
template <class Check>
Verification guarded(Check check) {
  try {
    return check();
  } catch (const std::exception& error) {
    return {.ok = false, .error = 0, .reason = with_option_names(error.what())};
  }
}

std::string data_kind(const Dataset& data) {
  const auto name = data.name.substr(0, data.name.find(':'));
  return fmt::format("{} ({})", name, data.sparse() ? "sparse" : "dense");
}

void verify_configuration(const Setup& c, const Problem& problem, std::vector<std::string> what,
                          Findings& findings) {
  auto why = c.backend->unavailable();
  if (why.empty()) why = c.backend->why_not(c.spec, problem);
  if (!why.empty()) return findings.add_unsupported(std::move(what), with_option_names(why));
  findings.add(std::move(what),
               guarded([&] { return verify_backend(*c.backend, c.spec, problem); }));
}

/// Kernel sets that no option names are left out where there is nothing for them to compute.
void leave_out_kernels(std::vector<Configuration>& configurations, const Problem& problem,
                       Progress& progress) {
  const auto before = configurations.size();
  if (!problem.uses_dense_kernels())
    std::erase_if(configurations, [](const Configuration& configuration) {
      return configuration.spec.kernels != RunSpec{}.kernels;
    });
  progress.skip(before - configurations.size());
}

void verify_problem(std::vector<Configuration> configurations, const TrainTest& data,
                    bool kernels_named, Progress& progress, Findings& findings) {
  const auto problem = make_problem(configurations.front().workload, data);
  share_problem(configurations, data);
  if (!kernels_named) leave_out_kernels(configurations, *problem, progress);
  const auto kind = data_kind(data.train);
  const auto& options = configurations.front().workload;
  const auto workload = options.workload + (options.intercept ? " (intercept)" : "");
  findings.add({workload, kind, "(reference)", ""}, guarded([&] {
                 return verify_workload(*problem, configurations.front().spec.seed);
               }));
  std::vector<RunRecord> rows;
  std::vector<const RunRecord*> pointers;
  for (const auto& configuration : configurations)
    rows.push_back(describe(settle(configuration, *problem, available_cores()), {}, 0, 0));
  for (const auto& row : rows) pointers.push_back(&row);
  // The check takes a step of its own.
  const auto varying = without(varying_columns(pointers), {"lr"});
  for (std::size_t i = 0; i < configurations.size(); ++i) {
    progress.step(label(rows[i]));
    const auto more = column_text(rows[i], varying);
    verify_configuration(
        settle(configurations[i], *problem, available_cores()), *problem,
        {workload, kind,
         fmt::format("{}{}{}", strategy_label(rows[i]), more.empty() ? "" : " ", more),
         std::to_string(rows[i].workers)},
        findings);
  }
}

/// Whether the workload can use the data; where the user named both, that it can't is an error of
/// make_problem().
bool applies(const std::string& workload, const Dataset& data) {
  return find_by_name(workload_catalog(), "workload", workload).why_not(data).empty();
}

}  // namespace

int verify_verb(const Invocation& invocation) {
  const auto given = completed(invocation.given);
  const auto configurations = expand_configurations(given, available_cores());
  for (const auto& configuration : configurations)
    if (configuration.tuned != 0)
      throw UsageError("verify takes numbers: settings are tuned by `run`");
  say_out_of_scope({given}, configurations, given.has("--quiet"));
  check_sources(configurations);
  const bool chosen = invocation.given.has("--workload") && invocation.given.has("--data");
  const auto parallel = threaded_for(available_cores());
  Progress progress(configurations.size(), invocation.given.has("--quiet"));
  Findings findings;
  for (const auto& same_data : by_data(configurations)) {
    const auto data = load_interruptibly(same_data.front().data, parallel);
    tell_notes(data, progress);
    for (const auto& group : by_problem(same_data)) {
      if (chosen || applies(group.front().workload.workload, data.train))
        verify_problem(group, data, invocation.given.has("--kernels"), progress, findings);
      else
        progress.skip(group.size());
    }
  }
  progress.clear();
  print(findings.text());
  return findings.failed() ? kMismatch : 0;
}

}  // namespace sgdbench
