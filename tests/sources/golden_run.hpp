// A golden run for the tests of `sources`: its files and what its manifest says of every datagram.
#pragma once

#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "formats/xtc/datagram.hpp"
#include "sources/recorded_run.hpp"
#include "sources/run_files.hpp"
#include "support/support.hpp"

namespace jt::test {

struct GoldenRun {
  std::string hutch, experiment, prefix;
  int run = 0;
};

inline std::filesystem::path golden_root() { return testdata() / "golden/xtc"; }

inline sources::ExperimentFolders golden_folders(const GoldenRun& golden, const std::filesystem::path& root) {
  sources::Places places;
  places.data_root = root;
  return sources::find_experiment(places, golden.hutch, golden.experiment);
}

inline sources::RunFiles golden_files(const GoldenRun& golden,
                                      const std::filesystem::path& root = golden_root()) {
  return sources::find_run(golden_folders(golden, root), RunNumber{golden.run});
}

inline sources::RunFiles xcs_run(int run) { return golden_files({"xcs", "xcsjt1236", "e1236", run}); }

inline nlohmann::json manifest(const GoldenRun& golden, const std::filesystem::path& root = golden_root()) {
  std::string number = std::to_string(golden.run);
  number.insert(0, 4 - number.size(), '0');
  const auto name = golden.prefix + "-r" + number + ".json";
  return nlohmann::json::parse(read_text(root / golden.hutch / golden.experiment / "manifest" / name));
}

inline nlohmann::json xcs_manifest(int run) { return manifest({"xcs", "xcsjt1236", "e1236", run}); }

inline std::string hex(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<std::size_t>(byte >> 4)];
    text += digits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return text;
}

// What a test remembers of a datagram that was given out.
struct Seen {
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  formats::Transition service = formats::Transition::unknown;
  std::string header_hex;
  bool operator==(const Seen&) const = default;
};

inline Seen seen(const sources::RawDatagram& datagram) {
  const auto header = formats::xtc::read_header(datagram.bytes);
  return {std::string(datagram.file), datagram.offset, datagram.bytes.size(),
          header ? header->service : formats::Transition::unknown, hex(datagram.bytes.first(40))};
}

inline Seen seen(const nlohmann::json& row) {
  Seen told{row["file"], row["offset"], row["size"], formats::Transition::unknown, row["hdr_hex"]};
  for (int kind = 0; kind <= 12; ++kind)
    if (formats::name(static_cast<formats::Transition>(kind)) == row["service"].get<std::string>())
      told.service = static_cast<formats::Transition>(kind);
  return told;
}

}  // namespace jt::test
