#include "results/reading/trace_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "results/reading/report_reader.h"

namespace sgdbench {
namespace {

using Tree = nlohmann::json;

constexpr std::string_view kWanted = "a trace is what `sgdbench run` writes with --trace";
constexpr double kLatest = 4e12;  // µs; up to here, rounding to nanoseconds is exact

[[noreturn]] void refuse_trace(std::string_view name, std::string_view what) {
  throw BadReport(fmt::format("{}: {}; {}", name, what, kWanted));
}

/// Puts a trace together, event by event. Throws Tree::exception for what has the wrong type, and
/// std::runtime_error.
class TraceBuilder {
 public:
  void take(const Tree& event) {
    const auto phase = event.value("ph", "");
    if (phase == "M") take_name(event);
    if (phase == "X") take_slice(event);
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
    const auto pid = event.at("pid").get<std::uint64_t>();
    if (kind == "process_name") runs_[pid].label = event.at("args").at("name").get<std::string>();
    if (kind != "thread_name") return;
    auto& tracks = runs_[pid].tracks;
    const auto tid = event.at("tid").get<std::uint64_t>();
    if (!threads_.emplace(tid, Thread{pid, tracks.size()}).second)
      throw std::runtime_error(fmt::format("thread {} is there twice", tid));
    tracks.emplace_back();
    tracks.back().name = event.at("args").at("name").get<std::string>();
    tracks.back().is_server = tracks.back().name == "server";
  }

  void take_slice(const Tree& event) {
    const auto thread = threads_.find(event.at("tid").get<std::uint64_t>());
    if (thread == threads_.end()) throw std::runtime_error("a slice is on a thread without a name");
    Slice slice;
    slice.activity = activity(event.at("name").get<std::string>());
    slice.begin = nanoseconds(event.at("ts").get<double>());
    slice.end = slice.begin + nanoseconds(event.at("dur").get<double>());
    if (slice.begin < 0 || slice.end < slice.begin)
      throw std::runtime_error("a slice has a negative time");
    if (event.contains("args")) {
      const Tree& said = event["args"];
      slice.gradient = said.value("gradient", std::uint64_t{0});
      slice.update = said.value("update", std::uint64_t{0});
      slice.staleness = said.value("staleness", std::uint64_t{0});
    }
    runs_[thread->second.pid].tracks[thread->second.track].slices.push_back(slice);
  }

  void take_run(const Tree& about) {
    auto& run = runs_[about.at("pid").get<std::uint64_t>()];
    run.order = about.value("order", std::uint64_t{0});
    run.clock = about.at("clock").get<std::string>();
    const Tree& forgotten = about.at("overflow");
    for (std::size_t i = 0; i < std::min(run.tracks.size(), forgotten.size()); ++i)
      run.tracks[i].forgotten = forgotten[i].get<std::uint64_t>();
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

/// `input` is anything that the library reads from.
template <class Input>
ReadTrace read_events(Input&& input, std::string_view name) {
  TraceBuilder builder;
  // The events are objects in an array in the object; all else stays.
  const auto keep = [&](int depth, Tree::parse_event_t event, Tree& value) {
    if (depth != 2 || event != Tree::parse_event_t::object_end || !value.contains("ph"))
      return true;
    builder.take(value);
    return false;
  };
  try {
    return builder.finish(Tree::parse(std::forward<Input>(input), keep));
  } catch (const Tree::parse_error& error) {
    refuse_trace(name, fmt::format("this is no JSON from byte {} on", error.byte));
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
    return MissingReport(fmt::format("cannot read {}: {}; {}", path, why, kWanted));
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) throw missing("it is a folder");
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) throw missing(std::strerror(errno));
  return read_events(file.get(), path);
}

}  // namespace sgdbench
