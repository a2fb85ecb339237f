#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "results/trace.h"

namespace sgdbench {
namespace {

constexpr std::size_t kBuffer = 1 << 16;
/// Apart from the numbers of processes: a thread numbered like its process would be its main one.
constexpr std::uint64_t kFirstThread = 1'000'000;

/// Microseconds, to the nanosecond.
std::string micros(Nanoseconds t) {
  return fmt::format("{}{}.{:03}", t < 0 ? "-" : "", std::abs(t) / 1000, std::abs(t) % 1000);
}

std::string arguments(const Slice& slice) {
  std::string text;
  const auto add = [&](std::string_view name, std::uint64_t value) {
    text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", name, value);
  };
  if (slice.gradient > 0) add("gradient", slice.gradient);
  if (slice.update > 0) add("update", slice.update);
  if (slice.update > 0 || slice.staleness > 0) add("staleness", slice.staleness);
  return text.empty() ? text : ",\"args\":{" + text + '}';
}

bool makes_update(const Slice& slice) {
  return slice.activity == Activity::apply && slice.update > 0;
}

}  // namespace

std::string json_string(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

SliceCount count_slices(const Timeline& timeline) {
  SliceCount count;
  for (const auto& track : timeline.tracks) {
    count.kept += track.size();
    count.forgotten += track.forgotten();
  }
  return count;
}

/// One run's events.
class TraceWriter::Process {
 public:
  Process(TraceWriter& writer, const Timeline& timeline)
      : writer_(writer), timeline_(timeline), pid_(++writer.processes_) {
    if (!timeline.has_server) return;
    server_ = timeline.tracks.back().slices();
    for (const auto& slice : server_)
      if (makes_update(slice)) applied_.push_back(slice.update);
    std::sort(applied_.begin(), applied_.end());
    ends_.resize(applied_.size());
  }

  void write(const TracedRun& run) {
    about("process_name", "", "name", json_string(run.label));
    about("process_sort_index", "", "sort_index", std::to_string(run.order));
    const std::size_t workers = timeline_.tracks.size() - (timeline_.has_server ? 1 : 0);
    for (std::size_t w = 0; w < workers; ++w) write_worker(w);
    if (timeline_.has_server) write_server(workers);
  }

 private:
  /// Metadata; `thread` is "" or a member of the event.
  void about(std::string_view kind, std::string_view thread, std::string_view key,
             std::string_view value) {
    writer_.append(fmt::format(R"({{"ph":"M","pid":{}{},"name":"{}","args":{{"{}":{}}}}})", pid_,
                               thread, kind, key, value));
  }
  std::uint64_t thread(std::size_t index, const std::string& text) {
    const auto tid = kFirstThread + writer_.threads_++;
    const auto member = fmt::format(",\"tid\":{}", tid);
    about("thread_name", member, "name", json_string(text));
    about("thread_sort_index", member, "sort_index", std::to_string(index));
    return tid;
  }

  void write_slice(const Slice& slice, std::uint64_t tid) {
    writer_.append(fmt::format(
        R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","cat":"{}"{}}})", pid_, tid,
        micros(slice.begin), micros(slice.end - slice.begin), to_string(slice.activity),
        to_string(phase_of(slice.activity)), arguments(slice)));
  }
  void write_counter(const Slice& slice) {
    writer_.append(
        fmt::format(R"({{"ph":"C","pid":{},"ts":{},"name":"staleness","args":{{"updates":{}}}}})",
                    pid_, micros(slice.end), slice.staleness));
  }
  void write_flow(char phase, const Slice& at, std::uint64_t tid, std::uint64_t id) {
    writer_.append(fmt::format(
        R"({{"ph":"{}","pid":{},"tid":{},"ts":{},"name":"gradient","cat":"flow","id":{}{}}})",
        phase, pid_, tid, micros(at.begin), id, phase == 'f' ? R"(,"bp":"e")" : ""));
  }

  /// A gradient of one worker that was applied: by the server, or (own) by that worker itself.
  struct Landing {
    std::uint64_t gradient, update;
  };

  std::vector<Landing> landings(const std::vector<Slice>& slices) const {
    std::vector<Landing> found;
    const auto wanted = timeline_.has_server ? Activity::push : Activity::apply;
    for (const auto& slice : slices) {
      if (slice.activity != wanted || slice.gradient == 0 || slice.update == 0) continue;
      if (!timeline_.has_server || is_applied(slice.update))
        found.push_back({slice.gradient, slice.update});
    }
    return found;
  }
  bool is_applied(std::uint64_t update) const {
    return std::binary_search(applied_.begin(), applied_.end(), update);
  }

  /// The slice from which a gradient's flow starts; null where it has been forgotten.
  static const Slice* origin(const std::vector<Slice>& slices, std::size_t& from,
                             std::uint64_t gradient) {
    const Slice* computed = nullptr;
    for (; from < slices.size() && slices[from].gradient <= gradient; ++from) {
      const Slice& slice = slices[from];
      if (slice.gradient != gradient) continue;
      if (slice.activity == Activity::pull) return &slice;
      if (slice.activity == Activity::compute && computed == nullptr) computed = &slice;
    }
    return computed;
  }

  void write_worker(std::size_t worker);
  void write_server(std::size_t index);

  TraceWriter& writer_;
  const Timeline& timeline_;
  std::uint64_t pid_;
  std::vector<Slice> server_;
  std::vector<std::uint64_t> applied_;            ///< updates on the server's track, ascending
  std::vector<std::vector<std::uint64_t>> ends_;  ///< for each of them, the flows that end there
};

void TraceWriter::Process::write_worker(std::size_t worker) {
  const auto slices = timeline_.tracks[worker].slices();
  const auto tid = thread(worker, fmt::format("worker {}", worker));
  struct Start {
    const Slice* at;
    std::uint64_t flow, gradient;
  };
  std::vector<Start> starts;
  std::size_t from = 0;
  for (const auto& landing : landings(slices)) {
    if (!starts.empty() && starts.back().gradient == landing.gradient) continue;
    const Slice* at = origin(slices, from, landing.gradient);
    if (at == nullptr) continue;
    starts.push_back({at, ++writer_.flows_, landing.gradient});
    if (!timeline_.has_server) continue;
    const auto place = std::lower_bound(applied_.begin(), applied_.end(), landing.update);
    ends_[static_cast<std::size_t>(place - applied_.begin())].push_back(writer_.flows_);
  }
  auto next = starts.begin(), landed = starts.begin();
  for (const auto& slice : slices) {
    write_slice(slice, tid);
    if (next != starts.end() && next->at == &slice) {
      write_flow('s', slice, tid, next->flow);
      ++next;
    }
    if (timeline_.has_server || !makes_update(slice)) continue;
    write_counter(slice);
    if (landed != starts.end() && landed->gradient == slice.gradient) {
      write_flow('f', slice, tid, landed->flow);
      ++landed;
    }
  }
}

void TraceWriter::Process::write_server(std::size_t index) {
  const auto tid = thread(index, "server");
  for (const auto& slice : server_) {
    write_slice(slice, tid);
    if (!makes_update(slice)) continue;
    write_counter(slice);
    const auto place = std::lower_bound(applied_.begin(), applied_.end(), slice.update);
    for (const auto flow : ends_[static_cast<std::size_t>(place - applied_.begin())])
      write_flow('f', slice, tid, flow);
  }
}

TraceWriter::TraceWriter(const std::filesystem::path& path, std::string_view version,
                         std::string_view command)
    : file_(path),
      head_(fmt::format(R"("tool":"sgdbench","version":{},"command":{})", json_string(version),
                        json_string(command))) {
  buffer_ = "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
}

void TraceWriter::append(std::string_view event) {
  buffer_ += empty_ ? "\n" : ",\n";
  buffer_ += event;
  empty_ = false;
  if (buffer_.size() >= kBuffer) flush();
}

void TraceWriter::flush() {
  file_.append(buffer_);
  buffer_.clear();
}

void TraceWriter::add(const TracedRun& run, const Timeline& timeline) {
  Process(*this, timeline).write(run);
  std::vector<std::uint64_t> overflow;
  for (const auto& track : timeline.tracks) overflow.push_back(track.forgotten());
  runs_ +=
      fmt::format(R"({}{{"pid":{},"order":{},"run_id":{},"label":{},"clock":{},"overflow":[{}]}})",
                  runs_.empty() ? "\n" : ",\n", processes_, run.order, json_string(run.run_id),
                  json_string(run.label), json_string(run.clock), fmt::join(overflow, ","));
}

void TraceWriter::finish() {
  buffer_ += "\n],\"otherData\":{" + head_ + ",\"runs\":[" + runs_ + "]}}\n";
  flush();
  file_.finish();
}

}  // namespace sgdbench
