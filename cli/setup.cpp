#include "cli/setup.h"

#include <fmt/format.h>

#include <algorithm>

#include "backends/run.h"
#include "cli/configuration.h"
#include "cli/terminal.h"
#include "workloads/names.h"

namespace sgdbench {

std::uint64_t enough_epochs(std::uint64_t updates, std::uint64_t n, std::uint64_t landing) {
  landing = std::clamp<std::uint64_t>(landing, 1, n);
  const std::uint64_t per_epoch = (n + landing - 1) / landing;
  return (updates + per_epoch - 1) / per_epoch;
}

Configuration with_settings(const Configuration& configuration, const Settings& settings) {
  Configuration fixed = configuration;
  fixed.tuned = 0;
  fixed.batch = settings.batch;
  fixed.lr = settings.step;
  fixed.momentum = settings.momentum;
  fixed.spec.exchange = settings.exchange;
  return fixed;
}

namespace {

/// γ₀ where none is asked for: the workload's for the examples that an update averages, in the
/// share that suits the rule.
double automatic_step(const Problem& problem, std::size_t averaged, const RuleSpec& rule) {
  return sgdbench::automatic_step(problem, rule, averaged, [&](std::size_t examples) {
    return problem.suggested_step(examples);
  });
}

RuleSpec rule_of(const Configuration& configuration, double momentum) {
  return parse_rule(configuration.rule, momentum, configuration.rule_values);
}

}  // namespace

const BackendEntry& backend_of(const Configuration& configuration) {
  return find_by_name(backend_catalog(), "backend", configuration.spec.backend);
}

Setup unsettled(const Configuration& configuration) {
  Setup c;
  c.configuration = configuration;
  c.spec = configuration.spec;
  c.spec.rule = rule_of(configuration, configuration.momentum);
  if (configuration.automatic_shuffle) c.spec.shuffle = usual_shuffle(c.spec.rule);
  c.spec.batch = configuration.batch.value_or(0);
  c.spec.step.initial = configuration.lr.value_or(0);
  c.spec.epochs = configuration.epochs.value_or(Configuration::kEpochs);
  c.spec.to_target = has_target(configuration);
  c.backend = &backend_of(configuration);
  c.id = config_id(configuration);
  c.command = command_of(configuration);
  return c;
}

Setup settle(const Configuration& configuration, const Problem& problem, std::size_t cores,
             const std::optional<Tuned>& tuned) {
  Setup c = unsettled(configuration);
  RunSpec& spec = c.spec;
  const auto found = [&](Tunable what) { return tuned && (configuration.tuned & what) != 0; };
  const std::uint64_t n = problem.examples();
  const auto batch = found(kTuneBatch)     ? tuned->settings.batch
                     : configuration.batch ? *configuration.batch
                                           : suggested_batch(*c.backend, spec, problem);
  spec.batch = std::clamp<std::size_t>(batch, 1, n);
  const auto averaged = examples_per_update(*c.backend, spec, n);
  if (found(kTuneMomentum)) spec.rule = rule_of(configuration, tuned->settings.momentum);
  spec.step.initial = found(kTuneStep)   ? tuned->settings.step
                      : configuration.lr ? *configuration.lr
                                         : automatic_step(problem, averaged, spec.rule);
  if (configuration.automatic_schedule) parse_schedule(problem.suggested_schedule(), spec.step);
  if (found(kTuneExchange)) spec.exchange = tuned->settings.exchange;
  c.tuned = tuned;
  c.settled = true;
  spec.step.l2 = problem.l2();
  if (!configuration.epochs && spec.updates > 0)
    spec.epochs = enough_epochs(spec.updates, n, examples_landing(*c.backend, spec));
  if (c.backend->virtual_clock) return c;
  spec.pin = configuration.pin == Pin::on ||
             (configuration.pin == Pin::automatic && spec.workers <= cores);
  return c;
}

namespace {

/// Examples of the whole run.
std::uint64_t planned_examples(const Setup& setup, std::uint64_t n) {
  const RunSpec& spec = setup.spec;
  const std::uint64_t all = spec.epochs > UINT64_MAX / n ? UINT64_MAX : spec.epochs * n;
  const std::uint64_t landing = examples_landing(*setup.backend, spec);
  if (spec.updates == 0 || spec.updates > all / landing) return all;
  return spec.updates * landing;
}

}  // namespace

std::string settle_curve(Setup& setup, const Problem& problem, std::uint64_t available) {
  RunSpec& spec = setup.spec;
  if (setup.configuration.stop_at_target || !spec.recording) return "";
  const std::uint64_t n = problem.examples();
  const std::uint64_t bytes = std::max<std::uint64_t>(1, problem.parameters()) * sizeof(Real);
  // The start and the end are copied too.
  const std::uint64_t room = std::max<std::uint64_t>(2, available / 2 / bytes) - 1;
  const auto planned = planned_examples(setup, n);
  const std::uint64_t points = std::min<std::uint64_t>(curve_points(spec, planned, n), planned);
  if (points <= room) return "";
  if (spec.evaluations == 0) {
    spec.evaluations = room;
    return "";
  }
  return fmt::format(
      "the curve's {} copies of {} parameters take {}, more than half of the {} that are free: "
      "--evaluations {} at most, or --stop-at-target, which keeps no copies",
      points + 1, problem.parameters(), human_bytes((points + 1) * bytes), human_bytes(available),
      room);
}

}  // namespace sgdbench
