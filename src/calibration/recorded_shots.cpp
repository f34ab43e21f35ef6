#include "calibration/recorded_shots.hpp"

#include "formats/xtc/datagram.hpp"
#include "formats/xtc/decoder.hpp"

namespace jt::calibration {
namespace {

using formats::Transition;

sources::ShotFilter filter_of(const ShotChoice& choice) {
  if (!choice.without_frames && !choice.wanted && !choice.breathe) return {};
  return [choice](const sources::RawEvent& shot) {
    if (choice.breathe) choice.breathe();
    if (choice.wanted) {
      const auto header = formats::xtc::read_header(shot.main.bytes);
      if (header && !choice.wanted(header->time, header->fiducial)) return sources::Fetch::skip;
    }
    return choice.without_frames ? sources::Fetch::small : sources::Fetch::big;
  };
}

class RecordedShots : public ShotStream {
 public:
  RecordedShots(const sources::RunFiles& files, sources::ReadOptions options)
      : source_(files, std::move(options)) {}

  const formats::Event* next() override {
    while (const sources::RawEvent* raw = source_.next()) {
      if (raw->service == Transition::configure || raw->service == Transition::begin_calib_cycle) {
        decoder_.configure(raw->main.bytes);
        for (const auto& joined : raw->joined) decoder_.configure(joined.bytes);
      } else if (raw->service == Transition::l1_accept) {
        decoder_.decode(raw->main.bytes, event_);
        for (const auto& joined : raw->joined) decoder_.join(joined.bytes, event_);
        return &event_;
      }
    }
    return nullptr;
  }

  [[nodiscard]] const formats::RunDescription& run() const override { return decoder_.run(); }
  [[nodiscard]] std::vector<std::string> notes() const override { return source_.notes(); }

 private:
  sources::RecordedRun source_;
  formats::xtc::Decoder decoder_;
  formats::Event event_;
};

}  // namespace

OpenShots open_recorded_run(const sources::RunFiles& files, const std::optional<sources::Follow>& follow) {
  return [files, follow](const ShotChoice& choice) -> std::unique_ptr<ShotStream> {
    sources::ReadOptions options;
    options.filter = filter_of(choice);
    if (choice.without_frames) options.follow = follow;
    return std::make_unique<RecordedShots>(files, std::move(options));
  };
}

}  // namespace jt::calibration
