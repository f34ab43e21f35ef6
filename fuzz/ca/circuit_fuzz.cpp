// Any bytes as what a client sends: nothing is read outside them, output stays bounded, every reply is a
// well-formed message.
#include <cstdint>
#include <cstdlib>

#include "ca/circuit.hpp"

namespace {

using namespace jt;
using namespace jt::ca;

void check_output(Circuit& circuit) {
  View rest = circuit.unsent();
  Message message;
  while (take_message(rest, message, largest_payload + 64) == Found::message) continue;
  if (!rest.empty()) std::abort();  // what we send must be whole messages
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  Database database;
  PvDetails choices;
  choices.choices = {"Stop", "Go"};
  database.add({.name = "A", .value = 1.5, .writable = true});
  database.add({.name = "B", .value = std::vector<std::int32_t>(20), .writable = true});
  database.add({.name = "C", .value = Choice{1}, .details = choices, .writable = true, .never_merge = true});
  database.add({.name = "D", .value = "words"});
  CircuitLimits limits;
  limits.channels = limits.subscriptions = 50;
  limits.pending_puts = 5;
  limits.unmerged_samples = 20;
  std::vector<PutRequest> pending;
  database.at("B").setup.on_put = [&](PutRequest request) { pending.push_back(std::move(request)); };
  {
    Circuit circuit(database, 1, "peer", limits);
    const std::size_t step = 1 + data[0];  // in pieces, with posts and reads between them
    View input = std::as_bytes(std::span(data, size)).subspan(1);
    for (int turn = 0; !input.empty() && !circuit.closing(); ++turn) {
      const View part = input.first(std::min(step, input.size()));
      circuit.receive(part);
      input = input.subspan(part.size());
      if (turn % 2 == 0) {
        check_output(circuit);
        circuit.sent(circuit.unsent().size());
      }
      database.post(database.at("A"), double{1.0} * turn);
      database.post(database.at("C"), Choice{static_cast<std::uint16_t>(turn % 2)});
      if (turn % 5 == 4) database.set_served(database.at("A"), turn % 10 == 4);
      if (!pending.empty() && turn % 3 == 0) {
        pending.back().complete(Status::normal);
        pending.pop_back();
      }
    }
    if (circuit.unsent().size() > (64u << 20)) std::abort();
  }
  for (PutRequest& request : pending) request.complete(Status::normal);  // the client has gone
  return 0;
}
