// The table of verbs, and what `--help` and `--version` print.
#include "cli/verbs.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/mpi/job.h"
#include "cli/terminal.h"
#include "results/environment.h"

namespace sgdbench {

/// Of one look at reports, side by side.
constexpr std::size_t kMostReports = 64;

const std::vector<VerbEntry>& verb_table() {
  static const std::vector<VerbEntry> table{
      {kRun,
       "run",
       "Train each configuration under each backend and compare them.",
       "",
       0,
       0,
       {"sgdbench run",
        "sgdbench run --workload logreg --data rcv1-like:rows=20000 --backend '*' --workers 1,2",
        "sgdbench run --workload mlp --data fashion-mnist --batch 64 --target-accuracy 0.85",
        "sgdbench run --workload svm --data train.svm.bz2 --holdout 0.1 --lr 0.01..1:x10 --csv -",
        "sgdbench run --config suite.toml --csv new.csv"},
       run_verb},
      {kTune,
       "tune",
       "Search for the best settings of each configuration, and show what was tried.",
       "",
       0,
       0,
       {"sgdbench tune --workload logreg --data w8a-like:rows=2000 --workers 2 --target 5%",
        "sgdbench tune --config suite.toml --momentum tuned --rule momentum --csv trials.csv",
        "sgdbench tune --config suite.toml --print-config > tuned.toml"},
       tune_verb},
      {kList,
       "list",
       "Show what can be named: backends, workloads, data, rules, protocols, schedules, kernels.",
       "[WHAT]",
       0,
       1,
       {"sgdbench list", "sgdbench list backends --format json"},
       list_verb},
      {kDataInfo,
       "data info",
       "Describe a data set: size, sparsity, conflicts between rows, checksum.",
       "DATA",
       1,
       1,
       {"sgdbench data info train.svm.gz", "sgdbench data info rcv1-like:rows=20000"},
       data_info_verb},
      {kDataMake,
       "data make",
       "Write generated data to a file, for other programs.",
       "NAME[:KEY=VALUE,…]",
       1,
       1,
       {"sgdbench data make rcv1-like:rows=200000,seed=3 -o rcv1.svm",
        "sgdbench data make quadratic -o quadratic.csv"},
       data_make_verb},
      {kVerify,
       "verify",
       "Check that what each backend computes is the gradient; exit with 1 if it is not.",
       "",
       0,
       0,
       {"sgdbench verify", "sgdbench verify --all", "sgdbench verify --backend 'hog*' --workers 4"},
       verify_verb},
      {kOptimum,
       "optimum",
       "Compute the least loss there is, with a certificate; convex workloads only.",
       "",
       0,
       0,
       {"sgdbench optimum --workload logreg --data rcv1-like:rows=20000",
        "sgdbench optimum --workload svm,softmax --data train.svm --l2 1e-3,1e-5 --format json"},
       optimum_verb},
      {kCalibrate,
       "calibrate",
       "Measure what a gradient takes here, and whether the simulator predicts real threads from "
       "it.",
       "",
       0,
       0,
       {"sgdbench calibrate --workload logreg --data rcv1-like:rows=20000 --batch 16 --output "
        "measured",
        "sgdbench calibrate --workload logreg --data train.svm --compute-delay exp:5ms --workers "
        "4,8"},
       calibrate_verb},
      {kCollective,
       "collective",
       "Measure what summing over all processes of an mpirun takes, and what each way costs.",
       "",
       0,
       0,
       {"mpirun -n 2 sgdbench collective --bytes 1024,1048576",
        "mpirun -n 2 sgdbench collective --all-reduce mpi,ring --rounds 50 --output measured"},
       collective_verb},
      {kDoctor,
       "doctor",
       "Examine this machine: what it is, what is wrong with it, what it can resolve today.",
       "",
       0,
       0,
       {"sgdbench doctor", "sgdbench doctor --workers 4 --format json"},
       doctor_verb},
      {kCompare,
       "compare",
       "Compare two reports, or two builds; exit with 1 if the new one is proven to be worse.",
       "BASE NEW",
       1,
       2,
       {"sgdbench compare base.csv new.csv --max-regression 5%",
        "sgdbench compare base.csv new.json --metric wall_s,memory_bytes --format markdown",
        "sgdbench compare --paired 'old/sgdbench run' 'new/sgdbench run' --rounds 20",
        "sgdbench compare base.csv --by workers"},
       compare_verb},
      {kReport,
       "report",
       "Look at reports again, as a table, a page or a picture; or at a trace: what each worker "
       "did "
       "when.",
       "FILE…",
       1,
       kMostReports,
       {"sgdbench report runs.csv curve.csv --html page.html",
        "sgdbench report journal.jsonl --figure curves --svg curves.svg",
        "sgdbench report run.trace.json", "sgdbench report run.trace.json --svg timeline.svg",
        "sgdbench report run.trace.json --svg - --from 10ms --to 12ms"},
       report_verb},
  };
  return table;
}

namespace {

constexpr std::size_t kLeft = 30;

std::string option_help(const Option& option) {
  auto left = fmt::format("  {}{}{} {}", option.shorthand, option.shorthand.empty() ? "" : ", ",
                          option.name, option.value);
  auto help = std::string(option.help);
  if (!option.initial.empty()) help += fmt::format(" [{}]", option.initial);
  return fmt::format("{:<{}}{}\n", left, kLeft, wrap(help, kLeft));
}

std::string help_of(const VerbEntry& verb) {
  auto text = fmt::format("{}\n\nUse: sgdbench {} {}{}[OPTIONS]\n", verb.summary, verb.name,
                          verb.positionals, verb.positionals.empty() ? "" : " ");
  std::string_view group;
  for (const auto* option : options_of(verb.verb)) {
    if (title(option->group) != group) text += fmt::format("\n{}:\n", title(option->group));
    group = title(option->group);
    text += option_help(*option);
  }
  if (verb.verb & (kRun | kTune | kVerify | kOptimum))
    text +=
        "\nOptions with a … take lists (1,2,8) and ranges (1..8, 1..8:x2, 1..9:+4); every\n"
        "combination is a configuration. A backslash before a comma makes it part of a name.\n";
  if (verb.verb & (kRun | kTune))
    text +=
        "\nA suite (--config) says the same in TOML: workers = [1, 2], data = \"train.svm\", "
        "strict =\n"
        "true. Keys above all tables hold for every [[run]]; each of these tables is a sweep of "
        "its\n"
        "own, whose keys replace those above. Paths are relative to the current folder.\n";
  text += "\nExamples:\n";
  for (const auto example : verb.examples) text += fmt::format("  {}\n", example);
  return text;
}

}  // namespace

std::string program_help() {
  std::string text =
      "sgdbench: is it better for the workers of a training run to wait for each other or not?\n"
      "\nUse: sgdbench VERB [OPTIONS]\n\n";
  for (const auto& verb : verb_table())
    text += fmt::format("  {:<12}{}\n", verb.name, verb.summary);
  return text +
         "\n  sgdbench help VERB says more.  sgdbench --version says what this was built from.\n"
         "\nExit codes: 0 done; 1 a check or comparison failed; 2 usage; 3 a row is not ok or a\n"
         "comparison inconclusive (with --strict); 65 bad data; 66 missing data; 70 internal "
         "error;\n"
         "74 a report could not be written; 130 interrupted.\n";
}

std::string verb_help(const std::vector<const VerbEntry*>& verbs) {
  std::string text;
  for (const auto* verb : verbs) text += (text.empty() ? "" : "\n\n") + help_of(*verb);
  return text;
}

/// The build system names the versions it found, as "name version,…".
std::vector<std::pair<std::string, std::string>> library_versions() {
  std::vector<std::pair<std::string, std::string>> libraries;
  std::string_view rest = SGDBENCH_LIBRARIES;
  while (!rest.empty()) {
    const auto item = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(item.size() + 1, rest.size()));
    const auto space = item.rfind(' ');
    libraries.emplace_back(item.substr(0, space), item.substr(space + 1));
  }
  if (const auto mpi = mpi_library(); !mpi.empty())
    libraries.emplace_back(mpi.substr(0, mpi.rfind(' ')), mpi.substr(mpi.rfind(' ') + 1));
  return libraries;
}

std::string version_text() {
  auto text = fmt::format("sgdbench {} ({})\n", version(), kGitRevision);
  text += fmt::format("compiler      {}, {}\n", compiler(), build_type());
  text += fmt::format("flags         {}\n", compiler_flags());
  text += fmt::format("instructions  {}\n", instruction_set());
  text += "libraries    ";
  for (const auto& [name, number] : library_versions()) text += fmt::format(" {} {}", name, number);
  return text + '\n';
}

}  // namespace sgdbench
