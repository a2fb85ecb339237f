// A network between network namespaces: netns_relay MICROSECONDS BYTES_PER_SECOND NAMESPACE…
//
// The idea: every host has a tun device whose other end is here, so that each packet between two
// hosts comes by, is held for the latency, and is given to its destination one after the other at
// the bandwidth (0: at once), as by a switch with a queue for each port. Kernels without netem have
// nothing else to delay packets by. Addresses are 10.77.0.1, 10.77.0.2, … in the order given; the
// device of each is called net0. Runs until it is killed.
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <queue>
#include <string>
#include <vector>

namespace {

using Nanoseconds = long long;

Nanoseconds time_now() {
  return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
}

[[noreturn]] void give_up(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

/// A packet that is under way.
struct Packet {
  Nanoseconds due;
  std::vector<unsigned char> bytes;
};

struct Host {
  int device;
  Nanoseconds free = 0;  ///< when its port has sent what came before
  std::queue<Packet> queue;
};

int device_in(const std::string& name) {
  const int space = open(("/run/netns/" + name).c_str(), O_RDONLY | O_CLOEXEC);
  if (space < 0 || setns(space, CLONE_NEWNET) != 0) give_up("network namespace " + name);
  close(space);
  const int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  ifreq request{};
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  std::strcpy(request.ifr_name, "net0");
  if (device < 0 || ioctl(device, TUNSETIFF, &request) != 0) give_up("tun device in " + name);
  return device;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fputs("use: netns_relay MICROSECONDS BYTES_PER_SECOND NAMESPACE…\n", stderr);
    return 2;
  }
  const Nanoseconds latency = std::atoll(argv[1]) * 1000;
  const double rate = std::atof(argv[2]);
  std::vector<Host> hosts;
  std::vector<pollfd> polled;
  for (int i = 3; i < argc; ++i) {
    hosts.push_back({device_in(argv[i]), 0, {}});
    polled.push_back({hosts.back().device, POLLIN, 0});
  }
  std::puts("ready");
  std::fflush(stdout);
  unsigned char buffer[65536];
  for (;;) {
    Nanoseconds next = time_now() + 1'000'000'000;
    for (const Host& host : hosts)
      if (!host.queue.empty()) next = std::min(next, host.queue.front().due);
    const Nanoseconds left = std::max(0LL, next - time_now());
    const timespec wait{static_cast<time_t>(left / 1'000'000'000),
                        static_cast<long>(left % 1'000'000'000)};
    ppoll(polled.data(), polled.size(), &wait, nullptr);
    for (pollfd& from : polled) {
      if ((from.revents & POLLIN) == 0) continue;
      for (ssize_t size; (size = read(from.fd, buffer, sizeof buffer)) > 0;) {
        // The last byte of an IPv4 packet's destination says the host.
        const std::size_t to = buffer[19];
        if (size < 20 || buffer[0] >> 4 != 4 || to < 1 || to > hosts.size()) continue;
        Host& host = hosts[to - 1];
        const Nanoseconds now = time_now();
        host.free = std::max(host.free, now) +
                    (rate > 0 ? static_cast<Nanoseconds>(1e9 * static_cast<double>(size) / rate)
                              : Nanoseconds{0});
        host.queue.push({host.free + latency, {buffer, buffer + size}});
      }
    }
    const Nanoseconds now = time_now();
    for (Host& host : hosts)
      for (; !host.queue.empty() && host.queue.front().due <= now; host.queue.pop()) {
        const auto& bytes = host.queue.front().bytes;
        // EIO: the host is not there yet, or any more.
        if (write(host.device, bytes.data(), bytes.size()) < 0 && errno != EAGAIN && errno != EIO)
          give_up("a packet is not taken");
      }
  }
}
