// What can be wrong with the files of a run, counted by cause, and the summary of each file.
// Filled while a recorded run is read (stop 1 of the walk); shown by `jt info` and in every result.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/counters.hpp"
#include "core/ids.hpp"

namespace jt::sources {

enum class SourceTrouble : std::uint8_t {
  empty_file,
  cut_in_header,          // the file ends inside a datagram's header
  cut_in_payload,         // the file ends inside a datagram's payload
  bad_header,             // no datagram can begin with these bytes: the rest of the file is lost
  too_large,              // a datagram that says it is larger than any the DAQ can make
  no_configure,           // a stream that does not begin with Configure
  no_end_run,             // a stream that ends without EndRun: cut, or still being written
  missing_chunk,          // c00 and c02 are there, c01 is not
  index_missing,          // an index was wanted, none lies beside the file
  index_unreadable,       // it cannot be opened or read
  index_cut,              // it ends inside a datagram, or earlier than its file
  index_of_another_file,  // it begins with another datagram than its file
  index_mismatch,         // it points to where the datagram is not
  not_in_index,           // datagrams that the index leaves out: read from the file
  control_without_shot,   // a control-stream datagram whose shot is in no DAQ stream
  control_no_fiducial,    // a control-stream datagram that cannot be joined
  stopped_waiting,        // following ended by the time limit before EndRun
  count_,
};
std::string_view name(SourceTrouble trouble);
// For people, after a number of times: "index wrong about its file, which was read without it".
std::string_view in_words(SourceTrouble trouble);
using SourceCounts = CauseCounts<SourceTrouble>;

// One file of the run, as far as it has been read.
struct ChunkSummary {
  std::string name;  // "e1236-r0020-s00-c00.xtc"
  std::uint32_t stream = 0, chunk = 0;
  std::uint64_t bytes = 0;                 // size of the file
  std::uint64_t datagrams = 0, shots = 0;  // read so far; skipped ones count as well
  ShotTime first{}, last{};                // of its datagrams, all kinds
  bool in_progress = false;                // its name ended in .inprogress when it was opened
  bool index_used = false;
};

// How much was read, for tests and reports.
struct BytesRead {
  std::uint64_t files = 0;    // from the run's own files
  std::uint64_t indexes = 0;  // from the smalldata indexes
};

}  // namespace jt::sources
