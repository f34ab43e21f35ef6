// One worker's tools: its decoder and plan, which follow the configuration and window that come with each
// shot. Stops 2 to 5 of the walk for the live process; as many of them as there are threads, each in one
// thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "calibration/run_setup.hpp"
#include "calibration/settings.hpp"
#include "core/errors.hpp"
#include "detector/area_detector.hpp"
#include "formats/xtc/decoder.hpp"
#include "pipeline/calibration_in_use.hpp"
#include "pipeline/run_epoch.hpp"
#include "pipeline/shot_feed.hpp"
#include "pipeline/shot_result.hpp"
#include "reduction/worker_pool.hpp"

namespace jt::pipeline {

// Makes the detector ready: constants, mask, geometry. Throws SetupError. Called by one worker for all.
using MakeDetector =
    std::function<std::unique_ptr<detector::AreaDetector>(const formats::DetectorInfo&, Shape, RunNumber)>;

struct WorkerSettings {
  calibration::Settings shots;  // event codes, detector, i0, bins; its run does not matter
  MakeDetector make_detector;
  // "X_Position" of "XCS-SB2-BMMON", when the beam's position goes with each shot.
  std::optional<std::pair<std::string, std::string>> beam_position;
};

// A detector and the bins of one calibration: made once, read by all workers.
struct ReadyDetector {
  std::unique_ptr<detector::AreaDetector> detector;
  reduction::PixelBins bins;
};

// Where workers get it: the first one makes it, the others wait. Keeps the newest few.
class DetectorShop {
 public:
  explicit DetectorShop(const WorkerSettings& settings) : settings_(settings) {}
  // Throws SetupError; again and at once for the same wish.
  std::shared_ptr<const ReadyDetector> get(const RunEpoch& epoch, const Window& window,
                                           const formats::DetectorInfo& info);

 private:
  struct Made {
    std::uint64_t epoch = 0;
    std::shared_ptr<const CalibrationInUse> calibration;
    Shape shape;
    std::shared_ptr<const ReadyDetector> ready;
    std::optional<SetupError> error;
  };
  Made make(const RunEpoch& epoch, const Window& window, const formats::DetectorInfo& info) const;

  const WorkerSettings& settings_;
  std::mutex mutex_;
  std::vector<Made> made_;
};

class ShotWorker {
 public:
  // Both must outlive it.
  ShotWorker(const WorkerSettings& settings, DetectorShop& shop);
  ~ShotWorker();

  // Fills what the shot says into `result`, which has ticket, time and so on already, and gives the bytes
  // back. Throws SetupError for a set-up that cannot work; the bytes are the caller's to give back then.
  void work(Delivery& shot, const RunEpoch& epoch, const std::shared_ptr<const Window>& window,
            ShotResult& result);

 private:
  void follow(const RunEpoch& epoch);
  void make_plan(const RunEpoch& epoch, const std::shared_ptr<const Window>& window);

  const WorkerSettings& settings_;
  DetectorShop& shop_;
  reduction::WorkerPool pool_{1};
  formats::xtc::Decoder decoder_;
  formats::Event event_;
  std::uint64_t epoch_ = 0, step_ = 0;

  // The plan at hand and what it was made for.
  std::shared_ptr<const Window> window_;
  calibration::FoundNames names_;
  std::optional<formats::MonitorQuantity> beam_position_;
  std::shared_ptr<const ReadyDetector> ready_;
  std::optional<reduction::FrameReader> frames_;
  reduction::ShotPlan plan_;
  std::uint64_t shots_in_epoch_ = 0;
};

}  // namespace jt::pipeline
