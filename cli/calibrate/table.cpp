#include <fmt/format.h>

#include <array>

#include "cli/calibrate/validation.h"
#include "cli/text.h"
#include "results/statistics.h"

namespace sgdbench {
namespace {

struct Measure {
  std::string_view name;
  double Observation::*value;
  std::string (*show)(double);
};

std::string updates(double value) {
  return fmt::format("{:.2f}", value);
}

constexpr std::array<Measure, 4> kMeasures{{
    {"time per epoch", &Observation::epoch_s, human_seconds},
    {"mean staleness", &Observation::staleness_mean, updates},
    {"staleness, 95 %", &Observation::staleness_p95, updates},
    {"waiting", &Observation::wait_share, human_share},
}};

double median_of(const std::vector<Observation>& outcomes, const Measure& measure) {
  std::vector<double> values;
  for (const auto& outcome : outcomes) values.push_back(outcome.*measure.value);
  return median(values);
}

/// "" where the measured value is too near 0 for a ratio to say anything.
std::string ratio(double measured, double predicted) {
  return measured < 0.005 && predicted < 0.005 ? "" : fmt::format("{:.2f}", predicted / measured);
}

}  // namespace

std::string validation_table(const std::vector<Validation>& all) {
  TextTable table({"protocol", "workers", "median of", "measured", "simulated", "ratio"}, {2});
  for (const auto& one : all) {
    const auto& spec = one.configuration.spec;
    for (const auto& measure : kMeasures) {
      const bool first = &measure == kMeasures.data();
      const double measured = median_of(one.measured, measure);
      const double predicted = median_of(one.predicted, measure);
      table.add({first ? spec.protocol : "", first ? std::to_string(spec.workers) : "",
                 std::string(measure.name), measure.show(measured), measure.show(predicted),
                 ratio(measured, predicted)});
    }
  }
  return table.text();
}

std::string validation_csv(const std::vector<Validation>& all) {
  std::string text =
      "protocol,workers,compute_delay,straggler,repeat,epoch_s,epoch_s_simulated,staleness_mean,"
      "staleness_mean_simulated,staleness_p95,staleness_p95_simulated,wait_share,"
      "wait_share_simulated\n";
  for (const auto& one : all) {
    const auto& spec = one.configuration.spec;
    for (std::size_t i = 0; i < one.measured.size(); ++i) {
      text += fmt::format("\"{}\",{},\"{}\",\"{}\",{}", spec.protocol, spec.workers,
                          spec.conditions.compute_delay.text(), spec.conditions.straggler_text, i);
      for (const auto& measure : kMeasures)
        text += fmt::format(",{:.6g},{:.6g}", one.measured[i].*measure.value,
                            one.predicted[i].*measure.value);
      text += '\n';
    }
  }
  return text;
}

}  // namespace sgdbench
