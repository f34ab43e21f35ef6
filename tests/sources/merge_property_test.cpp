// Whatever way a run is dealt over streams and chunks, merging gives it back in its order.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <map>

#include "hand_made.hpp"
#include "sources/recorded_run.hpp"

namespace {

using jt::formats::Transition;
using jt::sources::Fetch;
using jt::sources::RawEvent;
using jt::sources::ReadOptions;
using jt::sources::RecordedRun;
using jt::test::HandMade;
using jt::test::HandMadeRun;

template <class T>
T between(T low, T high) {
  return *rc::gen::inRange<T>(low, high + 1);
}

// A run in its true order: calib cycles of shots, at 120 Hz with gaps. `number` counts all datagrams.
std::vector<HandMade> any_run() {
  std::vector<HandMade> run;
  std::uint64_t tick = between<std::uint32_t>(0, jt::Fiducial::modulus - 1);  // of 1/360 s
  const auto add = [&](Transition service) {
    tick += 3 * (between(0, 9) == 0 ? between<std::uint32_t>(1, 3000) : 1);
    const std::uint64_t nsec = tick * 2777777;
    const jt::ShotTime time{static_cast<std::uint32_t>(1000 + nsec / 1000000000),
                            static_cast<std::uint32_t>(nsec % 1000000000)};
    run.push_back({service, time, static_cast<std::uint32_t>(tick % jt::Fiducial::modulus),
                   4 * between<std::uint32_t>(1, 40), static_cast<std::uint32_t>(run.size())});
  };
  add(Transition::configure);
  add(Transition::begin_run);
  for (int cycle = between(0, 3); cycle > 0; --cycle) {
    add(Transition::begin_calib_cycle);
    add(Transition::enable);
    for (int shot = between(0, 15); shot > 0; --shot) add(Transition::l1_accept);
    add(Transition::disable);
    add(Transition::end_calib_cycle);
  }
  add(Transition::end_run);
  return run;
}

// Writes one stream in one to three chunks, with or without indexes.
void write_stream(const HandMadeRun& made, std::uint32_t stream, const std::vector<HandMade>& datagrams) {
  std::vector<std::size_t> cuts = {0, datagrams.size()};
  for (int extra = between(0, 2); extra > 0; --extra)
    cuts.push_back(between<std::size_t>(1, datagrams.size() - 1));
  std::sort(cuts.begin(), cuts.end());
  cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const std::vector<HandMade> chunk(datagrams.begin() + static_cast<std::ptrdiff_t>(cuts[i]),
                                      datagrams.begin() + static_cast<std::ptrdiff_t>(cuts[i + 1]));
    if (between(0, 3) == 0)
      made.write(stream, static_cast<std::uint32_t>(i), chunk);
    else
      made.write_with_index(stream, static_cast<std::uint32_t>(i), chunk);
  }
}

// Every shot goes to one of the streams, every transition to all.
void deal(const HandMadeRun& made, const std::vector<HandMade>& run) {
  std::vector<std::vector<HandMade>> streams(between<std::size_t>(1, 4));
  for (const HandMade& datagram : run) {
    if (datagram.service == Transition::l1_accept)
      streams[between<std::size_t>(0, streams.size() - 1)].push_back(datagram);
    else
      for (auto& stream : streams) stream.push_back(datagram);
  }
  for (std::size_t i = 0; i < streams.size(); ++i)
    write_stream(made, static_cast<std::uint32_t>(i), streams[i]);
}

// A camera's own recorder: some of the shots, all transitions, a clock of its own for shots.
std::vector<HandMade> control_stream(const std::vector<HandMade>& run) {
  const auto clock_off = between<std::uint32_t>(0, 160);  // -80 .. 80 s
  std::vector<HandMade> control;
  for (HandMade datagram : run) {
    if (datagram.service == Transition::l1_accept) {
      if (between(0, 2) != 0) continue;
      datagram.time.sec += clock_off;
      datagram.time.sec -= 80;
    }
    control.push_back(datagram);
  }
  return control;
}

