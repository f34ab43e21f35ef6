// The geometry file of the calibration store: one line per object, each placed in its parent's frame.
// Text to plain lines and back; geometry.hpp makes pixel positions of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "detector/array.hpp"

namespace jt::detector {

struct GeometryLine {
  std::string parent;
  int parent_index = 0;
  std::string object;
  int object_index = 0;
  double x = 0, y = 0, z = 0;                 // of the object's origin in the parent's frame, um
  double rot_z = 0, rot_y = 0, rot_x = 0;     // degrees, as designed
  double tilt_z = 0, tilt_y = 0, tilt_x = 0;  // degrees, as measured
  int line = 0;                               // in the file, from 1
};

// Thirteen words per line; empty lines and lines that begin with '#' are skipped. A positive z below an
// object whose name begins with "IP" is taken as negative (the frame's z runs against the beam). Throws
// Unreadable, naming the line, for another number of words, a word that is no finite number or above 1e9, a
// name that is not printable, begins with '#' or is above 60 characters, and for a file without lines.
std::vector<GeometryLine> parse_geometry(std::string_view text);

std::string format_geometry(const std::vector<GeometryLine>& lines, std::string_view title);

}  // namespace jt::detector
