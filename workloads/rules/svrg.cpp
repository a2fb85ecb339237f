// SVRG and its loopless form: slopes are those of a full gradient, which all workers make together
// now and then, and stay until the next one (slope_memory.h). In between, an update is unbiased and
// the farther w is from where the full gradient was made, the noisier.
//
//   svrg    every m examples (Johnson & Zhang 2013, option I: the last w; they recommend m = 2n for
//           convex problems, which is the default)
//   lsvrg   after each example with probability 1/n, so that there is no m to choose (Kovalev,
//           Horváth & Richtárik 2020); which examples, is drawn before the run, from its seed
#include <cmath>

#include "workloads/random.h"
#include "workloads/rules/rules.h"
#include "workloads/rules/slope_memory.h"

namespace sgdbench {
namespace {

/// Draws of lsvrg's own.
constexpr std::uint64_t kRefreshes = 0x15f6;

}  // namespace

std::vector<std::uint64_t> full_gradients_of_svrg(const RuleSpec& spec, std::size_t n,
                                                  std::uint64_t planned, std::uint64_t) {
  const std::uint64_t inner =
      spec.inner != 0
          ? spec.inner
          : std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::llround(
                                           spec.inner_passes * static_cast<double>(n))));
  std::vector<std::uint64_t> places;
  for (std::uint64_t place = 0; place < planned; place += inner) places.push_back(place);
  return places;
}

std::vector<std::uint64_t> full_gradients_of_lsvrg(const RuleSpec&, std::size_t n,
                                                   std::uint64_t planned, std::uint64_t seed) {
  Random random(mix(seed, kRefreshes));
  const double p = 1 / static_cast<double>(n);
  std::vector<std::uint64_t> places;
  for (std::uint64_t place = 0; place < planned;) {
    places.push_back(place);
    // The first success of a geometric distribution, by inversion.
    const double tries = n == 1 ? 1 : std::ceil(std::log1p(-random.uniform()) / std::log1p(-p));
    place += static_cast<std::uint64_t>(std::max(1.0, tries));
  }
  return places;
}

std::unique_ptr<const Rule> make_svrg(const RuleSpec& spec, const RuleInput& input) {
  return std::make_unique<SlopeMemory>(spec, input, Estimate::svrg);
}

}  // namespace sgdbench
