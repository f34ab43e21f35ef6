#include "calibration/small_data.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <hdf5.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <functional>
#include <random>

#include "core/atomic_file.hpp"
#include "core/errors.hpp"
#include "support/support.hpp"

namespace {

using namespace jt::calibration;
namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();

// Shot s: i0 = 1 + s / 100, ring = 10 s, profile bin b = 1000 s + b; every third is not used, shot 1 has no
// jet.
ShotTable made_up_table(std::size_t shots, std::size_t bins) {
  ShotTable table;
  table.bins = bins;
  for (std::size_t s = 0; s < shots; ++s) {
    ShotRow row;
    row.i0 = 1 + static_cast<double>(s) / 100;
    row.ring = 10 * static_cast<double>(s);
    row.ratio = row.ring / row.i0;
    row.jet_peak = s == 1 ? nan_value : 30000 + static_cast<double>(s);
    row.jet_loc = s == 1 ? nan_value : 512.25;
    row.time = {1700040000, static_cast<std::uint32_t>(s)};
    row.fiducial = {static_cast<std::uint32_t>(3 * s)};
    row.used = s % 3 != 0;
    table.shots.push_back(row);
    for (std::size_t b = 0; b < bins; ++b)
      table.azav.push_back(b == 0 ? nan_value : 1000.0 * static_cast<double>(s) + static_cast<double>(b));
  }
  return table;
}

Result made_up_result(std::size_t bins) {
  Result result;
  result.provenance.hutch = "xcs";
  result.provenance.experiment = "xcsjt1236";
  result.provenance.run = 40;
  result.provenance.i0_source = "XCS-SB2-BMMON";
  result.provenance.i0_quantity = "TotalIntensity";
  result.ring.window = {28, 34};
  for (std::size_t b = 0; b <= bins; ++b) result.ring.bin_edges.push_back(0.5 * static_cast<double>(b));
  return result;
}

std::string sentence_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const jt::SetupError& error) {
    return error.what();
  }
  return "no error";
}

TEST(small_data, what_is_written_is_read_back_over_several_batches) {
  const jt::test::TempDir dir;
  const fs::path file = dir.path() / "scratch/run40_jt_cal.h5";
  const ShotTable table = made_up_table(2500, 7);
  write_small_data(table, made_up_result(7), file);
  const SmallData read = read_small_data(file);
  EXPECT_EQ(read.hutch, "xcs");
  EXPECT_EQ(read.experiment, "xcsjt1236");
  EXPECT_EQ(read.run, 40);
  EXPECT_EQ(read.radius_unit, "px");
  EXPECT_EQ(read.bin_edges, made_up_result(7).ring.bin_edges);
  ASSERT_EQ(read.table.bins, 7u);
  ASSERT_EQ(read.table.shots.size(), 2500u);
  const auto same = [](double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); };
  for (std::size_t s = 0; s < 2500; ++s) {
    const ShotRow &a = table.shots[s], &b = read.table.shots[s];
    ASSERT_TRUE(same(a.i0, b.i0) && same(a.ring, b.ring) && same(a.ratio, b.ratio)) << s;
    ASSERT_TRUE(same(a.jet_peak, b.jet_peak) && same(a.jet_loc, b.jet_loc)) << s;
    ASSERT_TRUE(a.time == b.time && a.fiducial == b.fiducial && a.used == b.used) << s;
  }
  for (std::size_t i = 0; i < table.azav.size(); ++i)
    ASSERT_TRUE(same(table.azav[i], read.table.azav[i])) << i;
}

// The file as any HDF5 program sees it, through the C library alone.
TEST(small_data, the_file_has_the_promised_datasets_with_axes_and_units) {
  const jt::test::TempDir dir;
  const fs::path path = dir.path() / "run40_jt_cal.h5";
  write_small_data(made_up_table(5, 4), made_up_result(4), path);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  for (const char* name :
       {"/i0", "/azav", "/ring", "/ratio", "/jet_peak", "/jet_loc", "/sec", "/nsec", "/fiducial", "/used"}) {
    const hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT);
    ASSERT_GE(dataset, 0) << name;
    EXPECT_GT(H5Aexists(dataset, "axes"), 0) << name;
    EXPECT_GT(H5Aexists(dataset, "units"), 0) << name;
    const hid_t space = H5Dget_space(dataset), plan = H5Dget_create_plist(dataset);
    hsize_t dims[2] = {0, 0};
    EXPECT_EQ(H5Sget_simple_extent_ndims(space), std::string(name) == "/azav" ? 2 : 1) << name;
    H5Sget_simple_extent_dims(space, dims, nullptr);
    EXPECT_EQ(dims[0], 5u) << name;
    EXPECT_EQ(H5Pget_layout(plan), H5D_CHUNKED) << name;
    H5Pclose(plan);
    H5Sclose(space);
    H5Dclose(dataset);
  }
  double profiles[5][4];
  const hid_t azav = H5Dopen2(file, "/azav", H5P_DEFAULT);
  ASSERT_GE(H5Dread(azav, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, profiles), 0);
  EXPECT_EQ(profiles[3][2], 3002);
  EXPECT_TRUE(std::isnan(profiles[3][0]));
  H5Dclose(azav);
  unsigned char used[5];
  const hid_t used_set = H5Dopen2(file, "/used", H5P_DEFAULT);
  ASSERT_GE(H5Dread(used_set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, used), 0);
  EXPECT_THAT(used, testing::ElementsAre(0, 1, 1, 0, 1));
  H5Dclose(used_set);
  H5Fclose(file);
}

