// The golden runs and their manifests: what the DAQ's own software says is in each file.
#pragma once

#include <zlib.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "formats/xtc/decoder.hpp"
#include "support/support.hpp"

namespace jt::test {

using Json = nlohmann::json;
using formats::xtc::Bytes;

struct GoldenRun {
  std::string experiment;  // "xcs/xcsjt1236"
  std::string name;        // "e1236-r0020"
};

inline std::ostream& operator<<(std::ostream& out, const GoldenRun& run) { return out << run.name; }

// The files and the manifest of a run, read once.
class GoldenData {
 public:
  GoldenData(const std::filesystem::path& root, const GoldenRun& run)
      : folder_(root / run.experiment),
        manifest_(Json::parse(read_text(folder_ / "manifest" / (run.name + ".json")))) {
    for (const auto& file : manifest_["files"])
      files_[file] = read_bytes(folder_ / "xtc" / std::string(file));
  }
  [[nodiscard]] const Json& manifest() const { return manifest_; }
  [[nodiscard]] const std::map<std::string, std::vector<std::byte>>& files() const { return files_; }
  [[nodiscard]] std::vector<std::byte> index(const std::string& file) const {
    return read_bytes(folder_ / "xtc/smalldata" / (file.substr(0, file.size() - 4) + ".smd.xtc"));
  }
  // The datagram that a manifest entry is about.
  [[nodiscard]] Bytes datagram(const Json& entry) const {
    return Bytes(files_.at(entry["file"])).subspan(entry["offset"], entry["size"]);
  }

 private:
  std::filesystem::path folder_;
  Json manifest_;
  std::map<std::string, std::vector<std::byte>> files_;
};

inline std::filesystem::path committed_runs() { return testdata() / "golden/xtc"; }

inline std::string crc32_text(Bytes bytes) {
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  char text[16];
  std::snprintf(text, sizeof text, "%08lx", crc);
  return text;
}

// The datagrams of a file, one after the other; stops where none can be any more.
inline std::vector<Bytes> datagrams(Bytes file) {
  std::vector<Bytes> all;
  while (!file.empty()) {
    const auto header = formats::xtc::read_header(file);
    if (!header || header->size() > file.size()) break;
    all.push_back(file.first(header->size()));
    file = file.subspan(header->size());
  }
  return all;
}

// The pixels of the panels that are there, one after the other.
inline std::vector<std::byte> frame_bytes(const formats::Frame& frame) {
  std::vector<std::byte> bytes;
  for (const PanelView& panel : frame.panels())
    bytes.insert(bytes.end(), panel.pixels,
                 panel.pixels + frame.shape.panel_pixels() * bytes_per_pixel(frame.type));
  return bytes;
}

inline std::int64_t pixel_at(const formats::Frame& frame, const std::vector<std::byte>& bytes,
                             std::size_t index) {
  if (frame.type == PixelType::u8) return std::to_integer<std::int64_t>(bytes.at(index));
  std::uint16_t word = 0;
  std::memcpy(&word, bytes.data() + 2 * index, 2);
  return frame.type == PixelType::i16 ? static_cast<std::int16_t>(word) : word;
}

}  // namespace jt::test