RC_GTEST_PROP(merge, gives_back_any_run_in_its_order, ()) {
  const auto run = any_run();
  HandMadeRun made;
  deal(made, run);
  const auto way = between(0, 2);  // plainly, through the index, through the index without the payload
  ReadOptions options;
  if (way != 0) options.filter = [&](const RawEvent&) { return way == 1 ? Fetch::big : Fetch::small; };
  RecordedRun reader(made.files(), options);
  std::size_t at = 0;
  while (const RawEvent* event = reader.next()) {
    RC_ASSERT(at < run.size());
    const auto expected = jt::test::datagram(run[at]);
    if (!event->from_index)
      RC_ASSERT(
          std::equal(event->main.bytes.begin(), event->main.bytes.end(), expected.begin(), expected.end()));
    else
      RC_ASSERT(jt::formats::xtc::read_header(event->main.bytes)->time == run[at].time);
    ++at;
  }
  RC_ASSERT(at == run.size());
}

RC_GTEST_PROP(merge, joins_a_control_stream_to_the_right_shots, ()) {
  const auto run = any_run();
  const auto control = control_stream(run);
  std::map<std::uint32_t, bool> recorded;  // by number
  for (const HandMade& datagram : control) recorded[datagram.number] = true;
  HandMadeRun made;
  deal(made, run);
  write_stream(made, 80, control);
  RecordedRun reader(made.files());
  std::size_t at = 0;
  while (const RawEvent* event = reader.next()) {
    RC_ASSERT(at < run.size());
    RC_ASSERT(jt::test::number_of(event->main.bytes) == run[at].number);
    RC_ASSERT(event->joined.size() == (recorded[run[at].number] ? 1u : 0u));
    if (!event->joined.empty()) RC_ASSERT(jt::test::number_of(event->joined[0].bytes) == run[at].number);
    ++at;
  }
  RC_ASSERT(at == run.size());
  RC_ASSERT(reader.counts().total() == 0u);
}

RC_GTEST_PROP(merge, every_datagram_of_every_file_comes_once, ()) {
  const auto run = any_run();
  HandMadeRun made;
  deal(made, run);
  write_stream(made, 80, control_stream(run));
  RecordedRun reader(made.files(), {.give = ReadOptions::Give::every_datagram});
  std::map<std::string, std::uint64_t> reached;  // file -> end of the last datagram given out
  std::uint32_t last = 0;
  while (const RawEvent* event = reader.next()) {
    std::uint64_t& end = reached[std::string(event->main.file)];
    RC_ASSERT(event->main.offset == end);
    end += event->main.bytes.size();
    const std::uint32_t number = jt::test::number_of(event->main.bytes);
    RC_ASSERT(number >= last);  // the true order; streams share transitions, controls share shots
    last = number;
  }
  for (const auto& file : made.files().files)
    RC_ASSERT(reached[file.path.filename().string()] == std::filesystem::file_size(file.path));
}

// Bytes of a good run with some of them changed: whatever comes out ends, and is inside its file.
RC_GTEST_PROP(merge, ends_whatever_the_bytes_are, ()) {
  const auto run = any_run();
  HandMadeRun made;
  deal(made, run);
  for (const auto& file : made.files().files) {
    auto bytes = jt::test::read_bytes(file.path);
    for (int changes = between(0, 5); changes > 0; --changes)
      bytes[between<std::size_t>(0, bytes.size() - 1)] = std::byte{between<std::uint8_t>(0, 254)};
    bytes.resize(bytes.size() - between<std::size_t>(0, std::min<std::size_t>(bytes.size(), 300)));
    jt::test::write_bytes(file.path, bytes);
  }
  const auto files = made.files();
  RecordedRun reader(files, {.filter = [](const RawEvent&) { return Fetch::big; }});
  std::size_t events = 0;
  while (const RawEvent* event = reader.next()) {
    ++events;
    RC_ASSERT(event->main.bytes.size() >= 40u);
  }
  RC_ASSERT(events <= run.size() * files.files.size());
}

}  // namespace
