// Ctrl-C and SIGTERM: the first asks, the second kills.
#pragma once

#include <atomic>

namespace sgdbench {

/// From now on, the first SIGINT or SIGTERM raises the flag and gives both signals their default
/// action back. Thread safety: the handler stores to a lock-free atomic and calls sigaction(),
/// both safe inside a signal.
void catch_interrupts();

/// Raised once, by the handler; relaxed, as nothing else is passed by it.
const std::atomic<bool>& interrupted();

}  // namespace sgdbench
