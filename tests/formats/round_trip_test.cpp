// What the encoder writes, the decoder reads back: each type in each version, and whole shots.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "formats/golden.hpp"
#include "formats/xtc/encode.hpp"
#include "formats/xtc/encode_leaves.hpp"
#include "formats/xtc/names.hpp"

namespace jt::formats::xtc {
namespace {

const Stamp stamp{{1700000000, 5}, {30000}, 4660};
const Src opal = *parse_src("XcsEndstation.0:Opal1000.1");

// A run of one source: its configuration (if any) and one contribution, decoded.
struct OneShot {
  Decoder decoder;
  Event event;
  std::vector<std::byte> datagram;
  OneShot(Src src, TypeId config_type, const Payload& config, TypeId type, const Payload& payload) {
    RunEncoder run(RunNumber{1});
    decoder.configure(run.configure(stamp).leaf(src, config_type, config).finish());
    EXPECT_EQ(decoder.configure_refusals().total(), 0u);
    datagram = run.shot(stamp).leaf(src, type, payload).finish();
    decoder.decode(datagram, event);
  }
  [[nodiscard]] std::vector<std::int64_t> pixels() const {
    std::vector<std::int64_t> values;
    if (event.frames.empty()) return values;
    const auto bytes = test::frame_bytes(event.frames[0]);
    for (std::size_t i = 0; i < bytes.size() / bytes_per_pixel(event.frames[0].type); ++i)
      values.push_back(test::pixel_at(event.frames[0], bytes, i));
    return values;
  }
};

std::vector<std::uint16_t> counting(std::size_t size) {
  std::vector<std::uint16_t> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<std::uint16_t>(i * 7);
  return values;
}

template <class T>
std::vector<std::int64_t> wide(const std::vector<T>& values) {
  return {values.begin(), values.end()};
}

TEST(RoundTrip, of_an_evr_configuration_in_every_version) {
  EvrConfig config;
  config.codes = {{40, true, false, true, 1, 2, 3, 4, 5, "beam", 0}};
  config.pulses = {{1, 0, 119, 1000, 50}};
  config.outputs = {7, 8};
  config.sequencer_sources = 2;
  config.sequencer_cycles = 3;
  config.sequence = {9};
  for (std::uint16_t version = 5; version <= 7; ++version)
    EXPECT_EQ(*read_evr_config(write_evr_config(config, version), version), config);
  EXPECT_EQ(read_evr_config(write_evr_config(config, 7), 4).refusal(), Refusal::unknown_version);
}

TEST(RoundTrip, of_the_partition_in_both_versions) {
  const PartitionConfig config{{0x5, 0x8000}, {{opal, 3}, {make_bld_src(2), 0}}};
  for (std::uint16_t version = 1; version <= 2; ++version) {
    const auto read = read_partition_config(write_partition_config(config, version), version);
    EXPECT_EQ(read->bld_mask, config.bld_mask);
    EXPECT_EQ(read->sources, config.sources);
  }
}

TEST(RoundTrip, of_a_scan_step) {
  ControlConfig config;
  config.uses_duration = true;
  config.duration = {2, 500};
  config.controls = {{"XCS:USR:MMS:01", ControlConfig::Pv::not_array, 1.25}};
  config.monitors = {{"XCS:USR:MMS:01.RBV", 0, 1.2, 1.3}};
  config.labels = {{"comment", "fine scan"}};
  const auto read = read_control_config(write_control_config(config), 4);
  EXPECT_TRUE(read->uses_duration);
  EXPECT_FALSE(read->uses_events);
  EXPECT_EQ(read->duration, config.duration);
  EXPECT_EQ(read->controls, config.controls);
  EXPECT_EQ(read->monitors, config.monitors);
  EXPECT_EQ(read->labels, config.labels);
}

TEST(RoundTrip, of_pv_values_of_every_numeric_type) {
  for (std::int16_t dbr_type = 15; dbr_type <= 20; ++dbr_type) {
    const auto read = read_epics_value(write_epics_value({3, 1, 2, {1700000000, 9}, 42}, dbr_type));
    ASSERT_TRUE(read) << dbr_type;
    EXPECT_EQ(read->value, 42) << dbr_type;
    EXPECT_EQ(read->pv_id, 3);
    EXPECT_EQ(read->severity, 2);
    EXPECT_EQ(read->time, (ShotTime{1700000000, 9}));
  }
}

TEST(RoundTrip, of_an_ipimb_with_its_swapped_counter) {
  IpimbData data;
  data.trigger_counter = 0x0001000200030004;
  data.channel = {1, 2, 3, 4};
  const Payload payload = write_ipimb_data(data);
  EXPECT_EQ(load<std::uint16_t>(payload, 0), 1);  // the highest word comes first
  EXPECT_EQ(load<std::uint16_t>(payload, 6), 4);
  EXPECT_EQ(load<std::uint16_t>(payload, 14), 1);  // channel 0
  EXPECT_EQ(read_ipimb_data(payload, 2)->trigger_counter, data.trigger_counter);
  const Payload shared = write_shared_ipimb(data, {}, {1, 2, 3, 4, 10, 5, 6});
  EXPECT_EQ(shared.size(), 120u);
  EXPECT_EQ(load<float>(shared, 108), 10.0f);  // the sum
}

TEST(RoundTrip, of_an_opal_configuration_with_table_and_defects) {
  OpalConfig config{.black_level = 32,
                    .gain_percent = 100,
                    .depth = 12,
                    .lookup_table = counting(4096),
                    .defects = {{5, 6}}};
  const auto read = read_opal_config(write_opal_config(config), 1);
  EXPECT_EQ(read->depth, 12u);
  EXPECT_EQ(read->lookup_table, config.lookup_table);
  EXPECT_EQ(read->defects, config.defects);
}

TEST(RoundTrip, of_a_rayonix_configuration_gives_the_shape) {
  const auto mx170 = read_rayonix_config(write_rayonix_config({2, 2, 0, 0, 0, 0, 0, 1, "MX170-HS:125"}), 2);
  EXPECT_EQ(mx170->shape(), (Shape{1, 1920, 1920}));
  const auto mx340 =
      read_rayonix_config(write_rayonix_config({4, 8, 0, 0, 0, 0, 0, 1, "MX340-HS:125"}, 1), 1);
  EXPECT_EQ(mx340->shape(), (Shape{1, 960, 1920}));  // binning fast 4: columns, slow 8: rows
}

TEST(RoundTrip, of_an_eight_bit_camera) {
  const std::vector<std::uint8_t> image = {1, 2, 3, 4, 5, 255};
  const CameraFrame frame{3, 2, 8, 7, std::as_bytes(std::span(image))};
  const OneShot shot(opal, make_type(type_opal_config, 1),
                     write_opal_config({.depth = 8, .lookup_table = {}, .defects = {}}),
                     make_type(type_frame, 1), write_frame(frame));
  EXPECT_EQ(shot.pixels(), wide(image));
  EXPECT_EQ(shot.event.frames[0].raw().saturated_from, 255u);
  EXPECT_EQ(shot.event.frames[0].offset, 7u);
  EXPECT_EQ(shot.decoder.run().detectors[0].shape, (Shape{1, 2, 3}));  // the frame has the last word
}

TEST(RoundTrip, of_an_alvium_camera) {
  const auto image = counting(12);
  const OneShot shot(*parse_src("MfxEndstation.0:Alvium.0"), make_type(type_alvium_config, 1),
                     write_alvium_config({4, 3, 12}), make_type(type_vimba_frame, 1),
                     write_vimba_frame(1, std::as_bytes(std::span(image))));
  EXPECT_EQ(shot.pixels(), wide(image));
}

TEST(RoundTrip, of_a_jungfrau_in_every_version) {
  JungfrauConfig config;
  config.modules = 2;
  config.rows = 3;
  config.cols = 4;
  config.gain_mode = 5;
  config.module_info = {{11, 1, 2}, {12, 1, 2}};
  const auto image = counting(24);
  for (std::uint16_t version = 1; version <= 4; ++version)
    for (std::uint16_t element = 1; element <= 2; ++element) {
      const JungfrauFrame frame{1, 2, 30000, std::as_bytes(std::span(image))};
      const OneShot shot(*parse_src("CxiDs1.0:Jungfrau.0"), make_type(type_jungfrau_config, version),
                         write_jungfrau_config(config, version), make_type(type_jungfrau_element, element),
                         write_jungfrau_element(frame, config.shape(), element));
      EXPECT_EQ(shot.pixels(), wide(image)) << version << " " << element;
      EXPECT_EQ(shot.decoder.run().detectors[0].gain->jungfrau_gain_mode, 5);
    }
}

TEST(RoundTrip, of_an_epix100a_in_every_version) {
  const EpixLayout layout{2, 2, 4, 6, 2, 1, 0};
  const EpixSize size{8, 12, 4, 2, 4};
  const auto image = counting(96);
  const Src src = *parse_src("XcsEndstation.0:Epix100a.0");
  for (std::uint16_t version = 1; version <= 2; ++version)
    for (std::uint16_t element = 2; element <= 3; ++element) {
      const OneShot shot(src, make_type(type_epix100a_config, version),
                         write_epix100a_config(layout, version), make_type(type_epix_element, element),
                         write_epix_element(size, 1, image));
      EXPECT_EQ(shot.pixels(), wide(image)) << version;
    }
  const OneShot old(src, make_type(type_epix_config, 1), write_epix_config(layout),
                    make_type(type_epix_element, 1), write_epix_element({8, 12, 0, 0, 4}, 1, image));
  EXPECT_EQ(old.pixels(), wide(image));
}

GainSetup::Epix10kaPanel a_panel(std::uint16_t word) {
  return {{1, 0, 1, 0}, std::vector<std::uint16_t>(layout::epix10ka_panel_pixels, word)};
}

TEST(RoundTrip, of_an_epix10ka_and_its_quad_with_their_gains) {
  const auto one = counting(layout::epix10ka_panel_pixels),
             four = counting(4 * layout::epix10ka_panel_pixels);
  const std::vector<GainSetup::Epix10kaPanel> panels = {a_panel(12), a_panel(8), a_panel(0), a_panel(4)};
  for (std::uint16_t version = 1; version <= 2; ++version) {
    const OneShot single(*parse_src("XcsEndstation.0:Epix10ka.0"), make_type(type_epix10ka_config, version),
                         write_epix10ka_config(panels[0], version), make_type(type_epix_element, 3),
                         write_epix_element({352, 384, 4, 2, 4}, 1, one));
    EXPECT_EQ(single.pixels(), wide(one));
    const OneShot quad(*parse_src("XcsEndstation.0:Epix10kaQuad.0"),
                       make_type(type_epix10ka_quad_config, version),
                       write_epix10ka_array_config(panels, version), make_type(type_epix10ka_array, 1),
                       write_epix10ka_array(1, four));
    EXPECT_EQ(quad.pixels(), wide(four));
    EXPECT_EQ(quad.decoder.run().detectors[0].kind, DetectorKind::epix10ka_quad);
    const GainSetup& gain = *quad.decoder.run().detectors[0].gain;
    ASSERT_EQ(gain.epix10ka.size(), 4u);
    for (std::size_t i = 0; i < 4; ++i) {
      EXPECT_EQ(gain.epix10ka[i].pixel_config, panels[i].pixel_config);
      EXPECT_THAT(gain.epix10ka[i].trbit, testing::ElementsAre(1, 0, 1, 0));
    }
  }
}

TEST(RoundTrip, of_a_cspad_in_every_version_with_quads_in_any_order) {
  CspadConfig config;
  config.asic_mask = 0xf;
  config.quad_mask = 0xf;
  config.roi_mask = 0x01000003;  // quad 0: sections 0 and 1; quad 3: section 0; quads 1 and 2 send no section
  config.gain_maps.resize(4);
  for (auto& quad : config.gain_maps) quad.gain_map = counting(185 * 194);
  std::vector<std::int16_t> two(2 * 185 * 388, -5), one(185 * 388, 9);
  const std::vector<CspadQuadFrame> quads = {{3, one}, {1, {}}, {0, two}, {2, {}}};
  for (std::uint16_t version = 2; version <= 5; ++version) {
    const OneShot shot(*parse_src("CxiDsd.0:Cspad.0"), make_type(type_cspad_config, version),
                       write_cspad_config(config, version), make_type(type_cspad_element, 2),
                       write_cspad_element(quads));
    ASSERT_EQ(shot.event.frames.size(), 1u) << version;
    const auto panels = shot.event.frames[0].panels();
    ASSERT_EQ(panels.size(), 3u);
    EXPECT_EQ(panels[0].panel, 24);  // quad 3, section 0
    EXPECT_EQ(panels[1].panel, 0);
    EXPECT_EQ(panels[2].panel, 1);
    EXPECT_EQ(shot.pixels().front(), 9);
    EXPECT_EQ(shot.pixels().back(), -5);
    EXPECT_EQ(shot.decoder.run().detectors[0].gain->cspad[3].gain_map, config.gain_maps[3].gain_map);
  }
}

TEST(Decoder, refuses_a_frame_whose_configuration_is_missing) {
  RunEncoder run(RunNumber{1});
  Decoder decoder;
  Event event;
  const auto image = counting(16);
  const auto shot =
      run.shot(stamp)
          .leaf(*parse_src("CxiDs1.0:Jungfrau.0"), make_type(type_jungfrau_element, 1),
                write_jungfrau_element({1, 0, 0, std::as_bytes(std::span(image))}, {1, 4, 4}, 1))
          .finish();
  decoder.decode(shot, event);
  EXPECT_TRUE(event.frames.empty());
  EXPECT_EQ(event.refusals[Refusal::bad_configuration], 1u);
}

TEST(Decoder, refuses_a_camera_that_changes_its_shape_and_a_second_frame) {
  RunEncoder run(RunNumber{1});
  Decoder decoder;
  Event event;
  const auto image = counting(16);
  const Payload square = write_frame({4, 4, 12, 0, std::as_bytes(std::span(image))}),
                wide_one = write_frame({8, 2, 12, 0, std::as_bytes(std::span(image))});
  const TypeId type = make_type(type_frame, 1);
  const auto twice = run.shot(stamp).leaf(opal, type, square).leaf(opal, type, square).finish();
  decoder.decode(twice, event);
  EXPECT_EQ(event.frames.size(), 1u);
  EXPECT_EQ(event.refusals[Refusal::duplicate], 1u);
  const auto other = run.shot(stamp).leaf(opal, type, wide_one).finish();
  decoder.decode(other, event);
  EXPECT_TRUE(event.frames.empty());
  EXPECT_EQ(event.refusals[Refusal::bad_configuration], 1u);
}

TEST(Decoder, counts_a_shot_whose_payload_the_trigger_removed) {
  RunEncoder run(RunNumber{1});
  Decoder decoder;
  Event event;
  decoder.decode(run.shot(stamp, 0x80000201).finish(), event);  // env bit 31: trimmed
  EXPECT_EQ(event.refusals[Refusal::trimmed], 1u);
  EXPECT_EQ(event.refusals[Refusal::empty], 0u);
}

TEST(Decoder, joins_what_a_control_stream_says_of_the_same_shot) {
  RunEncoder run(RunNumber{1});
  const auto image = counting(16);
  const Src camera = *parse_src("XcsEndstation.0:ControlsCamera.1");
  Decoder decoder;
  Event event;
  const std::vector<FifoEvent> codes = {{30000, 0, 40}};
  const auto main =
      run.shot(stamp)
          .leaf(*parse_src("NoDetector.0:Evr.0"), make_type(type_evr_data, 4), write_evr_data(codes))
          .finish();
  const auto control =
      run.shot(stamp)
          .leaf(camera, make_type(type_frame, 1), write_frame({4, 4, 12, 0, std::as_bytes(std::span(image))}))
          .finish();
  decoder.decode(main, event);
  decoder.join(control, event);
  EXPECT_TRUE(event.has_code({40}));
  ASSERT_EQ(event.frames.size(), 1u);
  EXPECT_EQ(decoder.run().detectors[0].kind, DetectorKind::controls_camera);
}

TEST(Datagram, header_bytes_are_what_they_say) {
  const std::array<std::uint8_t, 40> bytes = {0x15, 0xcd, 0x5b, 0x07,   // 123456789 ns
                                              0x20, 0x3f, 0x54, 0x65,   // 1700020000 s
                                              0x34, 0x12, 0x00, 0x0c,   // 4660 ticks, L1Accept
                                              0xc0, 0x75, 0x02, 0x00,   // fiducial 30144, vector 1
                                              0x01, 0x01, 0x00, 0x00,   // env
                                              0x00, 0x10, 0x00, 0x00,   // root damage: OutOfOrder
                                              0x09, 0x03, 0x00, 0x03,   // root source: level Event
                                              0x01, 0x0a, 0x15, 0xac,   // 172.21.10.1
                                              0x01, 0x00, 0x00, 0x00,   // Xtc
                                              0x14, 0x00, 0x00, 0x00};  // extent 20
  const auto header = read_header(std::as_bytes(std::span(bytes)));
  ASSERT_TRUE(header);
  EXPECT_EQ(header->time, (ShotTime{1700020000, 123456789}));
  EXPECT_EQ(header->service, Transition::l1_accept);
  EXPECT_EQ(header->ticks, 4660u);
  EXPECT_EQ(header->fiducial.value, 30144u);
  EXPECT_EQ(header->vector, 1u);
  EXPECT_EQ(header->env, 257u);
  EXPECT_EQ(header->root.damage, damage::out_of_order);
  EXPECT_EQ(header->root.src.level(), Level::event);
  EXPECT_EQ(header->size(), 40u);
}

TEST(Stamps, follow_the_machine_and_wrap) {
  const Stamp one_second = later({{100, 0}, {131037}, 0}, 120);
  EXPECT_EQ(one_second.time, (ShotTime{101, 0}));
  EXPECT_EQ(one_second.fiducial.value, 131037u + 360u - 131040u);
}

TEST(Hist16, bytes_unpack_as_worked_out_by_hand) {
  // pixels 100, 101, 5000, 100: three lie within 255 of the base 100
  const std::array<std::uint8_t, 29> packed = {1,    0,    0,    0,        // flag: plain bitmap
                                               0xb5, 0x14, 0,    0,        // checksum: the sum, 5301
                                               17,   0,    0,    0,        // bytes that follow
                                               100,  0,                    // base
                                               5,    0,    0,    0,        // data bytes
                                               0,    1,    0x88, 0x13, 0,  // 100+0, 100+1, 5000, 100+0
                                               1,    0,    0,    0,        // bitmap words
                                               0x0b, 0};                   // bits 0, 1 and 3: mapped
  std::vector<std::byte> bytes(packed.size());
  std::memcpy(bytes.data(), packed.data(), packed.size());
  std::array<std::uint16_t, 4> image{};
  EXPECT_TRUE(detail::unpack_hist16(bytes, std::as_writable_bytes(std::span(image))));
  EXPECT_THAT(image, testing::ElementsAre(100, 101, 5000, 100));
  bytes[4] = std::byte{0};  // a checksum that differs
  EXPECT_FALSE(detail::unpack_hist16(bytes, std::as_writable_bytes(std::span(image))));
}

RC_GTEST_PROP(RoundTrip, of_any_packed_image, (const std::vector<std::uint16_t>& image)) {
  for (const Engine engine : {Engine::none, Engine::hist16, Engine::histn})
    for (const Bitmap bitmap : {Bitmap::raw_pixels, Bitmap::plain, Bitmap::run_length}) {
      std::vector<std::byte> packed;
      pack_block({}, std::as_bytes(std::span(image)), 2, engine, bitmap, packed);
      std::vector<std::uint16_t> out(image.size());
      RC_ASSERT(unpacked_size(packed) == image.size() * 2);
      RC_ASSERT(unpack(packed, std::as_writable_bytes(std::span(out))));
      RC_ASSERT(out == image);
    }
}

RC_GTEST_PROP(RoundTrip, of_any_event_codes, (const std::vector<std::uint16_t>& codes)) {
  RunEncoder run(RunNumber{1});
  std::vector<FifoEvent> events;
  for (const std::uint16_t code : codes) {
    events.push_back({30000, 1, code});
    events.push_back({29997, 1, code});  // stale
  }
  Decoder decoder;
  Event event;
  decoder.decode(
      run.shot(stamp)
          .leaf(*parse_src("NoDetector.0:Evr.0"), make_type(type_evr_data, 3), write_evr_data(events))
          .finish(),
      event);
  std::vector<std::uint16_t> found;
  for (const EventCode code : event.codes) found.push_back(code.value);
  RC_ASSERT(found == codes);
  RC_ASSERT(event.refusals[Refusal::stale_event_code] == codes.size());
}

RC_GTEST_PROP(RoundTrip, of_any_gas_detector_values, (const std::array<double, 6>& values)) {
  RunEncoder run(RunNumber{1});
  Decoder decoder;
  Event event;
  decoder.decode(run.shot(stamp)
                     .leaf(make_bld_src(2), make_type(type_gas_detector, 1), write_gas_detector(values))
                     .finish(),
                 event);
  RC_ASSERT(event.readings.size() == 1u);
  RC_ASSERT(std::equal(values.begin(), values.end(), event.readings[0].values.begin()));
}

}  // namespace
}  // namespace jt::formats::xtc
