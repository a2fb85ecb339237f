// Ctrl-C and SIGTERM: the first asks, the second kills.
#pragma once

#include <atomic>

namespace sgdbench {

/// From now on, the first SIGINT or SIGTERM raises the flag; another one, unless it comes with the
/// first, ends the program. Thread safety: the handler uses lock-free atomics, clock_gettime(),
/// sigaction() and raise(), all safe inside a signal. The atomics are relaxed, because
/// nothing else is passed by them.
void catch_interrupts();

/// Raised once, by the handler; relaxed, as nothing else is passed by it.
const std::atomic<bool>& interrupted();

/// What the program exits with after an interrupt.
inline constexpr int kInterruptedExit = 130;

}  // namespace sgdbench
