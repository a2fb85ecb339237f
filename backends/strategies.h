// The strategies, one file each; the registry is the only one who asks for them.
#pragma once

#include <memory>

#include "backends/backend.h"

namespace sgdbench {

std::unique_ptr<Backend> make_sequential(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_onednn(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_openmp_sync(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_hogwild(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_downpour(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_leashed(const RunSpec&, const Problem&);
/// The protocol is `async` whatever the spec says.
std::unique_ptr<Backend> make_locked(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_parameter_server(const RunSpec&, const Problem&);
std::unique_ptr<Backend> make_simulator(const RunSpec&, const Problem&);
/// "" if these workers, times and network can be simulated, else why not.
std::string why_not_simulated(const RunSpec&);
std::string why_no_replicas(const RunSpec&, const Problem&);

}  // namespace sgdbench
