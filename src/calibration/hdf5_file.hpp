// The HDF5 C library with owned handles and its troubles as exceptions with words.
// Used by small_data.cpp only.
#pragma once

#include <hdf5.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace jt::calibration {

// What was tried and the library's innermost words about why it failed.
class Hdf5Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Reads the library's error stack of the call that just failed and throws it.
[[noreturn]] void throw_hdf5_error(const char* what);

// One library object, closed when it goes out of scope.
class Hdf5Handle {
 public:
  using Close = herr_t (*)(hid_t);
  // Throws Hdf5Error when `id` says that the call failed; `what` tells what was tried: "create the file".
  Hdf5Handle(hid_t id, Close close, const char* what);
  ~Hdf5Handle();
  Hdf5Handle(Hdf5Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Hdf5Handle& operator=(Hdf5Handle&&) = delete;
  [[nodiscard]] hid_t get() const { return id_; }

 private:
  hid_t id_;
  Close close_;
};

inline void check_hdf5(herr_t answer, const char* what) {
  if (answer < 0) throw_hdf5_error(what);
}

// While it lives the library prints nothing of its own.
class QuietHdf5 {
 public:
  QuietHdf5();
  ~QuietHdf5();
  QuietHdf5(const QuietHdf5&) = delete;
  QuietHdf5& operator=(const QuietHdf5&) = delete;

 private:
  H5E_auto2_t function_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace jt::calibration
