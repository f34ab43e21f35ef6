#include "calibration/hdf5_file.hpp"

#include <fmt/format.h>

namespace jt::calibration {
namespace {

// Called for each entry of the stack, innermost first.
herr_t keep_innermost(unsigned depth, const H5E_error2_t* entry, void* words) {
  if (depth == 0 && entry->desc != nullptr) *static_cast<std::string*>(words) = entry->desc;
  return 0;
}

}  // namespace

void throw_hdf5_error(const char* what) {
  std::string words;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &words);
  throw Hdf5Error(fmt::format("HDF5 could not {}: {}", what, words));
}

Hdf5Handle::Hdf5Handle(hid_t id, Close close, const char* what) : id_(id), close_(close) {
  if (id_ < 0) throw_hdf5_error(what);
}

Hdf5Handle::~Hdf5Handle() {
  if (id_ >= 0) close_(id_);
}

QuietHdf5::QuietHdf5() {
  H5Eget_auto2(H5E_DEFAULT, &function_, &data_);
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

QuietHdf5::~QuietHdf5() { H5Eset_auto2(H5E_DEFAULT, function_, data_); }

}  // namespace jt::calibration
