// When a parameter server takes a gradient and when it lets a worker go on.
//
// A protocol is a state machine without a clock, a thread or a parameter in it: it is told what
// arrived and says what to do. Real threads, processes and the simulator share this definition.
//
//   async   every gradient is applied when it arrives; nobody waits.
//   ssp:S   the same, but a worker starts its clock c only while c − c_min ≤ S, c_min being the
//           slowest worker's completed clocks (Ho et al. 2013).
//   bsp     bulk-synchronous: the gradients of a round are held until every worker's has arrived
//           and become one averaged update; then all go on (Valiant 1990).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sgdbench {

enum class Decision {
  apply,  ///< this gradient and all that are held become one averaged update now
  hold,   ///< it is kept for a later update
};

/// Thread safety: none; the server that owns it serialises its calls.
class Protocol {
 public:
  virtual ~Protocol() = default;
  /// A gradient of `worker` has arrived.
  virtual Decision arrived(std::size_t worker) = 0;
  /// Whether `worker`, whose last gradient has arrived, may read and start its next one.
  virtual bool may_start(std::size_t worker) const = 0;
  /// `worker` has no more work: nobody waits for it from now on.
  virtual void retire(std::size_t worker) = 0;
  /// Whether work is dealt out in rounds of one mini-batch for every worker.
  virtual bool in_rounds() const = 0;
};

struct ProtocolEntry {
  std::string_view name;     ///< before the colon
  std::string_view summary;  ///< with the parameter, where there is one
};
const std::vector<ProtocolEntry>& protocol_catalog();

/// From "async", "bsp", "ssp:4"; throws UsageError.
std::unique_ptr<Protocol> make_protocol(std::string_view text, std::size_t workers);

}  // namespace sgdbench
