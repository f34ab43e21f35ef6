#include "reduction/reduce_shot.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "reduction/radial_bins.hpp"

namespace {

using namespace jt::reduction;

// A shot with codes 40 and 137, i0 = 2, and a 4 x 4 frame of tens.
struct Shot {
  std::vector<std::uint16_t> pixels = std::vector<std::uint16_t>(16, 10);
  jt::formats::Event event;

  Shot() {
    event.codes = {{40}, {137}};
    jt::formats::MonitorReading reading;
    reading.monitor = 0;
    reading.values[0] = 2.0;
    event.readings.push_back(reading);
    jt::formats::Frame frame;
    frame.shape = {1, 4, 4};
    frame.panel_count = 1;
    frame.panel_views[0] = {0, reinterpret_cast<const std::byte*>(pixels.data())};
    event.frames.push_back(frame);
  }
};

struct Walk {
  std::unique_ptr<jt::detector::AreaDetector> detector = jt::detector::make_camera({1, 4, 4}, {});
  RadialBins bins = make_radial_bins(detector->pixels(), {2, 2}, 3);
  WorkerPool pool{1};
  FrameReader frames{*detector, bins.pixel_bins, pool};
  ShotPlan plan;

  Walk() {
    plan.event_code = {137};
    plan.i0 = jt::formats::MonitorQuantity{0, 0};
    plan.detector = 0;
    plan.ring = RingMeasure{Metric::sum, {0, 1, false}, {}, {}};
  }
  ReducedShot of(const Shot& shot) { return reduce_shot(shot.event, plan, frames, nullptr); }
};

TEST(reduce_shot, a_good_shot_has_i0_profile_ring_and_ratio) {
  Walk walk;
  const Shot good;
  const auto shot = walk.of(good);
  EXPECT_FALSE(shot.dropped);
  EXPECT_EQ(shot.i0, 2);
  EXPECT_EQ(shot.profile.size(), 3u);
  EXPECT_EQ(shot.ring, 20);   // two bins of mean 10
  EXPECT_EQ(shot.ratio, 10);  // 20 / 2
}

TEST(reduce_shot, each_refusal_has_its_cause) {
  Walk walk;
  Shot other_code, excluded, no_i0, nan_i0, outside, no_frame, wrong_shape;
  other_code.event.codes = {{40}};
  excluded.event.codes = {{137}, {162}};
  walk.plan.excluded = {{162}};
  no_i0.event.readings.clear();
  nan_i0.event.readings[0].values[0] = std::nan("");
  outside.event.readings[0].values[0] = 5;
  walk.plan.cut = I0Window{1, 3, true};
  no_frame.event.frames.clear();
  wrong_shape.event.frames[0].shape = {1, 2, 8};
  EXPECT_EQ(walk.of(other_code).dropped, Lost::other_event_code);
  EXPECT_EQ(walk.of(excluded).dropped, Lost::excluded_code);
  EXPECT_EQ(walk.of(no_i0).dropped, Lost::no_i0);
  EXPECT_EQ(walk.of(nan_i0).dropped, Lost::no_i0);
  EXPECT_EQ(walk.of(outside).dropped, Lost::i0_outside);
  EXPECT_EQ(walk.of(no_frame).dropped, Lost::no_frame);
  EXPECT_EQ(walk.of(wrong_shape).dropped, Lost::wrong_frame_shape);
}

TEST(reduce_shot, a_frame_with_every_ring_pixel_saturated_has_no_ring) {
  Walk walk;
  Shot blinded;
  std::fill(blinded.pixels.begin(), blinded.pixels.end(), std::uint16_t{65535});
  const auto shot = walk.of(blinded);
  EXPECT_EQ(shot.dropped, Lost::no_ring_pixels);
  EXPECT_EQ(shot.saturated, 16u);
  EXPECT_TRUE(std::isnan(shot.ring));
}

TEST(reduce_shot, the_contrast_metric_takes_the_baseline_away) {
  const std::vector<double> profile{4, 5, 16, 7, 8};  // 10 above the line 4 + k at bin 2
  const RingMeasure measure{Metric::contrast, {2, 2, false}, {0, 1, false}, {3, 4, false}};
  EXPECT_DOUBLE_EQ(measure_ring(measure, profile), 10);
}

TEST(reduce_shot, the_edges_belong_to_our_cut_and_not_to_the_originals) {
  EXPECT_TRUE((I0Window{1, 3, true}).accepts(1));
  EXPECT_TRUE((I0Window{1, 3, true}).accepts(3));
  EXPECT_FALSE((I0Window{1, 3, false}).accepts(1));
  EXPECT_FALSE((I0Window{1, 3, false}).accepts(3));
  EXPECT_FALSE((I0Window{1, 3, true}).accepts(std::nan("")));
}

}  // namespace
