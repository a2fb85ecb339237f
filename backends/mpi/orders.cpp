#include "backends/mpi/orders.h"

#include <cstring>
#include <map>
#include <type_traits>
#include <utility>

#include "backends/mpi/collective.h"
#include "backends/mpi/communicator.h"
#include "backends/mpi/job.h"
#include "workloads/names.h"

namespace sgdbench {

// A message is its parts one after the other. What is written and what is read is said once,
// by calling a packer with each part.
namespace {

class Packer {
 public:
  template <class Part>
  void operator()(const Part& part) {
    static_assert(std::is_trivially_copyable_v<Part>);
    bytes_.append(reinterpret_cast<const char*>(&part), sizeof part);
  }
  void operator()(const std::string& text) {
    (*this)(text.size());
    bytes_ += text;
  }
  void operator()(const Distribution& distribution) {
    (*this)(distribution.text());
    (*this)(distribution.checksum());
  }
  /// What has no meaning elsewhere travels by its name.
  template <class Find>
  void named(std::string_view name, Find) {
    (*this)(std::string(name));
  }
  const std::string& text() const { return bytes_; }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(std::string_view bytes) : rest_(bytes) {}
  template <class Part>
  void operator()(Part& part) {
    static_assert(std::is_trivially_copyable_v<Part>);
    std::memcpy(&part, rest_.data(), sizeof part);
    rest_.remove_prefix(sizeof part);
  }
  void operator()(std::string& text) {
    std::size_t size = 0;
    (*this)(size);
    text = rest_.substr(0, size);
    rest_.remove_prefix(size);
  }
  void operator()(Distribution& distribution) {
    std::string text;
    std::uint64_t checksum = 0;
    (*this)(text);
    (*this)(checksum);
    distribution = Distribution::parse(text);
    if (distribution.checksum() != checksum)
      throw BadData(text + " has other durations here than on rank 0");
  }
  template <class Find>
  void named(std::string_view& name, Find find) {
    std::string text;
    (*this)(text);
    name = find(text);
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

/// Names every member of what a configuration is made of, so that a new one is not forgotten.
template <class Pack, class Spec>
void pack_rule(Pack& pack, Spec& spec) {
  auto& [name, momentum, inner, inner_passes, beta1, beta2, decay, epsilon, weight_decay, average] =
      spec;
  pack.named(name, [](std::string_view text) { return rule_entry(text).name; });
  pack(momentum), pack(inner), pack(inner_passes), pack(beta1), pack(beta2), pack(decay);
  pack(epsilon), pack(weight_decay), pack(average);
}

template <class Pack, class Spec>
void pack_conditions(Pack& pack, Spec& spec) {
  auto& [compute_delay, stragglers, straggler_text, latency, bandwidth, mode] = spec;
  pack(compute_delay), pack(straggler_text), pack(latency), pack(bandwidth), pack(mode);
  if constexpr (!std::is_const_v<Spec>)
    if (!straggler_text.empty()) stragglers = parse_stragglers(straggler_text);
}

template <class Pack, class Spec>
void pack_spec(Pack& pack, Spec& spec) {
  auto& [backend, protocol, write, persistence, max_staleness, exchange, workers, pin, kernels,
         rule, batch, step, shuffle, assign, conditions, simulation, seed, epochs, updates,
         max_seconds, whole_epochs, whole_updates, recording, evaluations, to_target, spacing,
         timeline_slices, landings] = spec;
  pack(backend), pack(protocol), pack(write), pack(persistence), pack(max_staleness);
  pack(exchange), pack(workers), pack(pin), pack(kernels);
  pack_rule(pack, rule);
  pack(batch), pack(step), pack(shuffle), pack(assign);
  pack_conditions(pack, conditions);
  pack(simulation.all_reduce), pack(simulation.shards);
  pack(seed), pack(epochs), pack(updates), pack(max_seconds), pack(whole_epochs);
  pack(whole_updates), pack(recording), pack(evaluations), pack(to_target), pack(spacing);
  pack(timeline_slices), pack(landings);
}

}  // namespace

std::string packed(const RunSpec& spec) {
  Packer pack;
  pack_spec(pack, spec);
  return pack.text();
}

RunSpec unpacked(std::string_view bytes) {
  Unpacker unpack(bytes);
  RunSpec spec;
  pack_spec(unpack, spec);
  return spec;
}

// Leading and following. Every order is one broadcast.
namespace {

enum class Order : std::uint8_t { leave, problem, make, run, drop, measure };

/// What the others are to do at the points of a curve: to stand still, or nothing.
constexpr char kPauses = 'p', kRuns = 'r';

/// Set on rank 0 by join_job().
bool leads = false;

void say(Order order, const std::string& text = {}) {
  all_ranks().broadcast_sleeping(static_cast<char>(order) + text);
}

/// A backend on rank 0, whose counterparts on the others have its number.
class Led final : public Backend {
 public:
  Led(const RunSpec& spec, const Problem& problem,
      std::unique_ptr<Backend> (*make)(const RunSpec&, const Problem&)) {
    static std::uint64_t made = 0;
    number_ = ++made;
    say(Order::make, numbered(packed(spec)));
    all_ranks().together([] {});  // they have read it
    backend_ = all_ranks().or_end_job([&] { return make(spec, problem); });
  }
  ~Led() override {
    if (leads) say(Order::drop, numbered(""));
  }
  Led(const Led&) = delete;
  Led& operator=(const Led&) = delete;

