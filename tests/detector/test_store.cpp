// The calibration store: whose folder, which file for a run, the cache, and sentences when something is
// wrong.
#include "detector/store.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>

#include "core/errors.hpp"
#include "detector/cache.hpp"
#include "detector/constants.hpp"
#include "detector/text_array.hpp"
#include "golden.hpp"

namespace {

using namespace jt;
using namespace jt::detector;
using nlohmann::json;
using test::write_text;
using testing::HasSubstr;
namespace fs = std::filesystem;

// Runs as an ordinary user while it lives: root may look into every folder.
class WithoutPrivilege {
 public:
  WithoutPrivilege() {
    if (::geteuid() == 0) lowered_ = ::seteuid(65534) == 0;
  }
  ~WithoutPrivilege() {
    if (lowered_ && ::seteuid(0) != 0) std::abort();
  }
  WithoutPrivilege(const WithoutPrivilege&) = delete;
  WithoutPrivilege& operator=(const WithoutPrivilege&) = delete;

 private:
  bool lowered_ = false;
};

void make_old(const fs::path& file) {
  fs::last_write_time(file, fs::file_time_type::clock::now() - std::chrono::hours(1));
}

template <class Act>
std::string refusal(Act act) {
  try {
    act();
  } catch (const SetupError& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(Store, the_file_for_a_run_is_the_one_that_the_reference_picks) {
  const json all = test::golden_json("calibstore/calibstore.json");
  std::size_t runs = 0;
  for (const json& one : all["select"]) {
    const auto names = one["files"].get<std::vector<std::string>>();
    for (const auto& [run, wanted] : one["by_run"].items()) {
      // Where the reference fails on a name, such a name is skipped here.
      const std::string expected =
          wanted.get<std::string>().starts_with("EXCEPTION") ? "2-end.data" : wanted.get<std::string>();
      EXPECT_EQ(choose_file(names, {std::stoi(run)}).value_or(""), expected) << one["case"] << " run " << run;
      ++runs;
    }
  }
  EXPECT_EQ(runs, 44u);
}

TEST(Store, leftovers_and_foreign_names_are_ignored) {
  const std::vector<std::string> names{"5-end.data-2020-01-01T00:00:00",
                                       "HISTORY",
                                       "5-end.dat",
                                       ".data",
                                       "-.data",
                                       "99999999999999999999-end.data",
                                       "3-99999999999999999999.data"};
  EXPECT_EQ(choose_file(names, {7}), std::nullopt);
}

TEST(Store, the_group_follows_the_device_and_the_folder_its_source) {
  EXPECT_EQ(calibration_group("DetInfo(CxiDs2.0:Cspad.0)"), "CsPad::CalibV1");
  EXPECT_EQ(calibration_group("CxiDs2.0:Cspad2x2.1"), "CsPad2x2::CalibV1");
  EXPECT_EQ(calibration_group("MfxEndstation.0:Epix10ka2M.0"), "Epix10ka2M::CalibV1");
  EXPECT_EQ(calibration_group("MfxEndstation.0:Epix10kaQuad.1"), "Epix10kaQuad::CalibV1");
  EXPECT_EQ(calibration_group("XcsEndstation.0:Epix10ka.1"), "Epix10ka::CalibV1");
  EXPECT_EQ(calibration_group("XcsEndstation.0:Epix100a.1"), "Epix100a::CalibV1");
  EXPECT_EQ(calibration_group("CxiDs1.0:Jungfrau.0"), "Jungfrau::CalibV1");
  for (const char* camera : {"MfxEndstation.0:Rayonix.0", "XcsEndstation.0:Opal1000.1", "CxiDg1.0:Opal8000.0",
                             "XrayTransportDiagnostic.20:Zyla.0"})
    EXPECT_EQ(calibration_group(camera), "Camera::CalibV1") << camera;
  const CalibrationStore store("/x/calib", "DetInfo(CxiDs1.0:Jungfrau.0)");
  EXPECT_EQ(store.folder(Constant::pixel_gain), "/x/calib/Jungfrau::CalibV1/CxiDs1.0:Jungfrau.0/pixel_gain");
}

TEST(Store, the_instrument_is_found_in_either_spelling) {
  const test::TempDir root;
  EXPECT_EQ(calibration_folder(root.path(), "CXI", "cxip21119"), root.path() / "cxi/cxip21119/calib");
  fs::create_directories(root.path() / "CXI/cxip21119/calib");
  EXPECT_EQ(calibration_folder(root.path(), "cxi", "cxip21119"), root.path() / "CXI/cxip21119/calib");
  EXPECT_EQ(calibration_folder(root.path(), "", "cxip21119"), root.path() / "CXI/cxip21119/calib");
  fs::create_directories(root.path() / "cxi/cxip21119/calib");
  EXPECT_EQ(calibration_folder(root.path(), "CXI", "cxip21119"), root.path() / "cxi/cxip21119/calib");
}

TEST(Store, a_folder_that_may_not_be_looked_into_is_said_and_a_missing_one_is_no_error) {
  const test::TempDir root;
  fs::permissions(root.path(), fs::perms::all);
  const CalibrationStore store(root.path(), "CxiDs1.0:Jungfrau.0");
  EXPECT_EQ(store.find(Constant::pedestals, {1}), std::nullopt);
  const fs::path folder = store.folder(Constant::pedestals);
  write_text(folder / "1-end.data", "1\n");
  EXPECT_EQ(store.find(Constant::pedestals, {1}), folder / "1-end.data");
  fs::permissions(folder, fs::perms::none);
  {
    const WithoutPrivilege ordinary_user;
    EXPECT_THAT(refusal([&] { (void)store.find(Constant::pedestals, {1}); }),
                testing::AllOf(HasSubstr(folder.string()), HasSubstr("Permission denied")));
  }
  fs::permissions(folder, fs::perms::all);
}

Array<float> some_array() { return {{2, 3}, {1.5f, -2, 3, std::nanf(""), 5, 6}}; }

TEST(Cache, an_entry_is_read_back_and_follows_the_text_file) {
  const test::TempDir folder;
  const fs::path text = folder.path() / "1-end.data", cache = folder.path() / "cache";
  write_text(text, "1 2 3\n4 5 6\n");
  make_old(text);
  const FileIdentity before = identify(text);
  EXPECT_FALSE(read_cached<float>(cache, before));
  write_cached(cache, before, some_array());
  const auto back = read_cached<float>(cache, before);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->shape, some_array().shape);
  EXPECT_EQ(test::crc32_of(back->values), test::crc32_of(some_array().values));
  EXPECT_FALSE(read_cached<double>(cache, before)) << "another number type";
  write_text(text, "9 2 3\n4 5 6\n");  // the same size, another time
  EXPECT_FALSE(read_cached<float>(cache, identify(text)));
}

TEST(Cache, a_file_of_the_same_size_that_kept_its_time_is_not_confused) {
  const test::TempDir folder;
  const fs::path text = folder.path() / "1-end.data", cache = folder.path() / "cache";
  write_text(text, "1 2 3\n4 5 6\n");
  make_old(text);
  const auto time = fs::last_write_time(text);
  write_cached(cache, identify(text), some_array());
  write_text(text, "9 2 3\n4 5 6\n");
  fs::last_write_time(text, time);
  EXPECT_FALSE(read_cached<float>(cache, identify(text)));
}

TEST(Cache, a_text_file_that_changed_this_second_is_not_cached) {
  const test::TempDir folder;
  const fs::path text = folder.path() / "1-end.data", cache = folder.path() / "cache";
  write_text(text, "1 2 3\n4 5 6\n");
  write_cached(cache, identify(text), some_array());
  EXPECT_FALSE(fs::exists(cache));
}

TEST(Cache, a_damaged_entry_is_nothing) {
  const test::TempDir folder;
  const fs::path text = folder.path() / "1-end.data", cache = folder.path() / "cache";
  write_text(text, "1 2 3\n4 5 6\n");
  make_old(text);
  const FileIdentity identity = identify(text);
  write_cached(cache, identity, some_array());
  const fs::path entry = fs::directory_iterator(cache)->path();
  const std::string whole = test::read_text(entry);
  std::size_t survived = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write_text(entry, damaged);
    survived += read_cached<float>(cache, identity) ? 1 : 0;
  }
  // Bytes that may differ: the unused dimensions (6 x 8).
  EXPECT_EQ(survived, 6u * 8u);
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, whole.size() - 1}) {
    write_text(entry, whole.substr(0, size));
    EXPECT_FALSE(read_cached<float>(cache, identity)) << size;
  }
  write_text(entry, whole + "x");
  EXPECT_FALSE(read_cached<float>(cache, identity));
  write_text(entry, whole);
  EXPECT_TRUE(read_cached<float>(cache, identity));
}