TEST(small_data, many_bins_and_no_shots_can_be_written_too) {
  const jt::test::TempDir dir;
  const fs::path file = dir.path() / "run1_jt_cal.h5";
  write_small_data(made_up_table(2, 20000), made_up_result(20000), file);  // edges of 160 kB in one attribute
  EXPECT_EQ(read_small_data(file).bin_edges.size(), 20001u);
  write_small_data(made_up_table(0, 10), made_up_result(10), file);
  EXPECT_TRUE(read_small_data(file).table.shots.empty());
}

TEST(small_data, a_missing_foreign_or_cut_file_is_a_sentence) {
  const jt::test::TempDir dir;
  EXPECT_THAT(sentence_of([&] { read_small_data(dir.path() / "run9_jt_cal.h5"); }),
              HasSubstr("Run jt calibrate"));
  jt::test::write_text(dir.path() / "foreign.h5", "this is no HDF5 file");
  EXPECT_THAT(sentence_of([&] { read_small_data(dir.path() / "foreign.h5"); }),
              HasSubstr("foreign.h5 cannot be read as shots of a calibration"));

  write_small_data(made_up_table(1500, 8), made_up_result(8), dir.path() / "whole.h5");
  const auto bytes = jt::test::read_bytes(dir.path() / "whole.h5");
  for (const double share : {0.1, 0.5, 0.99}) {
    const auto part =
        std::span(bytes).first(static_cast<std::size_t>(share * static_cast<double>(bytes.size())));
    jt::test::write_bytes(dir.path() / "cut.h5", part);
    EXPECT_THAT(sentence_of([&] { read_small_data(dir.path() / "cut.h5"); }), HasSubstr("cannot be read"))
        << share;
  }
}

TEST(small_data, a_file_without_one_of_the_datasets_or_with_a_shorter_one_is_refused_by_name) {
  const jt::test::TempDir dir;
  const fs::path path = dir.path() / "run40_jt_cal.h5";
  write_small_data(made_up_table(5, 4), made_up_result(4), path);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(file, "/nsec", H5P_DEFAULT);
  H5Fclose(file);
  EXPECT_THAT(sentence_of([&] { read_small_data(path); }), HasSubstr("nsec"));

  write_small_data(made_up_table(5, 4), made_up_result(4), path);
  const hid_t again = H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  H5Ldelete(again, "/i0", H5P_DEFAULT);
  H5Lmove(again, "/azav", again, "/i0", H5P_DEFAULT, H5P_DEFAULT);
  const hsize_t huge[2] = {hsize_t{1} << 40, hsize_t{1} << 20}, chunk[2] = {1, 16};
  const hid_t space = H5Screate_simple(2, huge, nullptr), plan = H5Pcreate(H5P_DATASET_CREATE);
  H5Pset_chunk(plan, 2, chunk);
  H5Dclose(H5Dcreate2(again, "/azav", H5T_IEEE_F64LE, space, H5P_DEFAULT, plan,
                      H5P_DEFAULT));  // claims 2^60 values
  H5Pclose(plan);
  H5Sclose(space);
  H5Fclose(again);
  EXPECT_THAT(sentence_of([&] { read_small_data(path); }), HasSubstr("/azav is larger than what is stored"));
}

// What `body` answers in a child process of its own.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

constexpr int cannot_be_tried = 77;

TEST(small_data, a_full_disk_is_told_and_keeps_the_earlier_file) {
  const jt::test::TempDir dir;
  const int answer = in_child([&] {
    if (unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS) != 0) return cannot_be_tried;
    if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return cannot_be_tried;
    if (mount("tmpfs", dir.path().c_str(), "tmpfs", 0, "size=256k") != 0) return cannot_be_tried;
    const fs::path file = dir.path() / "run40_jt_cal.h5";
    write_small_data(made_up_table(10, 10), made_up_result(10), file);
    const std::string sentence =
        sentence_of([&] { write_small_data(made_up_table(1200, 100), made_up_result(100), file); });
    const std::string full =
        "the disk of " + dir.path().string() + " is full while writing run40_jt_cal.h5: 1.";
    if (sentence.find(full) != 0 || sentence.find(" MB were to be written") == std::string::npos) return 1;
    if (read_small_data(file).table.shots.size() != 10) return 2;
    if (std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()) != 1) return 3;
    alarm(60);     // the end of the program must neither hang
    std::exit(0);  // nor crash: HDF5 does when a disk filled up under one of its files
  });
  if (answer == cannot_be_tried) GTEST_SKIP() << "no small disk can be mounted here";
  EXPECT_EQ(answer, 0);
}

TEST(small_data, killed_at_any_moment_it_leaves_a_whole_file_or_none) {
  const jt::test::TempDir dir;
  const fs::path file = dir.path() / "run40_jt_cal.h5";
  const ShotTable table = made_up_table(1200, 100);
  const Result result = made_up_result(100);
  std::mt19937 random(2);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = fork();
    if (child == 0)
      for (;;) write_small_data(table, result, file);
    usleep(static_cast<useconds_t>(random() % 40000));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    if (fs::exists(file)) {
      ASSERT_EQ(read_small_data(file).table.shots.size(), 1200u);
    }
    for (const auto& entry : fs::directory_iterator(dir.path()))
      ASSERT_TRUE(entry.path() == file || jt::is_partial_name(entry.path().filename().string()))
          << entry.path();
  }
  write_small_data(table, result, file);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), fs::directory_iterator()), 1);
}

}  // namespace
