#include "sources/recorded_run.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace jt::sources {

using formats::Transition;
using formats::xtc::DatagramHeader;
using State = StreamReader::State;

namespace {

double steady_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void fill_in_defaults(Follow& follow) {
  if (!follow.now_s) follow.now_s = steady_now;
  if (!follow.sleep_s)
    follow.sleep_s = [](double seconds) {
      std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    };
}

// False when the datagram is not there after all.
bool fill(StreamReader& stream, bool small, RawDatagram& datagram) {
  const std::uint64_t offset = stream.head().offset;
  const auto bytes = small && stream.head().from_index ? stream.small() : stream.bytes();
  datagram = {bytes, stream.number(), stream.chunk(), offset, stream.file_name()};
  return !bytes.empty();
}

}  // namespace

RecordedRun::RecordedRun(const RunFiles& run, ReadOptions options) : options_(std::move(options)), run_(run) {
  open_streams(run.files);
  if (!options_.follow) return;
  fill_in_defaults(*options_.follow);
  opened_s_ = last_growth_s_ = options_.follow->now_s();
}

void RecordedRun::open_streams(const std::vector<RunFile>& files) {
  const bool selects = options_.filter || options_.shots;
  const bool every = options_.give == ReadOptions::Give::every_datagram;
  const StreamOptions how{.use_index = options_.use_index && selects && !every,
                          .follow = options_.follow.has_value()};
  for (auto file = files.begin(); file != files.end();) {
    const auto end =
        std::find_if(file, files.end(), [&](const RunFile& other) { return other.stream != file->stream; });
    auto stream = std::make_unique<StreamReader>(std::vector(file, end), how, counts_, notes_);
    if (stream->is_control())
      controls_.push_back({std::move(stream)});
    else
      merged_.push_back(std::move(stream));
    file = end;
  }
  for (Control& control : controls_)  // all are equal, or only control streams were named: they are the run
    if (every || merged_.empty()) merged_.push_back(std::move(control.stream));
  std::erase_if(controls_, [](const Control& control) { return !control.stream; });
}

const RawEvent* RecordedRun::next() {
  release();
  while (!done_) {
    wait_for_heads();
    StreamReader* first = earliest();
    if (first == nullptr) break;
    if (const RawEvent* event = give_out(*first)) return event;
  }
  done_ = true;
  return nullptr;
}

// What the last call gave out is no longer borrowed: its streams move on.
void RecordedRun::release() {
  for (StreamReader* stream : taken_) stream->skip();
  taken_.clear();
}

StreamReader* RecordedRun::earliest() {
  StreamReader* first = nullptr;
  for (const auto& stream : merged_) {
    if (stream->peek() != State::ready) continue;
    if (first == nullptr || goes_before(stream->position(), first->position())) first = stream.get();
  }
  return first;
}

// The event that begins with this stream's head, or nullptr when nothing is to be given out for it.
const RawEvent* RecordedRun::give_out(StreamReader& stream) {
  joined_.clear();
  if (options_.give == ReadOptions::Give::every_datagram) return give_single(stream);
  if (stream.head().header.service == Transition::l1_accept) return give_shot(stream);
  return give_transition(stream);
}

const RawEvent* RecordedRun::give_single(StreamReader& stream) {
  if (!fill_event(stream, false)) return nullptr;
  if (event_.service == Transition::l1_accept) ++shots_;
  taken_.push_back(&stream);
  return &event_;
}

const RawEvent* RecordedRun::give_shot(StreamReader& stream) {
  if (options_.shots && shots_ >= options_.shots->first + options_.shots->count) {
    done_ = true;
    return nullptr;
  }
  join_controls(stream);
  const bool wanted = !options_.shots || shots_ >= options_.shots->first;
  Fetch fetch = wanted ? Fetch::big : Fetch::skip;
  if (wanted && options_.filter) {
    if (!fill_event(stream, true)) return nullptr;
    fetch = options_.filter(event_);
  }
  if (fetch == Fetch::big && !fill_event(stream, false)) return nullptr;
  ++shots_;
  taken_ = joined_;
  taken_.push_back(&stream);
  if (fetch != Fetch::skip) return &event_;
  release();
  return nullptr;
}

// All streams carry a transition: it is one event, with what the control streams have of it.
const RawEvent* RecordedRun::give_transition(StreamReader& stream) {
  const DatagramHeader header = stream.head().header;
  const bool repeated = was_given(header);
  if (!repeated) {
    join_controls(stream);
    if (!fill_event(stream, false)) return nullptr;
    given_transitions_.push_back(header);
  }
  taken_ = joined_;
  for (const auto& other : merged_)
    if (other->peek() == State::ready && same_moment(other->head().header, header))
      taken_.push_back(other.get());
  if (!repeated) return &event_;
  release();
  return nullptr;
}

// A stream that lost a part can come late with a transition that the others had.
bool RecordedRun::was_given(const DatagramHeader& transition) const {
  for (auto given = given_transitions_.rbegin(); given != given_transitions_.rend(); ++given) {
    if (same_moment(*given, transition)) return true;
    if (given->time < transition.time) return false;
  }
  return false;
}

