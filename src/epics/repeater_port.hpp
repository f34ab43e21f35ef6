// Keeps libca from starting a repeater where there is none to start.
// Held while a context is made; beside the walk.
#pragma once

namespace jt::epics {

// Where EPICS's caRepeater is not installed, libca would try to run it and complain on standard error. It
// does not when somebody holds the repeater's port; so that is done, as long as this lives.
class RepeaterPort {
 public:
  RepeaterPort();
  ~RepeaterPort();
  RepeaterPort(const RepeaterPort&) = delete;
  RepeaterPort& operator=(const RepeaterPort&) = delete;

 private:
  int socket_ = -1;
};

}  // namespace jt::epics
