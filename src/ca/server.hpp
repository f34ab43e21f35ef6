// A Channel Access server: one thread that owns the PVs, the sockets and all clients; others send it
// messages. Stop 6 of the walk where no notepad IOC exists, and the network side of the digital twin.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "ca/circuit.hpp"
#include "ca/database.hpp"
#include "ca/sockets.hpp"

namespace jt::ca {

inline constexpr std::uint16_t default_server_port = 5064, default_repeater_port = 5065;

struct ServerSettings {
  std::string address = "127.0.0.1";         // the interface to serve on
  std::uint16_t port = default_server_port;  // UDP searches; TCP too, if it is free, else any. 0: any
  std::vector<Address> beacons_to;    // repeaters (host, repeater port) that tell clients of this server
  std::vector<Address> search_first;  // where to ask whether a name is taken; empty: do not ask
  std::chrono::milliseconds search_for{300};
  std::size_t most_clients = 100;
  CircuitLimits circuit;
};

struct ServerCounts {
  std::uint64_t clients = 0;   // connected now
  std::uint64_t accepted = 0;  // ever
  std::uint64_t refused = 0;   // too many clients
  std::uint64_t let_go = 0;    // closed by us: offences, or too slow for the truth
  std::uint64_t merged = 0;    // samples that slow clients did not get
  std::uint64_t searches = 0;  // datagrams
};

// Made, filled, started, stopped:
//   Server server(settings);
//   server.database().add({...});
//   server.start();
//   server.post("SIM:X", 1.5);
class Server {
 public:
  using Clock = std::chrono::steady_clock;

  // Binds; throws SetupError when the address cannot be had.
  explicit Server(ServerSettings settings);
  ~Server();  // stops

  // Before start(), or on the server's thread: in messages, ticks and put handlers.
  [[nodiscard]] Database& database() { return database_; }
  // Before start(): `tick` runs on the server's thread every `period`, late rather than never.
  void every(std::chrono::milliseconds period, std::function<void(Clock::time_point)> tick);

  // Refuses, with SetupError, to serve a name that somebody answers for already.
  void start();
  void stop();

  // From any thread: runs `message` on the server's thread soon; call() waits until it has run. Not from the
  // server's own thread.
  void send(std::function<void(Database&)> message);
  void call(const std::function<void(Database&)>& message);
  // From any thread: a new value, at once from the caller's view. Of a PV that may merge only the newest of
  // the posts waits for the server's thread. Names that are not served are ignored.
  void post(std::string_view name, PvValue value, Alarm alarm = {}, std::optional<PvTime> time = {});

  [[nodiscard]] std::uint16_t udp_port() const { return udp_port_; }
  [[nodiscard]] std::uint16_t tcp_port() const { return tcp_port_; }
  [[nodiscard]] ServerCounts counts() const;

 private:
  struct Client;
  struct Mailbox;
  struct Tick {
    std::chrono::milliseconds period;
    std::function<void(Clock::time_point)> run;
    Clock::time_point due;
  };
  struct Counters {
    std::atomic<std::uint64_t> clients, accepted, refused, let_go, merged, searches;
  };

  void bind_sockets();
  void refuse_taken_names();
  void run();
  void wait_for_work(Clock::time_point until);
  void answer_searches(const Descriptor& socket);
  void accept_clients();
  void notice_departures();
  void serve(Client& client, bool readable);
  void flush(Client& client);
  void flush_all();
  void drop_closed();
  void read_mail();
  void run_ticks(Clock::time_point now);
  void send_beacons(Clock::time_point now);
  [[nodiscard]] Clock::time_point next_due() const;

  ServerSettings settings_;
  Address address_;
  Database database_;
  Descriptor tcp_, wake_;
  std::vector<Descriptor> udp_;
  std::uint16_t udp_port_ = 0, tcp_port_ = 0;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Tick> ticks_;
  std::unique_ptr<Mailbox> mailbox_;
  Clock::time_point beacon_due_{};
  std::chrono::milliseconds beacon_interval_{20};
  std::uint32_t beacons_ = 0;
  Counters counters_{};
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace jt::ca