// False when one of the datagrams is not there after all: its stream then offers something else.
bool RecordedRun::fill_event(StreamReader& stream, bool small) {
  event_.service = stream.head().header.service;
  event_.from_index = small && stream.head().from_index;
  event_.joined.resize(joined_.size());
  for (std::size_t i = 0; i < joined_.size(); ++i)
    if (!fill(*joined_[i], small, event_.joined[i])) return false;
  return fill(stream, small, event_.main);
}

// ---- control streams

void RecordedRun::join_controls(const StreamReader& main) {
  for (Control& control : controls_)
    if (join_one(control, main.position())) joined_.push_back(control.stream.get());
}

namespace {

enum class Joins : std::uint8_t { yes, later, never };

Joins control_shot_joins(const Position& control, const Position& event) {
  if (event.header->service != Transition::l1_accept) {
    const bool past =
        !is_begin(event.header->service) && (!control.lossy || shot_before(*control.header, *event.header));
    return past ? Joins::never : Joins::later;
  }
  if (same_shot(*control.header, *event.header)) return Joins::yes;
  // A shot without a fiducial tells nothing about where the control stream should stand.
  const bool past = event.header->fiducial.valid() && shot_before(*control.header, *event.header);
  return past ? Joins::never : Joins::later;
}

Joins control_transition_joins(const Position& control, const Position& event) {
  const DatagramHeader& head = *control.header;
  const bool event_is_shot = event.header->service == Transition::l1_accept;
  const bool both_configure = head.service == Transition::configure && event.header->service == head.service;
  if (both_configure || same_moment(head, *event.header)) return Joins::yes;
  if (!(head.time < event.header->time)) return Joins::later;
  const bool past = !event_is_shot || is_begin(head.service) || event.lossy;
  return past ? Joins::never : Joins::later;
}

}  // namespace

// Moves a control stream up to the event at hand. True: its head belongs to the event.
bool RecordedRun::join_one(Control& control, const Position& event) {
  for (; control_ready(control); control.stream->skip()) {
    const Position here = control.stream->position();
    const bool is_shot = here.header->service == Transition::l1_accept;
    if (is_shot && !here.header->fiducial.valid()) {
      counts_.add(SourceTrouble::control_no_fiducial);
      continue;
    }
    const Joins joins = is_shot ? control_shot_joins(here, event) : control_transition_joins(here, event);
    if (joins != Joins::never) return joins == Joins::yes;
    if (is_shot) counts_.add(SourceTrouble::control_without_shot);
  }
  return false;
}

// ---- following

// Waits until every stream that sets the order has a head or has ended.
void RecordedRun::wait_for_heads() {
  if (!options_.follow) return;
  const auto waits = [](const auto& stream) { return stream->peek() == State::waiting; };
  for (;;) {
    if (shots_ == 0) look_for_new_streams();
    if (std::none_of(merged_.begin(), merged_.end(), waits)) return;
    if (!may_wait()) break;
    options_.follow->sleep_s(options_.follow->poll_s);
  }
  for (const auto& stream : merged_)
    if (waits(stream)) stream->stop_waiting();
}

bool RecordedRun::may_wait() {
  std::uint64_t bytes = 0;
  for (const auto& stream : merged_) bytes += stream->bytes_there();
  const double now = options_.follow->now_s();
  if (bytes != bytes_there_) last_growth_s_ = now;
  bytes_there_ = bytes;
  return now - last_growth_s_ < options_.follow->patience_s && now - opened_s_ < options_.follow->limit_s;
}

// Has the control stream a head? A short while is given to one that lags behind.
bool RecordedRun::control_ready(Control& control) {
  State state = control.stream->peek();
  if (options_.follow) {
    const double until = options_.follow->now_s() + (control.late ? 0 : options_.follow->join_wait_s);
    while (state == State::waiting && options_.follow->now_s() < until) {
      options_.follow->sleep_s(options_.follow->poll_s);
      state = control.stream->peek();
    }
    control.late = state == State::waiting;
  }
  return state == State::ready;
}

// The recorders of a run do not open their files at the same instant.
void RecordedRun::look_for_new_streams() {
  const std::vector<RunFile> files = new_streams_of(run_);
  if (files.empty()) return;
  open_streams(files);
  run_.files.insert(run_.files.end(), files.begin(), files.end());
}

// ---- what has been read

std::vector<ChunkSummary> RecordedRun::summary() const {
  std::vector<ChunkSummary> all;
  const auto add = [&](const StreamReader& stream) {
    all.insert(all.end(), stream.summaries().begin(), stream.summaries().end());
  };
  for (const auto& stream : merged_) add(*stream);
  for (const Control& control : controls_) add(*control.stream);
  return all;
}

BytesRead RecordedRun::bytes_read() const {
  BytesRead all;
  const auto add = [&](const StreamReader& stream) {
    all.files += stream.bytes_read().files;
    all.indexes += stream.bytes_read().indexes;
  };
  for (const auto& stream : merged_) add(*stream);
  for (const Control& control : controls_) add(*control.stream);
  return all;
}

}  // namespace jt::sources
