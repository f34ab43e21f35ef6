// Writes the seeds of the formats' fuzz targets: small runs and payloads made by the encoder.
// make_formats_corpus FOLDER; run by hand when a type is added, the result is committed.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "formats/xtc/encode.hpp"
#include "formats/xtc/encode_leaves.hpp"
#include "formats/xtc/names.hpp"

namespace {

using namespace jt::formats;
using namespace jt::formats::xtc;

void write(const std::filesystem::path& file, std::initializer_list<Bytes> parts) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary);
  for (const Bytes part : parts)
    out.write(reinterpret_cast<const char*>(part.data()), static_cast<std::streamsize>(part.size()));
}

const Stamp stamp{{1700000000, 0}, {30000}, 4660};
const Src evr = *parse_src("NoDetector.0:Evr.0"), opal = *parse_src("XcsEndstation.0:Opal1000.1"),
          jungfrau = *parse_src("CxiDs1.0:Jungfrau.0"), epix = *parse_src("XcsEndstation.0:Epix100a.0"),
          alvium = *parse_src("MfxEndstation.0:Alvium.0"), pvs = *parse_src("EpicsArch.0:NoDevice.0"),
          ipm = *parse_src("XcsEndstation.1:Ipimb.0"), cspad = *parse_src("CxiDsd.0:Cspad.0");
const std::vector<std::uint16_t> pixels(64, 21);

CameraFrame small_frame() { return {8, 8, 12, 32, std::as_bytes(std::span(pixels))}; }

std::vector<std::byte> configure(RunEncoder& run) {
  JungfrauConfig module;
  module.modules = 1;
  module.rows = module.cols = 8;
  const std::vector<SourceAlias> aliases = {{opal, "opal_1"}};
  const std::vector<EpicsAlias> pv_aliases = {{0, "jet_x", 1}};
  PartitionConfig partition{{0x5, 0, 0x8000}, {{evr, 0}, {opal, 0}}};
  return run.configure(stamp)
      .begin(make_node_src(Level::control, 0x7f000001))
      .leaf(make_node_src(Level::control, 0), make_type(type_alias_config, 1), write_alias_config(aliases))
      .leaf(make_node_src(Level::control, 0), make_type(type_partition_config, 2),
            write_partition_config(partition))
      .leaf(make_node_src(Level::control, 0), make_type(type_control_config, 4), write_control_config({}))
      .end()
      .begin(make_node_src(Level::segment, 0x7f000001))
      .leaf(evr, make_type(type_evr_config, 7),
            write_evr_config({{{40, true, false, false, 0, 0, 0, 0, 0, "120 Hz", 0}}, {}, {}, 0, 0, {}}))
      .leaf(opal, make_type(type_opal_config, 1),
            write_opal_config({.depth = 12, .lookup_table = {}, .defects = {}}))
      .leaf(jungfrau, make_type(type_jungfrau_config, 2), write_jungfrau_config(module, 2))
      .leaf(epix, make_type(type_epix100a_config, 2), write_epix100a_config({2, 2, 4, 4, 2, 1, 0}))
      .leaf(alvium, make_type(type_alvium_config, 1), write_alvium_config({8, 8, 12}))
      .leaf(pvs, make_type(type_epics_config, 1), write_epics_config(pv_aliases))
      .leaf(pvs, make_type(type_epics, 1), write_epics_name(0, "XCS:JET:X"))
      .leaf(ipm, make_type(type_ipm_fex_config, 2), write_ipm_fex_config({}))
      .finish();
}

DatagramWriter shot_with_readings(RunEncoder& run) {
  const std::vector<FifoEvent> events = {{30000, 1, 40}, {30000, 2, 137}, {29997, 3, 140}};
  DatagramWriter out = run.shot(stamp);
  out.begin(make_node_src(Level::segment, 0x7f000001))
      .leaf(evr, make_type(type_evr_data, 4), write_evr_data(events))
      .leaf(make_bld_src(2), make_type(type_gas_detector, 1), write_gas_detector({1, 2, 3, 4, 5, 6}))
      .leaf(make_bld_src(0), make_type(type_ebeam, 7), write_ebeam({}), damage::user)
      .leaf(make_bld_src(79), make_type(type_beam_monitor, 1), write_beam_monitor({}))
      .leaf(ipm, make_type(type_ipm_fex, 1), write_ipm_fex({1, 2, 3, 4, 10, 0, 0}))
      .leaf(pvs, make_type(type_epics, 1), write_epics_value({0, 0, 0, {1700000000, 0}, 1.5}))
      .end();
  return out;
}