  RunOutcome run(const RunSpec& spec, const std::atomic<bool>& interrupt,
                 const AtPoint& at_point) override {
    say(Order::run, numbered((at_point ? kPauses : kRuns) + packed(spec)));
    all_ranks().together([] {});
    return all_ranks().or_end_job([&] { return backend_->run(spec, interrupt, at_point); });
  }

 private:
  std::string numbered(const std::string& text) const {
    Packer pack;
    pack(number_);
    return pack.text() + text;
  }

  std::uint64_t number_ = 0;
  std::unique_ptr<Backend> backend_;
};

/// All ranks but the first.
class Follower {
 public:
  explicit Follower(const std::function<SharedProblem(const std::vector<std::string>&)>& load)
      : load_(load) {}

  /// False: rank 0 has left. Trouble that all know is in rank 0's report.
  bool obey(std::string_view order) {
    try {
      return all_ranks().or_end_job(
          [&] { return obey(static_cast<Order>(order.front()), order.substr(1)); });
    } catch (const SharedTrouble&) {
      return true;
    }
  }

 private:
  bool obey(Order order, std::string_view text) {
    if (order == Order::leave) return false;
    if (order == Order::problem) take_problem(text);
    if (order == Order::measure) take_part(text);
    if (order == Order::problem || order == Order::measure) return true;
    std::uint64_t number = 0;
    Unpacker unpack(text);
    unpack(number);
    text = unpack.rest();
    if (order == Order::drop) return backends_.erase(number), true;
    const bool pauses = order == Order::run && text.front() == kPauses;
    if (order == Order::run) text.remove_prefix(1);
    RunSpec spec;
    all_ranks().together([&] { spec = unpacked(text); });
    if (all_ranks().rank() >= processes_for(entry_of(spec), spec)) return true;
    order == Order::make ? make(number, spec) : run(*backends_.at(number), spec, pauses);
    return true;
  }

  void take_problem(std::string_view text) {
    std::vector<std::string> words;
    std::size_t count = 0;
    Unpacker unpack(text);
    for (unpack(count); words.size() < count;) unpack(words.emplace_back());
    backends_.clear();
    all_ranks().together([&] { problem_ = load_(words); });
    all_ranks().gather(problem_.checksum);
  }

  static void take_part(std::string_view text) {
    Unpacker unpack(text);
    CollectiveTask task;
    unpack(task);
    time_collective(task);
  }

  static const BackendEntry& entry_of(const RunSpec& spec) {
    return find_by_name(backend_catalog(), "backend", spec.backend);
  }
  void make(std::uint64_t number, const RunSpec& spec) {
    backends_[number] = entry_of(spec).make(spec, *problem_.problem);
  }

  void run(Backend& backend, const RunSpec& spec, bool pauses) {
    const AtPoint none, stands_still = [](const Snapshot&) { return false; };
    const std::atomic<bool> never{false};
    backend.run(spec, never, pauses ? stands_still : none);
  }

  const std::function<SharedProblem(const std::vector<std::string>&)>& load_;
  SharedProblem problem_;
  std::map<std::uint64_t, std::unique_ptr<Backend>> backends_;
};

}  // namespace

std::unique_ptr<Backend> led(const RunSpec& spec, const Problem& problem,
                             std::unique_ptr<Backend> (*make)(const RunSpec&, const Problem&)) {
  if (!leads) return make(spec, problem);
  return std::make_unique<Led>(spec, problem, make);
}

const JobPlace& join_job(const std::vector<std::pair<std::string, std::string>>& identity) {
  const JobPlace& place = place_in_job();
  if (place.ranks == 1) return place;
  leads = place.rank == 0;
  std::string differs;
  for (const auto& part : identity) {
    const auto texts = all_ranks().gather(part.second);
    for (std::size_t r = 1; r < texts.size() && differs.empty(); ++r)
      if (texts[r] != texts[0])
        differs = all_ranks().name_of(r) + " has another " + part.first + ": '" + texts[r] +
                  "', and rank 0 '" + texts[0] + "'";
  }
  if (leads && !differs.empty()) throw UsageError(differs);
  return place;
}

void lead_to_problem(const std::vector<std::string>& words, const std::string& checksum) {
  if (!leads) return;
  Packer pack;
  pack(words.size());
  for (const auto& word : words) pack(word);
  say(Order::problem, pack.text());
  try {
    all_ranks().together([] {});
  } catch (const SharedTrouble& trouble) {
    trouble.rethrow_as_it_was();
  }
  const auto checksums = all_ranks().gather(checksum);
  for (std::size_t r = 1; r < checksums.size(); ++r)
    if (checksums[r] != checksum)
      throw BadData(all_ranks().name_of(r) + " has other data: its checksum is " + checksums[r] +
                    ", rank 0's " + checksum);
}

CollectiveTimes measure_collective(const CollectiveTask& task) {
  Packer pack;
  pack(task);
  if (leads) say(Order::measure, pack.text());
  return all_ranks().or_end_job([&] { return time_collective(task); });
}

void follow(const std::function<SharedProblem(const std::vector<std::string>&)>& load) {
  Follower follower(load);
  while (follower.obey(all_ranks().broadcast_sleeping({}))) {
  }
}

void leave_job() {
  if (std::exchange(leads, false)) say(Order::leave);
  int is_initialised = 0;
  MPI_Initialized(&is_initialised);
  if (is_initialised != 0) MPI_Finalize();
}

}  // namespace sgdbench
