// What the conformance tests share: small problems, and every backend that can run them.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "backends/protocols/protocol.h"
#include "workloads/data/catalog.h"
#include "workloads/registry.h"

namespace sgdbench::testing {

/// A problem with the data that it refers to.
struct Case {
  std::string name;
  std::unique_ptr<TrainTest> data;
  std::unique_ptr<Problem> problem;
};

inline Case make_case(std::string workload, std::string source, double l2 = -1,
                      std::string activation = "relu") {
  DataRequest request;
  request.source = std::move(source);
  auto data = std::make_unique<TrainTest>(load_data(request, serial_for));
  WorkloadOptions options;
  options.workload = workload;
  options.l2 = l2;
  options.hidden = {8};
  options.activation = std::move(activation);
  auto problem = make_problem(options, *data);
  return {workload + " on " + request.source, std::move(data), std::move(problem)};
}

/// One problem for each kind of worker there is. Row counts are no multiple of any batch used.
inline std::vector<Case> make_cases() {
  std::vector<Case> all;
  all.push_back(make_case("logreg", "rcv1-like:rows=203,features=4000"));
  all.push_back(make_case("svm", "covtype-like:rows=203"));
  all.push_back(make_case("least-squares", "quadratic:rows=203,features=10"));
  all.push_back(make_case("softmax", "rcv1-like:rows=203,features=60"));
  all.push_back(make_case("softmax", "mnist-like:rows=203"));
  all.push_back(make_case("mlp", "mnist-like:rows=203"));
  // Every other workload on the first of these data that it can use.
  const auto kinds = all.size();
  for (const auto& row : workload_catalog()) {
    const auto begins = [&](const Case& one) { return one.name.starts_with(row.name); };
    if (!row.trains || std::any_of(all.begin(), all.end(), begins)) continue;
    for (std::size_t kind = 0; kind < kinds; ++kind) {
      if (!row.why_not(all[kind].data->train).empty()) continue;
      const auto source = all[kind].name.substr(all[kind].name.find(" on ") + 4);
      all.push_back(make_case(std::string(row.name), source));
      break;
    }
  }
  return all;
}

inline const std::vector<Case>& cases() {
  static const std::vector<Case> all = make_cases();
  return all;
}

inline const std::atomic<bool>& never() {
  static const std::atomic<bool> no{false};
  return no;
}

inline RunSpec spec_for(const BackendEntry& entry, const Problem& problem, std::size_t workers,
                        std::size_t batch, std::uint64_t epochs = 2) {
  RunSpec spec;
  spec.backend = entry.name;
  spec.workers = workers;
  spec.batch = batch;
  spec.epochs = epochs;
  spec.exchange = 16;  // several an epoch
  spec.step.initial = 0.2 * problem.suggested_step(batch);
  spec.step.l2 = problem.l2();
  spec.shuffle = {Shuffle::Kind::blocks, 16};
  // Where the clock is virtual, somebody has to say how long a gradient takes.
  if (entry.virtual_clock) spec.simulation.compute_time = Distribution::parse("exp:1ms");
  return spec;
}

inline RunOutcome run(const BackendEntry& entry, const RunSpec& spec, const Problem& problem) {
  return entry.make(spec, problem)->run(spec, never());
}

inline const BackendEntry& backend(std::string_view name) {
  for (const auto& entry : backend_catalog())
    if (entry.name == name) return entry;
  throw std::runtime_error("no such backend");
}

/// Calls visit(entry, spec, case) for every backend and problem that go together.
template <class Visit>
void for_every_backend(std::size_t workers, std::size_t batch, Visit visit) {
  for (const auto& one : cases()) {
    for (const auto& entry : backend_catalog()) {
      if (!entry.unavailable().empty()) continue;
      const RunSpec spec = spec_for(entry, *one.problem, workers, batch);
      if (!entry.why_not(spec, *one.problem).empty()) continue;
      INFO(std::string(entry.name) << ", " << one.name);
      visit(entry, spec, one);
    }
  }
}

/// Every strategy with threads, under every protocol that it follows.
template <class Visit>
void for_every_threaded(const Problem& problem, std::size_t workers, std::size_t batch,
                        Visit visit) {
  for (const auto& entry : backend_catalog()) {
    if (entry.virtual_clock || !entry.unavailable().empty()) continue;
    for (const auto& protocol : protocol_catalog()) {
      RunSpec spec = spec_for(entry, problem, workers, batch, 4);
      spec.protocol = protocol.example;
      if (!entry.why_not(spec, problem).empty()) continue;
      INFO(std::string(entry.name) << ", " << spec.protocol << ", batch " << batch);
      visit(entry, spec);
      if (!entry.uses_protocol) break;
    }
  }
}

/// Steps that the parameters of a run have seen, on replicas or shared.
inline std::uint64_t steps_of(const RunOutcome& outcome) {
  std::uint64_t local = 0;
  for (const auto& worker : outcome.workers) local += worker.local_steps.value_or(0);
  return local != 0 ? local : outcome.updates;
}

inline const AlignedVector<Real>& final_parameters(const RunOutcome& outcome) {
  return outcome.curve.back().parameters;
}

/// max |a − b| / max |b|.
inline double relative_difference(const AlignedVector<Real>& a, const AlignedVector<Real>& b) {
  double difference = 0, scale = 1e-30;
  for (std::size_t i = 0; i < b.size(); ++i) {
    difference = std::max(difference, std::abs(double{a[i]} - double{b[i]}));
    scale = std::max(scale, std::abs(double{b[i]}));
  }
  return difference / scale;
}

}  // namespace sgdbench::testing
