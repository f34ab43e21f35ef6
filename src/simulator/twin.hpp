// The digital twin: the plant's shots as the DAQ would send them, with the truth beside.
// It stands where stop 1 of the walk gets its bytes: recorded to files, or served over shared memory.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "formats/xtc/encode.hpp"
#include "simulator/frame_maker.hpp"
#include "simulator/jet_picture.hpp"
#include "simulator/plant.hpp"
#include "simulator/twin_settings.hpp"

namespace jt::simulator {

// One shot before its pictures are made: what its datagram says, and what nobody at a beamline knows.
struct TwinShot {
  std::uint64_t number = 0;  // from 0
  formats::xtc::Stamp stamp;
  std::vector<std::uint16_t> codes;  // of its own fiducial
  bool stale_codes = false;          // its list also holds entries of the shot before
  PlantShot plant;
  PlantTruth truth;
  Exposure exposure;
  double gas_mj = 0;         // f_12_ENRC as recorded
  double total = 0;          // the beam monitor's TotalIntensity as recorded
  double photon_energy = 0;  // as recorded
  bool has_frame = true, frame_lost = false, has_picture = true;
  double jet_position_um = 0;  // from the beam, as the camera sees it
  double jet_column = 0;       // in the picture, at the beam's row
  double pulse_mj = 0;         // of the pulse that left the machine, without the monitor's noise
};

// What was put into a datagram's pictures.
struct TwinPictures {
  std::optional<FrameSum> frame;
};

class Twin {
 public:
  // `first`: the stamp of the first shot. The same settings, seed and run give the same shots, whatever the
  // clock, the machine and the number of workers. Throws CallError (see check()).
  Twin(const TwinSettings& settings, std::uint64_t seed, RunNumber run, formats::xtc::Stamp first);
  // Shot times that follow from run and seed: hours of the year 2001, far from any real run.
  static formats::xtc::Stamp recorded_start(std::uint64_t seed, RunNumber run);

  [[nodiscard]] const TwinSettings& settings() const { return settings_; }
  [[nodiscard]] const TwinDetector& detector() const { return *detector_; }
  [[nodiscard]] const FrameMaker& frames() const { return *frames_; }
  [[nodiscard]] const JetPicture* picture() const { return picture_.get(); }
  [[nodiscard]] RunNumber run() const { return run_; }
  Plant& plant() { return plant_; }

  // The next pulse. Calls go forward in time; puts to the motor between them.
  TwinShot next();

  // The datagrams of the transitions, for all streams alike.
  [[nodiscard]] std::vector<std::byte> configure() const;
  [[nodiscard]] std::vector<std::byte> transition(formats::Transition which,
                                                  std::uint64_t shots_so_far) const;

  // Memory of one worker, kept from shot to shot.
  struct Workspace {
    FrameMaker::Workspace frame;
    std::vector<std::uint32_t> words;
  };
  // The datagram of a shot with its pictures. Safe to call from several threads.
  [[nodiscard]] std::vector<std::byte> datagram(const TwinShot& shot, Workspace& workspace,
                                                TwinPictures& made) const;
  // The same with pixels that somebody else makes: `fill` gets the place of the frame's raw pixels.
  using FillPixels = std::function<FrameSum(std::span<std::byte>)>;
  [[nodiscard]] std::vector<std::byte> datagram(const TwinShot& shot, Workspace& workspace,
                                                TwinPictures& made, const FillPixels& fill) const;

 private:
  void read_monitors(TwinShot& shot) const;
  void choose_codes(TwinShot& shot) const;
  void put_beam_line_data(formats::xtc::DatagramWriter& out, const TwinShot& shot) const;
  void put_event_codes(formats::xtc::DatagramWriter& out, const TwinShot& shot) const;
  void put_picture(formats::xtc::DatagramWriter& out, const TwinShot& shot, Workspace& workspace) const;
  [[nodiscard]] std::uint64_t stream(unsigned purpose) const;
  [[nodiscard]] formats::xtc::Stamp stamp_of(std::uint64_t number) const;

  TwinSettings settings_;
  std::uint64_t seed_;
  RunNumber run_;
  formats::xtc::Stamp first_;
  formats::xtc::Src evr_, camera_, gas_, ebeam_, monitor_;
  std::unique_ptr<const TwinDetector> detector_;
  std::unique_ptr<const FrameMaker> frames_;
  std::unique_ptr<const JetPicture> picture_;
  Plant plant_;
};

}  // namespace jt::simulator
