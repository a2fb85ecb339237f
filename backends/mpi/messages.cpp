#include "backends/mpi/messages.h"

#include <sched.h>
#include <sys/prctl.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

namespace sgdbench {
namespace {

constexpr int kMessageTag = 2;

/// Larger messages move in pieces.
constexpr std::size_t kLarge = 4000;

/// A view of the message that lies in this memory.
Message in_memory(std::byte* memory, const Header& header) {
  auto* const coordinates = reinterpret_cast<std::uint32_t*>(memory + sizeof(Header));
  auto* const values = reinterpret_cast<Real*>(coordinates + header.coordinates);
  return {header, {coordinates, header.coordinates}, {values, header.values}};
}

}  // namespace

void Patience::wait(bool moves) {
  constexpr Nanoseconds kFirstPause = 5'000, kLongestPause = 100'000;
  if (begun_ == 0) {
    begun_ = now();
    pause_ = kFirstPause;
  }
  if (moves || now() - begun_ < eager_) {
    sched_yield();
    return;
  }
  // The system may let sleeps end together with others', 50 µs late by default: not these.
  thread_local const bool in_time = prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL) == 0;
  static_cast<void>(in_time);
  std::this_thread::sleep_for(std::chrono::nanoseconds(pause_));
  pause_ = std::min(2 * pause_, kLongestPause);
}

Sender::Sender(MPI_Comm comm, int to, std::size_t bytes) : comm_(comm), to_(to), slots_(kSlots) {
  for (std::size_t k = 0; k < 2; ++k) slots_[k].memory.resize(bytes);
}

Sender::~Sender() {
  for (Slot& slot : slots_) MPI_Wait(&slot.request, MPI_STATUS_IGNORE);
  MPI_Wait(&announcement_.request, MPI_STATUS_IGNORE);
}

Message Sender::begin(std::size_t coordinates, std::size_t values) {
  coordinates_ = static_cast<std::uint32_t>(coordinates);
  values_ = static_cast<std::uint32_t>(values);
  const std::size_t bytes = Message::bytes(coordinates, values);
  // The first one that is free and large enough; else the last free one grows.
  Patience patience(false);
  for (std::size_t found = kSlots;; patience.wait()) {
    for (std::size_t k = 0; k < kSlots; ++k) {
      int is_free = 0;
      MPI_Test(&slots_[k].request, &is_free, MPI_STATUS_IGNORE);
      if (is_free == 0) continue;
      found = k;
      if (slots_[k].memory.size() >= bytes) break;
    }
    if (found == kSlots) continue;
    next_ = found;
    break;
  }
  auto& memory = slots_[next_].memory;
  if (memory.size() < bytes) memory.resize(bytes);
  Header header;
  header.coordinates = coordinates_;
  header.values = values_;
  return in_memory(memory.data(), header);
}

void Sender::send(Header header) {
  header.coordinates = coordinates_;
  header.values = values_;
  Slot& slot = slots_[next_];
  std::memcpy(slot.memory.data(), &header, sizeof header);
  const std::size_t bytes = Message::bytes(coordinates_, values_);
  if (bytes > kLarge) announce();
  MPI_Isend(slot.memory.data(), static_cast<int>(bytes), MPI_BYTE, to_, kMessageTag, comm_,
            &slot.request);
  sent_ += bytes;
}

void Sender::announce() {
  MPI_Wait(&announcement_.request, MPI_STATUS_IGNORE);  // it came before what was sent then
  Header header;
  header.kind = Kind::announce;
  announcement_.memory.resize(sizeof header);
  std::memcpy(announcement_.memory.data(), &header, sizeof header);
  MPI_Isend(announcement_.memory.data(), sizeof header, MPI_BYTE, to_, kMessageTag, comm_,
            &announcement_.request);
  sent_ += sizeof header;
  large_ = next_;
}

bool Sender::is_moving() {
  if (large_ == kSlots) return false;
  int is_sent = 0;
  MPI_Test(&slots_[large_].request, &is_sent, MPI_STATUS_IGNORE);
  if (is_sent != 0) large_ = kSlots;
  return is_sent == 0;
}

Mailbox::Mailbox(MPI_Comm comm, const std::vector<int>& from, std::size_t bytes)
    : boxes_(from.size()), active_(from.size()), indices_(from.size()), statuses_(from.size()) {
  if (bytes > std::numeric_limits<int>::max())
    throw std::runtime_error(
        "messages of " + std::to_string(bytes) +
        " bytes are too long, for MPI counts to 2147483647: take more `shards`");
  for (std::size_t sender = 0; sender < from.size(); ++sender) {
    Box& box = boxes_[sender];
    for (const std::size_t k : {0, 1}) {
      box.memory[k].resize(bytes);
      MPI_Recv_init(box.memory[k].data(), static_cast<int>(bytes), MPI_BYTE, from[sender],
                    kMessageTag, comm, &box.requests[k]);
    }
    active_[sender] = box.requests[0];
    MPI_Start(&active_[sender]);
  }
}

/// Every sender has sent its last message, unless this rank gives up.
Mailbox::~Mailbox() {
  for (std::size_t sender = 0; sender < boxes_.size(); ++sender) {
    if (active_[sender] != MPI_REQUEST_NULL) {
      MPI_Cancel(&active_[sender]);
      MPI_Wait(&active_[sender], MPI_STATUS_IGNORE);
    }
    for (MPI_Request& request : boxes_[sender].requests) MPI_Request_free(&request);
  }
}

int Mailbox::test() {
  int came = 0;
  MPI_Testsome(static_cast<int>(active_.size()), active_.data(), &came, indices_.data(),
               statuses_.data());
  return came == MPI_UNDEFINED ? 0 : came;
}

Message Mailbox::message(std::size_t sender, int index) {
  int bytes = 0;
  MPI_Get_count(&statuses_[static_cast<std::size_t>(index)], MPI_BYTE, &bytes);
  received_ += static_cast<std::size_t>(bytes);
  active_[sender] = MPI_REQUEST_NULL;  // until go_on()
  Box& box = boxes_[sender];
  Header header;
  std::memcpy(&header, box.memory[box.current].data(), sizeof header);
  if (Message::bytes(header.coordinates, header.values) != static_cast<std::size_t>(bytes))
    throw std::logic_error("a message is not as long as it says");
  if (header.kind == Kind::announce) ++announced_;
  if (static_cast<std::size_t>(bytes) > kLarge) --announced_;
  return in_memory(box.memory[box.current].data(), header);
}

void Mailbox::go_on(std::size_t sender, Then then) {
  Box& box = boxes_[sender];
  if (then == Then::last) {
    active_[sender] = MPI_REQUEST_NULL;
    return;
  }
  if (then == Then::keep) box.current = 1 - box.current;
  active_[sender] = box.requests[box.current];
  MPI_Start(&active_[sender]);
}

}  // namespace sgdbench
