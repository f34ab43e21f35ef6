// Runs recorded by the twin, read back through the product's own reader and held against their manifest: what
// was put in comes out.
#include "simulator/run_recorder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/errors.hpp"
#include "core/sha256.hpp"
#include "formats/xtc/decoder.hpp"
#include "sources/recorded_run.hpp"
#include "support/support.hpp"

namespace jt::simulator {
namespace {

using nlohmann::json;
using test::TempDir;

TwinSettings small_twin() {
  TwinSettings settings;
  settings.plant = preset("J20");
  settings.plant.dropped = 0.2;
  settings.plant.unflagged = 0.3;
  settings.detector.lost = 0.1;
  settings.detector.alias = "smallcam";
  return settings;
}

RecordOptions record_options(const TempDir& folder, std::uint64_t shots) {
  RecordOptions options;
  options.root = folder.path();
  options.run = {7};
  options.shots = shots;
  return options;
}

sources::RunFiles files_of(const TempDir& folder, int run = 7) {
  sources::Places places;
  places.data_root = folder.path();
  return sources::find_run(sources::find_experiment(places, "sim", "simjet001"), RunNumber{run});
}

json manifest_of(const RecordedTwinRun& recorded) { return json::parse(test::read_text(recorded.manifest)); }

// All bytes of all files below a folder, names included, as one checksum.
std::string checksum_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::string all;
  for (const auto& file : files)
    all += std::filesystem::relative(file, folder).string() + " " + hex(sha256(test::read_text(file))) + "\n";
  return hex(sha256(all));
}

std::uint64_t sum_of(const formats::Frame& frame) {
  std::uint64_t sum = 0;
  for (const PanelView& view : frame.panels())
    for (std::size_t i = 0; i < frame.shape.panel_pixels(); ++i) {
      std::uint16_t word;
      std::memcpy(&word, view.pixels + 2 * i, 2);
      sum += word;
    }
  return sum;
}

TEST(RecordedRun, agrees_with_its_manifest_through_the_reader) {
  const TempDir folder;
  const TwinSettings settings = small_twin();
  const RecordedTwinRun recorded = record_run(settings, record_options(folder, 300));
  const json truth = manifest_of(recorded);
  ASSERT_EQ(truth["shots"].size(), 300U);

  sources::RecordedRun run(files_of(folder));
  formats::xtc::Decoder decoder;
  formats::Event event;
  std::size_t shots = 0, lost = 0, dropped = 0;
  while (const sources::RawEvent* raw = run.next()) {
    if (raw->service == formats::Transition::configure) decoder.configure(raw->main.bytes);
    if (raw->service != formats::Transition::l1_accept) continue;
    decoder.decode(raw->main.bytes, event);
    const json& shot = truth["shots"].at(shots);
    EXPECT_EQ(event.time.sec, shot["sec"]);
    EXPECT_EQ(event.time.nsec, shot["nsec"]);
    EXPECT_EQ(event.fiducial.value, shot["fiducial"]);
    EXPECT_EQ(raw->main.stream, shot["stream"]);
    std::vector<int> codes;
    for (const EventCode code : event.codes) codes.push_back(code.value);
    EXPECT_EQ(json(codes), shot["codes"]) << shots;
    dropped += event.has_code({162});
    const auto total = formats::find_quantity(decoder.run(), "MFX-DG2-BMMON", "TotalIntensity");
    const auto gas = formats::find_quantity(decoder.run(), "FEEGasDetEnergy", "f_12_ENRC");
    ASSERT_TRUE(total && gas);
    EXPECT_DOUBLE_EQ(event.reading(*total).value(), shot["total"]);
    EXPECT_DOUBLE_EQ(event.reading(*gas).value(), shot["gas_mj"]);
    const formats::Frame* frame = event.frame(decoder.run().find_detector("smallcam").value());
    EXPECT_EQ(frame == nullptr, shot["frame_lost"].get<bool>()) << shots;
    if (frame == nullptr) ++lost;
    if (frame != nullptr) {
      EXPECT_EQ(sum_of(*frame), shot["frame"]["sum"]);
    }
    const formats::Frame* picture = event.frame(decoder.run().find_detector("jetcam").value());
    ASSERT_NE(picture, nullptr);
    EXPECT_EQ(picture->shape, (Shape{1, settings.jet_camera.rows, settings.jet_camera.cols}));
    ++shots;
  }
  EXPECT_EQ(shots, 300U);
  EXPECT_GT(lost, 10U);     // 30 expected
  EXPECT_GT(dropped, 20U);  // 42 expected
  const auto& aliases = decoder.run().aliases;
  EXPECT_TRUE(std::any_of(aliases.begin(), aliases.end(), [](const auto& a) { return a.alias == "jt_sim"; }));
  EXPECT_TRUE(run.notes().empty());
}

TEST(RecordedRun, is_the_same_bytes_with_every_number_of_workers) {
  std::vector<std::string> sums;
  for (const unsigned workers : {1U, 2U, 5U}) {
    const TempDir folder;
    RecordOptions options = record_options(folder, 150);
    options.workers = workers;
    static_cast<void>(record_run(small_twin(), options));
    sums.push_back(checksum_of(folder.path()));
  }
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
}

// The same in debug and release builds, with every sanitizer, compiler flag and vector unit: the checksum was
// written down once. When the twin is meant to change, so is this.
TEST(RecordedRun, is_the_same_bytes_in_every_build_and_on_every_machine) {
  const TempDir folder;
  static_cast<void>(record_run(small_twin(), record_options(folder, 40)));
  EXPECT_EQ(checksum_of(folder.path() / "sim/simjet001/xtc"),
            "7c7c99c80b64970d09318fa5270a5aeb2dd0dade9266ec5ed6cb58a2b7cf5f0b");
}

TEST(RecordedRun, of_another_seed_or_number_is_another) {
  const TempDir one, two, three;
  RecordOptions options = record_options(one, 20);
  const json first = manifest_of(record_run(small_twin(), options));
  options.root = two.path();
  options.seed = 2;
  const json other_seed = manifest_of(record_run(small_twin(), options));
  options.root = three.path();
  options.seed = 1;
  options.run = {8};
  const json other_run = manifest_of(record_run(small_twin(), options));
  for (const json* other : {&other_seed, &other_run}) {
    EXPECT_NE(first["shots"][0]["total"], (*other)["shots"][0]["total"]);
    EXPECT_NE(first["shots"][0]["frame"]["sum"], (*other)["shots"][0]["frame"]["sum"]);
    EXPECT_NE(first["shots"][0]["sec"], (*other)["shots"][0]["sec"]);
  }
}

TEST(RecordedRun, has_shots_at_the_machines_rate) {
  for (const double rate : {120.0, 30.0, 10.0}) {
    const TempDir folder;
    TwinSettings settings = small_twin();
    settings.plant.rate_hz = rate;
    const json truth = manifest_of(record_run(settings, record_options(folder, 30)));
    const auto time = [&](int shot) {
      return truth["shots"][shot]["sec"].get<double>() + 1e-9 * truth["shots"][shot]["nsec"].get<double>();
    };
    EXPECT_NEAR(time(29) - time(0), 29 / rate, 1e-6);
    const auto fiducial = [&](int shot) { return truth["shots"][shot]["fiducial"].get<int>(); };
    EXPECT_EQ((fiducial(1) - fiducial(0) + 131040) % 131040, static_cast<int>(360 / rate));
  }
}

TEST(RecordedRun, is_never_replaced) {
  const TempDir folder;
  static_cast<void>(record_run(small_twin(), record_options(folder, 5)));
  const std::string before = checksum_of(folder.path());
  EXPECT_THROW(record_run(small_twin(), record_options(folder, 6)), SetupError);
  EXPECT_EQ(checksum_of(folder.path()), before);
}

TEST(RecordedRun, stopped_on_the_way_leaves_nothing_of_itself) {
  const TempDir folder;
  RecordOptions options = record_options(folder, 100'000);
  std::uint64_t asked = 0;
  bool in_progress = false;
  options.stop_wanted = [&] {
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "sim/simjet001/xtc"))
      in_progress = in_progress || entry.path().string().ends_with("-s00-c00.xtc.inprogress");
    return ++asked == 3;
  };
  EXPECT_THROW(record_run(small_twin(), options), Interrupted);
  EXPECT_TRUE(in_progress);
  for (const char* part : {"xtc", "xtc/smalldata", "manifest"})
    for (const auto& entry : std::filesystem::directory_iterator(folder.path() / "sim/simjet001" / part))
      EXPECT_FALSE(entry.is_regular_file()) << entry.path();
}

TEST(RecordedRun, what_cannot_be_recorded_is_a_sentence) {
  const TempDir folder;
  RecordOptions options = record_options(folder, 0);
  EXPECT_THROW(record_run(small_twin(), options), CallError);
  options.shots = 10;
  options.run = {0};
  EXPECT_THROW(record_run(small_twin(), options), CallError);
  options.run = {1};
  const auto refused = [&](auto&& change) {
    TwinSettings settings = small_twin();
    change(settings);
    EXPECT_THROW(record_run(settings, options), CallError);
  };
  refused([](TwinSettings& s) { s.hutch = "../other"; });
  refused([](TwinSettings& s) { s.experiment = ""; });
  refused([](TwinSettings& s) { s.beam_monitor = "MFX-DG9-BMMON"; });
  refused([](TwinSettings& s) { s.plant.rate_hz = 50; });
  refused([](TwinSettings& s) { s.detector.distance_mm = 1e4; });
  refused([](TwinSettings& s) { s.detector.lost = std::nan(""); });
  refused([](TwinSettings& s) { s.jet_camera.alias = std::string(40, 'x'); });
  options.root = "/dev/null";
  EXPECT_THROW(record_run(small_twin(), options), SetupError);
}

}  // namespace
}  // namespace jt::simulator
