// `sgdbench collective`: what an all-reduce takes among the processes of an mpirun, and from that
// the latency α and bandwidth β that a simulation of their network takes.
#include "backends/mpi/collective.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <numeric>
#include <optional>
#include <vector>

#include "backends/mpi/job.h"
#include "backends/simulator/simulation.h"
#include "cli/files.h"
#include "cli/options.h"
#include "cli/terminal.h"
#include "cli/values.h"
#include "cli/verbs.h"
#include "results/atomic_file.h"
#include "results/statistics.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr int kWrong = 1, kNoFit = 3;

struct CollectiveRow {
  CollectiveTask task;
  CollectiveTimes times;

  double least() const { return *std::min_element(times.moving.begin(), times.moving.end()); }
  double most() const { return *std::max_element(times.moving.begin(), times.moving.end()); }
  double mean() const {
    return std::accumulate(times.moving.begin(), times.moving.end(), 0.0) /
           static_cast<double>(times.moving.size());
  }
  double bytes() const { return static_cast<double>(task.bytes); }
  /// Bytes of the vector in a second.
  double algorithm_bandwidth() const { return bytes() / mean(); }
  /// What a ring would send over each link in that time: no all-reduce can send less.
  double bus_bandwidth(double ranks) const {
    return algorithm_bandwidth() * 2 * (ranks - 1) / ranks;
  }
};

/// α and β.
struct NetworkFit {
  AllReduce how = AllReduce::ring;
  Seconds latency = 0;
  double bandwidth = 0;  ///< bytes per second
  double error = 0;      ///< median of |fitted/measured − 1|
  std::size_t sizes = 0;
};

struct CollectiveFindings {
  JobPlace place;
  std::vector<CollectiveRow> rows;
  std::optional<NetworkFit> fit;
};

/// t = α·a + b/β, where a and b are what the simulator's formula (simulation.h) makes of one second
/// and one byte a second: least squares of t/t̂ − 1, for small messages count as much as large ones.
/// Nothing where the algorithm has no formula, or the sizes are too few or too alike.
std::optional<NetworkFit> fitted(const std::vector<CollectiveRow>& rows, AllReduce how,
                                 std::size_t ranks) {
  double aa = 0, ab = 0, bb = 0, at = 0, bt = 0;
  std::vector<std::array<double, 3>> points;  // a, b, t
  for (const auto& row : rows) {
    if (row.task.how != how) continue;
    const double t = median(row.times.moving);
    points.push_back(
        {all_reduce_time(how, ranks, 1, 0, 0), all_reduce_time(how, ranks, 0, row.bytes(), 1), t});
    const double a = points.back()[0] / t, b = points.back()[1] / t;
    aa += a * a, ab += a * b, bb += b * b, at += a, bt += b;
  }
  const double determinant = aa * bb - ab * ab;
  if (points.size() < 2 || !(determinant > 1e-9 * aa * bb)) return {};
  NetworkFit fit{how, (at * bb - bt * ab) / determinant, determinant / (aa * bt - ab * at)};
  if (!(fit.latency > 0 && fit.bandwidth > 0)) return {};
  std::vector<double> errors;
  for (const auto& [a, b, t] : points)
    errors.push_back(std::abs((fit.latency * a + b / fit.bandwidth) / t - 1));
  fit.error = median(errors);
  fit.sizes = points.size();
  return fit;
}

/// The ring's where it was measured: its messages are the shortest, so its α is the network's.
std::optional<NetworkFit> fit_of(const std::vector<CollectiveRow>& rows, std::size_t ranks) {
  for (const auto how : {AllReduce::ring, AllReduce::recursive_doubling, AllReduce::tree})
    if (const auto fit = fitted(rows, how, ranks)) return fit;
  return {};
}

std::string bandwidth_cell(double bytes_per_second) {
  return fmt::format("{:.3g}", bytes_per_second / 1e9);
}

std::string fit_line(const NetworkFit& fit) {
  const auto text = fmt::format("by {}: latency {}, bandwidth {:.3g} GB/s", to_string(fit.how),
                                human_seconds(fit.latency), fit.bandwidth / 1e9);
  if (fit.sizes < 3) return text + " (of two sizes: a third shows how well they fit)\n";
  return fmt::format("{}; what they predict is within {} of what was measured, in the median\n",
                     text, human_share(fit.error));
}

std::string collective_table(const CollectiveFindings& found) {
  const auto ranks = static_cast<double>(found.place.ranks);
  TextTable table({"bytes", "by", "least", "mean", "most", "GB/s", "bus GB/s", "waiting", "wrong"},
                  {1});
  for (const auto& row : found.rows)
    table.add({std::to_string(row.task.bytes), std::string(to_string(row.task.how)),
               human_seconds(row.least()), human_seconds(row.mean()), human_seconds(row.most()),
               bandwidth_cell(row.algorithm_bandwidth()), bandwidth_cell(row.bus_bandwidth(ranks)),
               human_seconds(row.times.waiting), std::to_string(row.times.wrong)});
  auto text = fmt::format("sums over {} processes on {} host{} ({})\n{}", found.place.ranks,
                          found.place.hosts, found.place.hosts == 1 ? "" : "s", mpi_library(),
                          table.text());
  if (found.fit) text += '\n' + fit_line(*found.fit);
  return text;
}