TEST(Cache, an_unwritable_cache_costs_nothing_but_time) {
  const test::TempDir folder;
  const fs::path text = folder.path() / "1-end.data";
  write_text(text, "1 2 3\n");
  make_old(text);
  write_text(folder.path() / "file", "");
  EXPECT_NO_THROW(write_cached(folder.path() / "file" / "cache", identify(text), some_array()));
  EXPECT_NO_THROW(write_cached({}, identify(text), some_array()));
}

RunPlace place_in(const test::TempDir& folder) {
  return {
      "cam", "DetInfo(MfxEndstation.0:Rayonix.0)", {57}, folder.path() / "calib", folder.path() / "cache"};
}
fs::path deployed(const test::TempDir& folder, Constant constant, const std::string& text) {
  const RunPlace place = place_in(folder);
  const fs::path file =
      CalibrationStore(place.calibration_folder, place.source).folder(constant) / "1-end.data";
  write_text(file, text);
  make_old(file);
  return file;
}

TEST(Constants, a_large_file_is_parsed_once_and_then_comes_from_the_cache) {
  const test::TempDir folder;
  Array<float> pedestals{{300, 400}, {}};
  for (int i = 0; i < 300 * 400; ++i) pedestals.values.push_back(static_cast<float>(i) / 16);
  const fs::path file = deployed(folder, Constant::pedestals, format_text_array(pedestals, "pedestals"));
  const Shape shape{1, 300, 400};
  EXPECT_EQ(Constants(place_in(folder)).require_pedestals(shape, 1), pedestals.values);
  EXPECT_FALSE(fs::is_empty(folder.path() / "cache"));
  EXPECT_EQ(Constants(place_in(folder)).require_pedestals(shape, 1), pedestals.values);
  pedestals.values[7] = -1;
  write_text(file, format_text_array(pedestals, "pedestals"));
  EXPECT_EQ(Constants(place_in(folder)).require_pedestals(shape, 1), pedestals.values);
}