std::vector<std::byte> shot_with_frames(RunEncoder& run, bool packed) {
  const EpixSize size{8, 8, 4, 2, 4};
  DatagramWriter out = shot_with_readings(run);
  out.begin(make_node_src(Level::segment, 0x7f000002));
  if (packed)
    out.leaf(opal, make_type(type_frame, 1, true),
             write_packed_frame(small_frame(), Engine::histn, Bitmap::run_length));
  else
    out.leaf(opal, make_type(type_frame, 1), write_frame(small_frame()));
  out.leaf(jungfrau, make_type(type_jungfrau_element, 2),
           write_jungfrau_element({1, 2, 30000, std::as_bytes(std::span(pixels))}, {1, 8, 8}))
      .leaf(epix, make_type(type_epix_element, 3), write_epix_element(size, 1, pixels))
      .leaf(alvium, make_type(type_vimba_frame, 1), write_vimba_frame(1, std::as_bytes(std::span(pixels))));
  return out.finish();
}

void write_decode_seeds(const std::filesystem::path& folder) {
  RunEncoder run(jt::RunNumber{1});
  const std::vector<std::byte> plain(8), quads = {std::byte{'C'}, std::byte{0xf}, {}, {}, {}, {}, {}, {}};
  const auto config = configure(run);
  const auto readings = shot_with_readings(run).finish(), frames = shot_with_frames(run, false),
             packed = shot_with_frames(run, true);
  const auto small = *small_datagram(frames, 1000, 128);
  std::vector<CspadQuadFrame> empty_quads(4);
  for (std::uint32_t quad = 0; quad < 4; ++quad) empty_quads[quad].quad = quad;
  const auto panels = run.shot(stamp)
                          .leaf(cspad, make_type(type_cspad_element, 2), write_cspad_element(empty_quads))
                          .finish();
  write(folder / "readings", {plain, config, readings, readings});
  write(folder / "frames", {plain, config, frames, readings});
  write(folder / "packed", {plain, config, packed});
  write(folder / "index", {plain, config, small});
  write(folder / "unannounced", {plain, frames});
  write(folder / "cspad", {quads, panels});
}

void write_compression_seeds(const std::filesystem::path& folder) {
  const std::vector<std::byte> unpack_it(2), pack_it = {std::byte{200}, std::byte{1}};
  for (const auto engine : {Engine::none, Engine::hist16, Engine::histn})
    for (const auto bitmap : {Bitmap::raw_pixels, Bitmap::plain, Bitmap::run_length})
      write(folder / ("engine" + std::to_string(static_cast<int>(engine)) + "_" +
                      std::to_string(static_cast<int>(bitmap))),
            {unpack_it, write_packed_frame(small_frame(), engine, bitmap)});
  write(folder / "image", {pack_it, std::as_bytes(std::span(pixels))});
}

void write_leaf_seeds(const std::filesystem::path& folder) {
  const auto typed = [](std::uint16_t id, std::uint16_t version) {
    return ByteWriter().put(make_type(id, version).word).take();
  };
  const std::string name = "DetInfo(XcsEndstation.0:Opal1000.1)";
  ControlConfig control;
  control.controls = {{"XCS:USR:X", 0, 1.5}};
  control.labels = {{"label", "value"}};
  write(folder / "control", {typed(type_control_config, 4), write_control_config(control)});
  write(folder / "opal", {typed(type_opal_config, 1),
                          write_opal_config({.depth = 12, .lookup_table = {}, .defects = {{1, 2}}})});
  write(folder / "rayonix",
        {typed(type_rayonix_config, 2), write_rayonix_config({2, 2, 0, 0, 0, 0, 0, 1, "MX170-HS:125"})});
  write(folder / "shared_ipimb", {typed(type_shared_ipimb, 1), write_shared_ipimb({}, {}, {})});
  write(folder / "name", {typed(0, 0), std::as_bytes(std::span(name.data(), name.size()))});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  write_decode_seeds(folder / "xtc_decode");
  write_compression_seeds(folder / "xtc_compression");
  write_leaf_seeds(folder / "xtc_leaves");
  return 0;
}
