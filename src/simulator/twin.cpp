#include "simulator/twin.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "formats/xtc/encode_leaves.hpp"
#include "formats/xtc/names.hpp"
#include "simulator/random.hpp"

// Built with -ffp-contract=off (CMakeLists.txt).

namespace jt::simulator {
namespace {

namespace xtc = formats::xtc;
using formats::Transition;

// Streams of `Draws` beside the plant's own, which has up to 10 per trial (plant.cpp).
enum Purpose : unsigned { start_of_run = 64, monitors_of_shot, losses_of_shot };

constexpr std::uint32_t newyear_2001 = 978'307'200;
constexpr std::uint32_t seconds_per_run = 3600;
constexpr std::uint16_t full_rate_code = 40;  // every shot of the machine
constexpr std::uint16_t laser_on_code = 183, laser_off_code = 184;
constexpr std::uint32_t bld_ebeam = 0, bld_gas_detector = 2;

constexpr xtc::Src root{0x03000309, 0xac150a01};  // level Event
const xtc::Src beam_line_node = xtc::make_node_src(formats::xtc::Level::segment, 0xac150a02, 777);
const xtc::Src detector_node = xtc::make_node_src(formats::xtc::Level::segment, 0xac150a03, 778);
const xtc::Src control_node = xtc::make_node_src(formats::xtc::Level::control, 0xac150a04, 779);

xtc::Src device(std::string_view detector, std::string_view name) {
  return xtc::make_src({*xtc::detector_number(detector), 0, *xtc::device_number(name), 0});
}

TwinSettings checked(const TwinSettings& settings) {
  check(settings);
  return settings;
}

Plant make_plant(const TwinSettings& settings, std::uint64_t seed, RunNumber run) {
  return {settings.plant, seed, static_cast<std::uint64_t>(run.value),
          settings.jet_in_beam ? Plant::Start::on_the_jet : Plant::Start::as_set};
}

}  // namespace

Twin::Twin(const TwinSettings& settings, std::uint64_t seed, RunNumber run, xtc::Stamp first)
    : settings_(checked(settings)),
      seed_(seed),
      run_(run),
      first_(first),
      evr_(device("NoDetector", "Evr")),
      camera_(device("DetLab", "Opal1000")),
      gas_(xtc::make_bld_src(bld_gas_detector)),
      ebeam_(xtc::make_bld_src(bld_ebeam)),
      monitor_(xtc::make_bld_src(*xtc::bld_number(settings_.beam_monitor))),
      detector_(std::make_unique<TwinDetector>(settings_)),
      plant_(make_plant(settings_, seed, run)) {
  const WordStream words{seed, static_cast<std::uint32_t>(run.value), 0};
  frames_ = std::make_unique<FrameMaker>(*detector_, settings_.photon_energy_ev, words);
  if (settings_.jet_camera.present)
    picture_ = std::make_unique<JetPicture>(settings_.jet_camera, settings_.plant.jet_radius_um, words);
}

std::uint64_t Twin::stream(unsigned purpose) const {
  return static_cast<std::uint64_t>(run_.value) << 8U | purpose;
}

xtc::Stamp Twin::recorded_start(std::uint64_t seed, RunNumber run) {
  Draws draws(seed, static_cast<std::uint64_t>(run.value) << 8U | start_of_run, 0);
  xtc::Stamp stamp;
  const auto number = static_cast<std::uint32_t>(run.value);
  stamp.time.sec = newyear_2001 + number % 100'000 * seconds_per_run + draws.word() % 1800;
  stamp.time.nsec = draws.word() % 1'000'000'000;
  stamp.fiducial.value = draws.word() % (Fiducial::modulus / 3) * 3;
  return stamp;
}

xtc::Stamp Twin::stamp_of(std::uint64_t number) const {
  const auto step = static_cast<std::uint64_t>(120 / settings_.plant.rate_hz);
  // In hours, so that the count of a long run fits.
  constexpr std::uint64_t hour = 3600 * 120;
  const std::uint64_t pulses = number * step;
  xtc::Stamp stamp = first_;
  stamp.time.sec += static_cast<std::uint32_t>(pulses / hour * 3600);
  stamp.fiducial.value = static_cast<std::uint32_t>(
      (stamp.fiducial.value + pulses / hour * (hour * 3 % Fiducial::modulus)) % Fiducial::modulus);
  stamp = xtc::later(stamp, static_cast<std::uint32_t>(pulses % hour));
  stamp.ticks = static_cast<std::uint32_t>(number * 991'667 % (1U << 24U));  // 119 MHz, 1/120 s apart
  return stamp;
}

TwinShot Twin::next() {
  TwinShot shot;
  shot.plant = plant_.next_shot();
  shot.truth = plant_.truth();
  shot.number = shot.plant.number;
  shot.stamp = stamp_of(shot.number);
  choose_codes(shot);
  read_monitors(shot);

  const double beam = shot.truth.energy * shot.truth.beam * shot.truth.spike;
  shot.exposure = {beam * shot.truth.jet_signal, beam * shot.truth.other_signal, beam > 0};
  shot.pulse_mj = settings_.pulse_mj * shot.truth.energy * shot.truth.machine;

  Draws losses(seed_, stream(losses_of_shot), shot.number);
  shot.has_frame = shot.number % settings_.detector.every == 0;
  shot.frame_lost = losses.chance(settings_.detector.lost) && shot.has_frame;
  shot.has_picture = picture_ && shot.number % settings_.jet_camera.every == 0;
  // The camera stands still and sees the jet that the motor carries; the beam's own moves it does not see.
  shot.jet_position_um = shot.truth.carrier_um - shot.truth.jet_um;
  if (picture_) shot.jet_column = picture_->column(shot.jet_position_um);
  return shot;
}

void Twin::choose_codes(TwinShot& shot) const {
  const auto add = [&](std::uint16_t code) {
    if (std::find(shot.codes.begin(), shot.codes.end(), code) == shot.codes.end()) shot.codes.push_back(code);
  };
  add(full_rate_code);
  add(shot.plant.flagged ? settings_.dropped_code : settings_.beam_code);
  if (settings_.plant.class_share > 0) add(shot.plant.shot_class == 1 ? laser_on_code : laser_off_code);
  shot.stale_codes = shot.number % 64 == 5;
}

// The monitor that the plant's i0 is (i0_upstream) reads it; the others read the same pulse on their own.
void Twin::read_monitors(TwinShot& shot) const {
  Draws draws(seed_, stream(monitors_of_shot), shot.number);
  const PlantSettings& plant = settings_.plant;
  const auto read = [&](double pulse) {
    const double relative = 1 + plant.i0_noise * draws.normal();
    return pulse * relative + plant.i0_floor_noise * draws.normal();
  };
  const double gas = read(shot.truth.energy * shot.truth.machine);
  const double monitor = read(shot.truth.energy * shot.truth.beam);
  const bool upstream = plant.i0_upstream != 0;
  shot.gas_mj = settings_.pulse_mj * (upstream ? shot.plant.i0 : gas);
  shot.total = settings_.monitor_mean * (upstream ? monitor : shot.plant.i0);
  shot.photon_energy = settings_.photon_energy_ev * (1 + 3e-4 * draws.normal());
}

std::vector<std::byte> Twin::configure() const {
  xtc::RunEncoder encoder(run_, root);
  xtc::Stamp stamp = first_;
  stamp.time.sec -= 4;
  xtc::DatagramWriter out = encoder.configure(stamp);

  std::vector<xtc::SourceAlias> aliases = {
      {evr_, settings_.evr}, {detector_->src(), detector_->alias()}, {xtc::make_src({0, 0, 0, 0}), "jt_sim"}};
  if (picture_) aliases.push_back({camera_, settings_.jet_camera.alias});
  xtc::PartitionConfig partition;
  partition.bld_mask.assign(4, 0);
  for (const std::uint32_t bld : {bld_ebeam, bld_gas_detector, monitor_.phy})
    partition.bld_mask[bld / 32] |= 1U << (bld % 32);
  partition.sources = {{evr_, 0}, {detector_->src(), 1}};
  if (picture_) partition.sources.push_back({camera_, 1});
  out.begin(control_node)
      .leaf(control_node, xtc::make_type(xtc::type_alias_config, 1), xtc::write_alias_config(aliases))
      .leaf(control_node, xtc::make_type(xtc::type_partition_config, 2),
            xtc::write_partition_config(partition))
      .leaf(control_node, xtc::make_type(xtc::type_control_config, 4), xtc::write_control_config({}))
      .end();

  xtc::EvrConfig evr;
  for (const std::uint16_t code : {full_rate_code, settings_.beam_code, settings_.dropped_code}) {
    xtc::EvrConfig::Code entry;
    entry.code = code;
    entry.readout = code == settings_.beam_code;
    entry.report_width = 1;
    evr.codes.push_back(entry);
  }
  out.begin(beam_line_node).leaf(evr_, xtc::make_type(xtc::type_evr_config, 7), xtc::write_evr_config(evr));
  if (picture_) {
    xtc::OpalConfig opal;
    opal.gain_percent = 100;
    opal.depth = 8;
    xtc::FrameFexConfig part;
    part.forwarding = static_cast<std::uint32_t>(xtc::FrameFexConfig::Forwarding::region);
    part.end = {static_cast<std::uint16_t>(settings_.jet_camera.cols),
                static_cast<std::uint16_t>(settings_.jet_camera.rows)};
    out.leaf(camera_, xtc::make_type(xtc::type_opal_config, 1), xtc::write_opal_config(opal))
        .leaf(camera_, xtc::make_type(xtc::type_frame_fex_config, 1), xtc::write_frame_fex_config(part));
  }
  out.end().begin(detector_node).leaf(detector_->src(), detector_->config_type(), detector_->config()).end();
  return out.finish();
}

std::vector<std::byte> Twin::transition(Transition which, std::uint64_t shots_so_far) const {
  xtc::RunEncoder encoder(run_, root);
  const auto ends = [&](std::uint32_t seconds) {
    xtc::Stamp stamp = stamp_of(shots_so_far);
    stamp.time.sec += seconds;
    for (std::uint64_t k = 0; k < shots_so_far % 0x8000; ++k) encoder.skip_shot();
    return stamp;
  };
  const auto begins = [&](std::uint32_t seconds) {
    xtc::Stamp stamp = first_;
    stamp.time.sec -= seconds;
    return stamp;
  };
  switch (which) {
    case Transition::begin_run:
      return encoder.begin_run(begins(3));
    case Transition::begin_calib_cycle:
      return encoder.begin_calib_cycle(begins(2)).finish();
    case Transition::enable:
      return encoder.enable(begins(1));
    case Transition::disable:
      return encoder.disable(ends(1));
    case Transition::end_calib_cycle:
      return encoder.end_calib_cycle(ends(2));
    case Transition::end_run:
      return encoder.end_run(ends(3));
    case Transition::unconfigure:
    case Transition::unmap: {  // live only: files end with the run
      const xtc::Stamp stamp = ends(4);
      return xtc::DatagramWriter(
                 {.time = stamp.time,
                  .fiducial = stamp.fiducial,
                  .ticks = stamp.ticks,
                  .vector = static_cast<std::uint32_t>(shots_so_far & 0x7fff),
                  .service = which,
                  .env = 0,
                  .root = {.damage = 0, .src = root, .type = xtc::make_type(xtc::type_xtc, 0), .extent = 0}})
          .finish();
    }
    default:
      assert(false && "the twin sends no such transition");
      return {};
  }
}

void Twin::put_event_codes(xtc::DatagramWriter& out, const TwinShot& shot) const {
  std::vector<xtc::FifoEvent> list;
  const auto step = static_cast<std::uint32_t>(360 / settings_.plant.rate_hz);
  const std::uint32_t before = (shot.stamp.fiducial.value + Fiducial::modulus - step) % Fiducial::modulus;
  if (shot.stale_codes) list.push_back({before, shot.stamp.ticks, settings_.dropped_code});
  for (const std::uint16_t code : shot.codes)
    list.push_back({shot.stamp.fiducial.value, shot.stamp.ticks, code});
  out.leaf(evr_, xtc::make_type(xtc::type_evr_data, 4), xtc::write_evr_data(list));
}

void Twin::put_beam_line_data(xtc::DatagramWriter& out, const TwinShot& shot) const {
  Draws draws(seed_, stream(monitors_of_shot) | std::uint64_t{1} << 40U, shot.number);
  const double pulse = shot.truth.energy * shot.truth.machine;
  const auto gas = [&](double share) {
    const double relative = 1 + settings_.plant.i0_noise * draws.normal();
    return settings_.pulse_mj * share * (pulse * relative + settings_.plant.i0_floor_noise * draws.normal());
  };
  // 11 and 12 before the attenuator, 21 and 22 behind it (here open), 63 and 64 copies of 21 and 22
  std::array<double, 6> gases{gas(1.02), shot.gas_mj, gas(0.81), gas(0.8), 0, 0};
  gases[4] = gases[2];
  gases[5] = gases[3];

  std::array<double, 20> electrons{};
  if (shot.truth.energy > 0) electrons[0] = 0.25;
  electrons[1] = 13600;
  electrons[17] = shot.photon_energy;

  std::array<double, 19> diodes{};
  diodes[0] = shot.total;
  diodes[1] = shot.plant.beam_position.value_or(0);
  for (std::size_t k = 0; k < 4; ++k) diodes[3 + k] = 0.25 * shot.total * (1 + 0.005 * draws.normal());

  out.leaf(ebeam_, xtc::make_type(xtc::type_ebeam, 7), xtc::write_ebeam(electrons))
      .leaf(gas_, xtc::make_type(xtc::type_gas_detector, 1), xtc::write_gas_detector(gases))
      .leaf(monitor_, xtc::make_type(xtc::type_beam_monitor, 1), xtc::write_beam_monitor(diodes));
}

void Twin::put_picture(xtc::DatagramWriter& out, const TwinShot& shot, Workspace& workspace) const {
  const JetCameraSettings& camera = settings_.jet_camera;
  std::vector<std::byte> pixels(std::size_t{camera.rows} * camera.cols);
  picture_->make(static_cast<std::uint32_t>(shot.number), shot.jet_position_um, shot.truth.jet_on,
                 workspace.words, pixels);
  out.leaf(camera_, xtc::make_type(xtc::type_frame, 1),
           xtc::write_frame({camera.cols, camera.rows, 8, 0, pixels}));
}

std::vector<std::byte> Twin::datagram(const TwinShot& shot, Workspace& workspace, TwinPictures& made) const {
  return datagram(shot, workspace, made, [&](std::span<std::byte> pixels) {
    return frames_->make(static_cast<std::uint32_t>(shot.number), shot.exposure, workspace.frame, pixels);
  });
}

std::vector<std::byte> Twin::datagram(const TwinShot& shot, Workspace& workspace, TwinPictures& made,
                                      const FillPixels& fill) const {
  const xtc::DatagramHeader header{.time = shot.stamp.time,
                                   .fiducial = shot.stamp.fiducial,
                                   .ticks = shot.stamp.ticks,
                                   .vector = static_cast<std::uint32_t>((shot.number + 1) & 0x7fff),
                                   .service = Transition::l1_accept,
                                   .env = 1,
                                   .root = {.damage = shot.frame_lost ? xtc::damage::dropped : 0,
                                            .src = root,
                                            .type = xtc::make_type(xtc::type_xtc, 0),
                                            .extent = 0}};
  xtc::DatagramWriter out(header);
  out.begin(beam_line_node);
  put_event_codes(out, shot);
  put_beam_line_data(out, shot);
  if (shot.has_picture) put_picture(out, shot, workspace);
  out.end();

  made.frame.reset();
  if (!shot.has_frame) return out.finish();
  out.begin(detector_node);
  if (shot.frame_lost) return out.lost(detector_->src()).finish();
  const std::size_t at =
      out.leaf_to_fill(detector_->src(), detector_->frame_type(), detector_->payload_size());
  std::vector<std::byte> bytes = out.finish();
  const std::span<std::byte> payload = std::span(bytes).subspan(at, detector_->payload_size());
  detector_->write_head(payload, static_cast<std::uint32_t>(shot.number), shot.stamp.fiducial.value);
  made.frame = fill(payload.subspan(detector_->pixels_at(), 2 * detector_->shape().pixels()));
  return bytes;
}

}  // namespace jt::simulator