TEST(Constants, each_trouble_is_a_sentence_with_the_file_the_reason_and_a_way_out) {
  const test::TempDir folder;
  const Shape shape{1, 2, 3};
  const auto read = [&] { Constants(place_in(folder)).require_pedestals(shape, 1); };
  EXPECT_THAT(refusal(read), testing::AllOf(HasSubstr("no pedestals for run 57 in"),
                                            HasSubstr("needed to calibrate cam"), HasSubstr("dark run")));
  const fs::path file = deployed(folder, Constant::pedestals, "1 2\n3 4\n");
  EXPECT_THAT(refusal(read), testing::AllOf(HasSubstr(file.string()), HasSubstr("holds 2 x 2 numbers"),
                                            HasSubstr("needs 2 x 3")));
  deployed(folder, Constant::pedestals, "1 2 3\n4 5\n");  // cut short
  EXPECT_THAT(refusal(read), HasSubstr("line 2: 2 numbers, the lines before have 3"));
  deployed(folder, Constant::pedestals, "# NDIM 3\n# DIM:0 1\n# DIM:1 2\n# DIM:2 3\n1 2 3\n");
  EXPECT_THAT(refusal(read), HasSubstr("it holds 3 numbers, its header announces 1 x 2 x 3"));
  deployed(folder, Constant::pedestals, "1 2 3\n4 5 six\n");
  EXPECT_THAT(refusal(read), HasSubstr("'six' is not a number"));
}

TEST(Constants, a_geometry_is_refused_with_its_line_and_for_another_detector) {
  const test::TempDir folder;
  const auto read = [&] { Constants(place_in(folder)).read_geometry({1, 2, 3}); };
  deployed(folder, Constant::geometry, "IP 0 MTRX:2:3:1:1 0 0 0 0 0 0 0 0 0\n");
  EXPECT_THAT(refusal(read), HasSubstr("line 1: 12 words, not 13"));
  deployed(folder, Constant::geometry, "IP 0 MTRX:2:2:1:1 0 0 0 0 0 0 0 0 0 0\n");
  EXPECT_THAT(refusal(read), HasSubstr("describes 1 sensors of 2 x 2"));
}

TEST(Constants, status_files_of_every_kind_are_merged) {
  const test::TempDir folder;
  deployed(folder, Constant::pixel_status, "0 1 0\n0 0 0\n");
  deployed(folder, Constant::status_extra, "0 0 1099511627776\n0 0 0\n");
  deployed(folder, Constant::status_data, "0 0 0\n0 0 8\n");
  EXPECT_EQ(Constants(place_in(folder)).read_status({1, 2, 3}, 1, 1), (Mask{1, 0, 0, 1, 1, 0}));
}

}  // namespace
