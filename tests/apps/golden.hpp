// The golden runs and their manifests, as the whole-program tests use them.
#pragma once

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/support.hpp"

namespace jt::test {

inline std::filesystem::path golden() { return testdata() / "golden"; }
inline std::string data_root() { return (golden() / "xtc").string(); }
inline std::string golden_config(int run) {
  return (golden() / "calibration" / ("run" + std::to_string(run) + ".yml")).string();
}
inline nlohmann::json read_json(const std::filesystem::path& file) {
  return nlohmann::json::parse(read_text(file));
}

// One JSON value per line.
inline std::vector<nlohmann::json> json_lines(const std::string& text) {
  std::vector<nlohmann::json> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(nlohmann::json::parse(text.substr(at, end - at)));
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return lines;
}

// Puts an experiment folder together whose config and data a test may spoil.
inline void write_config(const std::filesystem::path& file, const std::string& replaced,
                         const std::string& by) {
  std::string text = read_text(golden_config(40));
  const std::size_t at = text.find(replaced);
  if (at == std::string::npos) throw std::runtime_error("the golden config has no " + replaced);
  write_text(file, text.replace(at, replaced.size(), by));
}

}  // namespace jt::test
