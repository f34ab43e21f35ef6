// The signal of each event-code class (laser on, laser off) relative to the others.
// Inside stop 8 of the walk: classes alternate shot by shot at one position, so their running means differ by
// what the class does, and not by where the jet is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace jt::control {

class ClassLevels {
 public:
  // A ratio with beam, of this class; those above 7 are taken together.
  void take(std::uint8_t shot_class, double ratio) {
    Level& level = levels_[index(shot_class)];
    const double gain = level.shots < memory ? 1.0 / (level.shots + 1) : 1.0 / memory;
    level.mean += gain * (ratio - level.mean);
    if (level.shots < memory) ++level.shots;
  }
  // The class's level over that of the class seen most; 1 until both are known.
  [[nodiscard]] double relative(std::uint8_t shot_class) const {
    const Level* most = &levels_.front();
    for (const Level& each : levels_)
      if (each.shots > most->shots) most = &each;
    const Level& mine = levels_[index(shot_class)];
    const bool known = mine.shots >= enough && most->shots >= enough && most->mean > 0 && mine.mean > 0;
    return known ? mine.mean / most->mean : 1;
  }
  template <class Archive>
  void fields(Archive& archive) {
    for (Level& level : levels_) archive(level.mean, level.shots);
  }

 private:
  struct Level {
    double mean = 0;
    std::int32_t shots = 0;
  };
  static constexpr std::int32_t memory = 240, enough = 60;
  static std::size_t index(std::uint8_t shot_class) { return shot_class < 8 ? shot_class : 7; }
  std::vector<Level> levels_ = std::vector<Level>(8);
};

}  // namespace jt::control
