#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include "results/reading/json.h"
#include "results/reading/report_reader.h"
#include "results/trace.h"

namespace sgdbench {
namespace {

using Tree = JsonTree;

constexpr std::string_view kWantedTrace = "a trace is what `sgdbench run` writes with `trace`";
constexpr double kLatest = 4e12;  // µs; up to here, rounding to nanoseconds is exact

[[noreturn]] void refuse_trace(std::string_view name, std::string_view what) {
  throw BadReport(fmt::format("{}: {}; {}", name, what, kWantedTrace));
}

/// A whole number. Throws std::runtime_error for anything else.
std::uint64_t count(const Tree& value) {
  const auto number = whole_number(value);
  if (!number) throw std::runtime_error("a number that counts is no whole number of 64 bits");
  return *number;
}
std::uint64_t count(const Tree& in, const char* name) {
  const auto value = in.find(name);
  return value == in.end() ? 0 : count(*value);
}

/// Puts a trace together, event by event. Throws Tree::exception for what has the wrong type, and
/// std::runtime_error.
class TraceBuilder {
 public:
  /// False for what is no event.
  bool take(const Tree& event) {
    if (!event.contains("ph")) return false;
    const auto phase = event.value("ph", "");
    if (phase == "M") take_name(event);
    if (phase == "X") take_slice(event);
    return true;
  }

  /// What stands outside of the events.
  ReadTrace finish(const Tree& rest) {
    if (!rest.is_object() || !rest.contains("otherData") ||
        rest["otherData"].value("tool", "") != "sgdbench")
      throw std::runtime_error("this is not a trace of sgdbench");
    const Tree& about = rest["otherData"];
    trace_.command = about.value("command", "");
    for (const auto& run : about.at("runs")) take_run(run);
    std::size_t slices = 0;
    for (auto& [pid, run] : runs_) {
      for (auto& track : run.tracks) {
        std::stable_sort(track.slices.begin(), track.slices.end(),
                         [](const Slice& a, const Slice& b) { return a.begin < b.begin; });
        slices += track.slices.size();
      }
      if (!run.tracks.empty()) trace_.runs.push_back(std::move(run));
    }
    std::stable_sort(trace_.runs.begin(), trace_.runs.end(),
                     [](const auto& a, const auto& b) { return a.order < b.order; });
    if (slices == 0) throw std::runtime_error("it has no slices: nothing was recorded");
    return std::move(trace_);
  }

 private:
  struct Thread {
    std::uint64_t pid;
    std::size_t track;
  };

  void take_name(const Tree& event) {
    const auto kind = event.at("name").get<std::string>();
    const auto pid = count(event.at("pid"));
    if (kind == "process_name") runs_[pid].label = event.at("args").at("name").get<std::string>();
    if (kind != "thread_name") return;
    auto& tracks = runs_[pid].tracks;
    const auto tid = count(event.at("tid"));
    if (!threads_.emplace(tid, Thread{pid, tracks.size()}).second)
      throw std::runtime_error(fmt::format("thread {} is there twice", tid));
    tracks.emplace_back();
    tracks.back().name = event.at("args").at("name").get<std::string>();
    tracks.back().is_server = tracks.back().name == "server";
  }

  void take_slice(const Tree& event) {
    const auto thread = threads_.find(count(event.at("tid")));
    if (thread == threads_.end()) throw std::runtime_error("a slice is on a thread without a name");
    Slice slice;
    slice.activity = activity(event.at("name").get<std::string>());
    slice.begin = nanoseconds(event.at("ts").get<double>());
    slice.end = slice.begin + nanoseconds(event.at("dur").get<double>());
    if (slice.begin < 0 || slice.end < slice.begin)
      throw std::runtime_error("a slice has a negative time");
    if (event.contains("args")) {
      const Tree& said = event["args"];
      slice.gradient = count(said, "gradient");
      slice.update = count(said, "update");
      slice.staleness = count(said, "staleness");
    }
    runs_[thread->second.pid].tracks[thread->second.track].slices.push_back(slice);
  }

  void take_run(const Tree& about) {
    auto& run = runs_[count(about.at("pid"))];
    run.order = count(about, "order");
    run.clock = about.at("clock").get<std::string>();
    const Tree& forgotten = about.at("overflow");
    for (std::size_t i = 0; i < std::min(run.tracks.size(), forgotten.size()); ++i)
      run.tracks[i].forgotten = count(forgotten[i]);
  }

  static Activity activity(const std::string& name) {
    const auto found = std::find(kActivityNames.begin(), kActivityNames.end(), name);
    if (found == kActivityNames.end())
      throw std::runtime_error(fmt::format("a slice is called '{:.40}'", name));
    return static_cast<Activity>(found - kActivityNames.begin());
  }
  static Nanoseconds nanoseconds(double us) {
    if (!(std::abs(us) < kLatest)) throw std::runtime_error("a time is out of range");
    return std::llround(us * 1000);
  }

  std::map<std::uint64_t, ReadRun> runs_;
  std::map<std::uint64_t, Thread> threads_;
  ReadTrace trace_;
};

/// `input` is a text or a file.
template <class Input>
ReadTrace read_events(Input input, std::string_view name) {
  TraceBuilder builder;
  try {
    return builder.finish(
        parse_json(input, [&](const Tree& event) { return builder.take(event); }));
  } catch (const BadJson& error) {
    refuse_trace(error.byte == 0 ? std::string(name) : fmt::format("{}:byte {}", name, error.byte),
                 error.what());
  } catch (const Tree::exception&) {
    refuse_trace(name, "an event lacks a member, or has one of the wrong type");
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    refuse_trace(name, error.what());
  }
}

}  // namespace

ReadTrace parse_trace(std::string_view text, std::string_view name) {
  return read_events(text, name);
}

ReadTrace read_trace(const std::string& path) {
  if (path == "-") return read_events(stdin, "stdin");
  const auto missing = [&](std::string_view why) {
    return MissingReport(fmt::format("cannot read {}: {}; {}", path, why, kWantedTrace));
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw missing("it is a folder");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) throw missing(std::strerror(errno));
  return read_events(file.get(), path);
}

}  // namespace sgdbench
