#include "backends/simulator/simulation.h"

#include <algorithm>
#include <bit>

#include "results/text.h"
#include "workloads/names.h"

namespace sgdbench {
namespace {

constexpr std::string_view kRight = "a class is NAME:COUNT@DISTRIBUTION, as in 'fast:56@exp:1ms'";

[[noreturn]] void refuse_class(std::string_view text, const std::string& why) {
  throw UsageError("cluster class " + quoted(text) + ": " + why);
}

std::size_t parse_workers(std::string_view text, std::string_view digits) {
  const auto [count, error, rest] = read_number<std::size_t>(digits);
  if (error == std::errc::invalid_argument || !rest.empty())
    refuse_class(text, quoted(digits) + " is no number of workers; " + std::string(kRight));
  if (error != std::errc() || count < 1 || count > kMostSimulated)
    refuse_class(text, std::string(digits) + " workers: the number lies between 1 and " +
                           std::to_string(kMostSimulated));
  return count;
}

WorkerClass parse_class(std::string_view text) {
  const auto at = text.find('@');
  const auto colon = text.find(':');
  if (at == std::string_view::npos || colon == std::string_view::npos || colon > at || colon == 0)
    refuse_class(text, std::string(kRight));
  WorkerClass result;
  result.name = text.substr(0, colon);
  result.workers = parse_workers(text, text.substr(colon + 1, at - colon - 1));
  try {
    result.compute = Distribution::parse(text.substr(at + 1));
  } catch (const UsageError& error) {
    refuse_class(text, error.what());
  }
  return result;
}

void check_name(const std::vector<WorkerClass>& cluster, const WorkerClass& added) {
  const bool twice = std::any_of(cluster.begin(), cluster.end(),
                                 [&](const auto& one) { return one.name == added.name; });
  if (twice) throw UsageError("cluster: two classes are called " + quoted(added.name));
}

}  // namespace

std::vector<WorkerClass> parse_cluster(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n";
  std::vector<WorkerClass> cluster;
  for (auto begin = text.find_first_not_of(kSpace); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(kSpace, begin), text.size());
    auto added = parse_class(text.substr(begin, end - begin));
    check_name(cluster, added);
    cluster.push_back(std::move(added));
    begin = text.find_first_not_of(kSpace, end);
  }
  if (cluster.empty()) throw UsageError("cluster: no class of workers; " + std::string(kRight));
  if (workers_of(cluster) > kMostSimulated)
    throw UsageError("cluster: " + std::to_string(workers_of(cluster)) +
                     " workers are too many: at most " + std::to_string(kMostSimulated));
  return cluster;
}

std::size_t workers_of(const std::vector<WorkerClass>& cluster) {
  std::size_t sum = 0;
  for (const auto& one : cluster) sum += one.workers;
  return sum;
}

std::string_view to_string(AllReduce how) {
  for (const auto& row : kAllReduceNames)
    if (row.how == how) return row.name;
  return "";  // it is left open
}

AllReduce parse_all_reduce(std::string_view text) {
  return find_by_name(kAllReduceNames, "all-reduce", text).how;
}

Seconds all_reduce_time(AllReduce how, std::size_t workers, Seconds latency, double bytes,
                        double bandwidth) {
  const auto P = static_cast<double>(workers);
  const Seconds transfer = bandwidth > 0 ? bytes / bandwidth : 0;  // n/β
  if (how == AllReduce::ring) return 2 * (P - 1) * latency + 2 * ((P - 1) / P) * transfer;
  if (how == AllReduce::recursive_doubling) {
    const auto exchanges = std::bit_width(workers) - 1 + (std::has_single_bit(workers) ? 0 : 2);
    return static_cast<double>(exchanges) * (latency + transfer);
  }
  const auto levels = static_cast<double>(std::bit_width(workers - 1));  // ⌈log₂ P⌉
  return 2 * levels * (latency + transfer);
}

}  // namespace sgdbench
