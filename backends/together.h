// Several threads that do one thing at the same time: what the probes have in common.
#pragma once

#include <cstddef>
#include <functional>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

#include "backends/topology.h"

namespace sgdbench {

/// body(i) on thread i for all i below `threads`; none begins before all are there, and it returns
/// when all are done. With `pin`, thread i is tied to core i. False, and nothing was done, where so
/// many threads can't be had. No body may throw.
template <class Body>
bool run_together(std::size_t threads, bool pin, const Body& body) {
  std::promise<bool> gate;
  const std::shared_future<bool> complete = gate.get_future().share();
  std::vector<std::thread> members;
  bool all = true;
  try {
    for (std::size_t i = 0; i < threads; ++i)
      members.emplace_back([i, pin, complete, &body] {
        if (!complete.get()) return;
        if (pin) pin_this_thread(i);
        body(i);
      });
  } catch (const std::system_error&) {
    all = false;
  }
  gate.set_value(all);
  for (auto& member : members) member.join();
  return all;
}

}  // namespace sgdbench
