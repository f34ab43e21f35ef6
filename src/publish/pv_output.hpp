// Where the PVs of a shot go: to an IOC that holds them (PvPublisher), or to our own server (PvHost).
// Stop 6 of the walk, called by LiveSink on the leader's thread.
#pragma once

#include "pipeline/result_sink.hpp"

namespace jt::publish {

class PvOutput {
 public:
  virtual ~PvOutput() = default;
  // Both must not wait for anybody.
  virtual void shot(const pipeline::ShotResult& result) = 0;
  virtual void profile(const pipeline::ProfileReport&) {}
};

}  // namespace jt::publish
