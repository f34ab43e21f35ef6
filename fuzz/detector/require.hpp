// What the detector's fuzz targets demand: a sentence and an abort where a promise does not hold.
// Used by the fuzz targets only.
#pragma once

#include <cstdio>
#include <cstdlib>

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fputs(what, stderr);
  std::abort();
}
