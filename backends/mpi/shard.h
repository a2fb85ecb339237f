// A range of the coordinates, with a Server (backends/server.h) that owns its parameters and the
// state of the rule there, and what it needs to talk to workers that are other processes.
//
// What a worker asked for is remembered until its gradient has come: a push is values alone, one
// for each coordinate of the ask, or of the range where gradients are dense.
//
// Thread safety: the main thread's alone.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "backends/loops.h"
#include "backends/mpi/communicator.h"
#include "backends/mpi/messages.h"
#include "backends/run.h"
#include "backends/server.h"

namespace sgdbench {

/// How n coordinates fall to servers: ranges that begin on a cache line.
class ShardRanges {
 public:
  ShardRanges(std::size_t n, std::size_t shards)
      : n_(n), shards_(shards), length_(padded_to_line((n + shards - 1) / shards)) {}

  std::size_t shards() const { return shards_; }
  std::size_t begin(std::size_t shard) const { return std::min(n_, shard * length_); }
  std::size_t end(std::size_t shard) const { return begin(shard + 1); }
  std::size_t size(std::size_t shard) const { return end(shard) - begin(shard); }
  std::size_t shard_of(std::uint32_t coordinate) const { return coordinate / length_; }

 private:
  std::size_t n_, shards_, length_;
};

/// What all ranks of a run agree in: servers are its first ranks, workers those behind them.
struct ServedRun {
  const Communicator& ranks;
  ShardRanges ranges;
  Run& run;
  ProtocolTraits traits;
  bool sparse = false;     ///< gradients have a support, and workers ask for its coordinates
  bool has_cores = false;  ///< of the ranks of this host, each has one

  std::size_t shards() const { return ranges.shards(); }
  std::size_t workers() const { return run.contexts.size(); }
  int rank_of_worker(std::size_t worker) const { return static_cast<int>(shards() + worker); }
  bool replicas() const { return traits.exchange != Exchange::gradient; }
  /// Vectors of a state that travel.
  std::size_t vectors() const {
    return traits.exchange == Exchange::average ? run.rule.vectors() : 1;
  }
  /// The most that a message between a worker and this shard takes.
  std::size_t most_bytes(std::size_t shard) const;
};

class Shard {
 public:
  /// `number` of this shard. References must outlive it.
  Shard(const ServedRun& served, std::size_t number, std::unique_ptr<Protocol> protocol,
        const WorkQueue& queue);

  Server& server() { return *server_; }
  const ServedRun& served() const { return served_; }

  /// The worker says what it will need.
  void note_ask(std::size_t worker, const Message& message);
  bool has_asked(std::size_t worker, std::uint64_t number) const;
  /// The worker's push is here, and stays in its memory until the next one.
  void note_push(std::size_t worker, const Message& message) { clients_[worker].push = message; }
  bool has_push(std::size_t worker) const { return clients_[worker].push.has_value(); }
  Message take_push(std::size_t worker);

  /// What the server is to know of a push that was taken.
  Push made_of(std::size_t worker, const Message& push);
  /// The worker reads now, for its work of this number.
  void pull(std::size_t worker, std::uint64_t number);
  /// Sends what it read.
  void send_values(std::size_t worker, Header header);
  Sender& to(std::size_t worker) { return clients_[worker].out; }

  /// What update() takes where replicas travel.
  const Server::ReplicaOf& replicas() const { return replica_of_; }
  /// [w | u] of this range: u is there where iterates are averaged.
  std::vector<std::span<Real>> shown();
  std::uint64_t sent() const;  ///< bytes
  /// Whether a large message to a worker is under way.
  bool is_moving();

 private:
  struct Asked {
    std::uint64_t number = Header::kNone;
    std::vector<std::uint32_t> coordinates;
    std::vector<Real> read;  ///< what was sent, where the server corrects by it
  };
  struct Client {
    explicit Client(Sender sender) : out(std::move(sender)) {}
    Sender out;
    Asked asked[2];
    std::size_t current = 0;  ///< of the two, what it works on
    std::optional<Message> push;
    StoredGradient stored;
    std::span<Real> replica;
    std::vector<std::uint32_t> rows;
  };

  Work work_of(std::uint64_t number) const;
  GradientSum gradient_of(Client& client, const Message& push, const Work& work);

  const ServedRun& served_;
  const WorkQueue& queue_;
  std::unique_ptr<const Rule> own_rule_;
  AlignedVector<Real> own_state_;
  const Rule& rule_;
  std::span<Real> state_;
  std::unique_ptr<Server> server_;
  std::vector<Client> clients_;
  const Server::ReplicaOf replica_of_;
};

}  // namespace sgdbench