std::string collective_csv(const CollectiveFindings& found) {
  const auto ranks = static_cast<double>(found.place.ranks);
  std::string text =
      "ranks,hosts,bytes,all_reduce,repeats,least_s,mean_s,most_s,algorithm_bandwidth,"
      "bus_bandwidth,wait_s,wrong\n";
  for (const auto& row : found.rows)
    text += fmt::format("{},{},{},{},{},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{:.6g},{}\n",
                        found.place.ranks, found.place.hosts, row.task.bytes,
                        to_string(row.task.how), row.task.repeats, row.least(), row.mean(),
                        row.most(), row.algorithm_bandwidth(), row.bus_bandwidth(ranks),
                        row.times.waiting, row.times.wrong);
  return text;
}

constexpr Format<CollectiveFindings> kCollectiveFormats[] = {{"table", collective_table},
                                                             {"csv", collective_csv}};

/// A suite: what the network is like, for simulations.
std::string network_suite(const NetworkFit& fit, const CollectiveFindings& found,
                          const std::string& command) {
  return fmt::format(
      "# An all-reduce by {} among {} processes on {} host{}: {}\n"
      "latency = \"constant:{:.0f}ns\"\nbandwidth = \"{}\"\n",
      to_string(fit.how), found.place.ranks, found.place.hosts, found.place.hosts == 1 ? "" : "s",
      fmt::format("mpirun -n {} {}", found.place.ranks, command), fit.latency * 1e9,
      bandwidth_text(std::round(fit.bandwidth)));
}

std::vector<AllReduce> wanted_algorithms(const Given& given) {
  const auto& option = find_option(kCollective, "--all-reduce");
  std::vector<AllReduce> wanted;
  if (!given.has(option.name)) {
    for (const auto& row : kAllReduceNames)
      if (is_over_processes(row.how)) wanted.push_back(row.how);
    return wanted;
  }
  for (const auto& text : values_of(option, given)) {
    wanted.push_back(parse_all_reduce(text));
    if (!is_over_processes(wanted.back()))
      throw UsageError(fmt::format("--all-reduce {}: processes have no server", text));
  }
  return wanted;
}

std::vector<std::uint64_t> wanted_bytes(Given given) {
  constexpr std::uint64_t kLongestVector = std::uint64_t{1} << 32;
  const auto& option = find_option(kCollective, "--bytes");
  if (!given.has(option.name)) given.add_default(option.name, std::string(option.initial));
  std::vector<std::uint64_t> wanted;
  for (const auto& text : values_of(option, given))
    wanted.push_back(parse_count(text, 1, kLongestVector));
  return wanted;
}

/// "" where no file is wanted.
std::filesystem::path suite_path(const Given& given) {
  if (!given.has("--output")) return {};
  const std::filesystem::path folder = given.text("--output");
  if (folder.empty() || folder == "-") throw UsageError("--output: name a folder");
  const auto path = folder / "network.toml";
  FileUse().writes("--output", path);
  make_folder(folder);
  check_writable(path);
  return path;
}

}  // namespace

int collective_verb(const Invocation& invocation) {
  const auto& given = invocation.given;
  const auto& format = find_by_name(kCollectiveFormats, "format", given.text("--format", "table"));
  const auto algorithms = wanted_algorithms(given);
  const auto sizes = wanted_bytes(given);
  const auto rounds = parse_count(given.text("--rounds", "20"), 1, 1'000'000);
  if (const auto why = why_no_mpi(); !why.empty()) throw UsageError(why);
  CollectiveFindings found{place_in_job(), {}, {}};
  if (found.place.ranks == 1)
    throw UsageError("one process has nothing to sum: begin the command with mpirun -n 2");
  check_writable("-");
  const auto suite = suite_path(given);
  catch_interrupts();
  Progress progress(sizes.size() * algorithms.size(), given.has("--quiet"));
  for (const auto bytes : sizes)
    for (const auto how : algorithms) {
      if (interrupted()) return kInterruptedExit;
      progress.step(fmt::format("{} bytes by {}", bytes, to_string(how)));
      const CollectiveTask task{how, bytes, rounds};
      found.rows.push_back({task, measure_collective(task)});
    }
  progress.clear();
  found.fit = fit_of(found.rows, found.place.ranks);
  if (!suite.empty() && !found.fit)
    talk(
        "no latency and bandwidth can be told from these: measure ring at small and large --bytes");
  if (!suite.empty() && found.fit)
    write_atomically(suite.string(), network_suite(*found.fit, found, invocation.command));
  print(format.render(found));
  const bool wrong = std::any_of(found.rows.begin(), found.rows.end(),
                                 [](const auto& row) { return row.times.wrong != 0; });
  if (wrong) return kWrong;
  return suite.empty() || found.fit ? 0 : kNoFit;
}

}  // namespace sgdbench
