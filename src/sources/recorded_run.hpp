// A recorded run as an EventSource: streams merged in time order, chunks followed, control streams joined.
// Stop 1 of the walk. Damaged files never stop it: what is whole is given out, the rest is counted.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sources/event_source.hpp"
#include "sources/run_files.hpp"
#include "sources/source_counts.hpp"
#include "sources/stream_reader.hpp"

namespace jt::sources {

// What to do with a shot, decided from its small form.
enum class Fetch : std::uint8_t {
  skip,   // not given out at all: the run's big file is not touched
  small,  // the small form is enough (RawEvent::from_index)
  big,    // the whole datagram
};
// Called for every shot, in the order of next(), with the form of the shot that the index has: small leaves
// whole, large ones as proxies. Where there is no index it is called with the whole datagram (from_index
// false), and `small` then gives that. Called again, with the whole datagram, where the index proves wrong.
using ShotFilter = std::function<Fetch(const RawEvent& shot)>;

// Shots by their number: merged L1Accepts of the DAQ streams, counted from 0 before any filter.
struct ShotRange {
  std::uint64_t first = 0;
  std::uint64_t count = 1;
};

// Following a run whose files are still being written, until EndRun in every stream or a time limit.
struct Follow {
  double patience_s = 60;               // nothing new for so long: end with what is there
  double limit_s = 1e9;                 // no waiting later than this after the run was opened
  double poll_s = 0.1;                  // between looks at the files
  double join_wait_s = 1;               // how long a shot waits for a control stream that has not caught up
  std::function<double()> now_s;        // a steady clock; default: the machine's
  std::function<void(double)> sleep_s;  // may throw Interrupted; default: sleeps
};

struct ReadOptions {
  enum class Give : std::uint8_t {
    merged_shots,    // transitions once, shots with their control-stream datagrams joined
    every_datagram,  // of every file, each its own event, in merge order, always from the run's own files
  };
  Give give = Give::merged_shots;
  ShotFilter filter = {};               // empty: every shot whole. This and the next with merged_shots only
  std::optional<ShotRange> shots = {};  // only these; the rest is passed without being read
  bool use_index = true;                // where a filter or a range makes it worth while
  std::optional<Follow> follow = {};    // reads without indexes
};

class RecordedRun : public EventSource {
 public:
  // Throws SetupError when a file cannot be opened.
  explicit RecordedRun(const RunFiles& run, ReadOptions options = {});

  // Throws SetupError when reading fails (a file server that went away).
  const RawEvent* next() override;

  [[nodiscard]] const SourceCounts& counts() const { return counts_; }
  // For people, one per trouble: "s00-c00 is cut in a payload after 12 shots; what is whole is used".
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  // The files opened so far, by stream and chunk.
  [[nodiscard]] std::vector<ChunkSummary> summary() const;
  [[nodiscard]] BytesRead bytes_read() const;
  [[nodiscard]] std::uint64_t shots_seen() const { return shots_; }  // merged, whatever became of them

 private:
  struct Control {
    std::unique_ptr<StreamReader> stream;
    bool late = false;  // it made shots wait in vain: not waited for until it delivers again
  };

  void open_streams(const std::vector<RunFile>& files);
  void release();
  StreamReader* earliest();
  const RawEvent* give_out(StreamReader& stream);
  const RawEvent* give_single(StreamReader& stream);
  const RawEvent* give_shot(StreamReader& stream);
  const RawEvent* give_transition(StreamReader& stream);
  bool was_given(const formats::xtc::DatagramHeader& transition) const;
  bool fill_event(StreamReader& stream, bool small);

  void join_controls(const StreamReader& main);
  bool join_one(Control& control, const Position& main);

  void wait_for_heads();
  bool control_ready(Control& control);
  void look_for_new_streams();
  bool may_wait();

  ReadOptions options_;
  RunFiles run_;
  SourceCounts counts_;
  std::vector<std::string> notes_;
  std::vector<std::unique_ptr<StreamReader>> merged_;  // these set the order of events
  std::vector<Control> controls_;                      // these are joined to it
  std::vector<StreamReader*> joined_;  // control streams whose heads belong to the event at hand
  std::vector<StreamReader*> taken_;   // their heads have been given out: they move on with the next call
  std::vector<formats::xtc::DatagramHeader> given_transitions_;
  RawEvent event_;
  std::uint64_t shots_ = 0;
  bool done_ = false;
  double opened_s_ = 0, last_growth_s_ = 0;
  std::uint64_t bytes_there_ = 0;
};

}  // namespace jt::sources
