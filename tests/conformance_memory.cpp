// What a worker does while it is timed leaves the memory alone. Not under a sanitizer: it has a
// `new` of its own.

#include <cstdlib>
#include <new>

#include "tests/conformance.h"

namespace {

thread_local bool counts_here = true;  // false on the thread that runs the tests
std::atomic<bool> counting{false};
std::atomic<std::uint64_t> allocations{0};

}  // namespace

// Of this test program: every `new` of every thread comes by here.
void* operator new(std::size_t size) {
  if (counting.load(std::memory_order_relaxed) && counts_here) ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (counting.load(std::memory_order_relaxed) && counts_here) ++allocations;
  const auto line = static_cast<std::size_t>(alignment);
  if (void* memory = std::aligned_alloc(line, (size / line + 1) * line)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

namespace sgdbench::testing {

TEST_CASE("No worker takes memory while it is timed: not for a gradient, nor inside a server") {
  counts_here = false;
  for (const auto& c : cases())
    for (const std::size_t batch : {1, 4})
      for_every_threaded(*c.problem, 3, batch, [&](const BackendEntry& entry, RunSpec spec) {
        INFO(c.name);
        spec.assign = Assign::round_robin;  // everybody has some work
        const auto made = entry.make(spec, *c.problem);
        made->run(spec,
                  never());  // the warm-up: kernels for dense data keep memory for each thread
        allocations = 0;
        counting = true;
        made->run(spec, never());
        counting = false;
        CHECK(allocations == 0);
      });
  counts_here = true;
}

TEST_CASE("Nor under a rule that remembers examples, from the first update on") {
  counts_here = false;
  const Case& c = cases()[0];  // sparse, whose kernels keep nothing
  for (const auto* rule : {"saga", "sag"})
    for_every_threaded(*c.problem, 3, 1, [&](const BackendEntry& entry, RunSpec spec) {
      INFO(std::string(rule));
      spec.rule = parse_rule(rule, 0);
      spec.assign = Assign::round_robin;
      if (!entry.why_not(spec, *c.problem).empty()) return;
      const auto made = entry.make(spec, *c.problem);
      allocations = 0;
      counting = true;
      made->run(spec, never());
      counting = false;
      CHECK(allocations == 0);
    });
  counts_here = true;
}

}  // namespace sgdbench::testing
