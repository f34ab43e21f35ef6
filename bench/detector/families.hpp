// One detector of each family with constants as deployed ones are: calibrated by the library and plainly.
// What bench_detector measures on.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bench {

enum class CommonMode { off, as_deployed };

// Frames go round, so that each is read from memory and not from a cache.
class Family {
 public:
  virtual ~Family() = default;
  [[nodiscard]] virtual std::size_t frames() const = 0;
  [[nodiscard]] virtual std::span<const std::byte> bytes(std::size_t frame) const = 0;
  // By the library, as AreaDetector::calibrate() does it; saturated pixels become NaN. One thread.
  virtual void calibrate(std::size_t frame, CommonMode common_mode) = 0;
  // By the plain reference of the tests. One thread.
  virtual void calibrate_plainly(std::size_t frame, CommonMode common_mode) = 0;
};

struct Named {
  std::string name;
  bool has_common_mode;
};
std::vector<Named> families();
// `folder`: where cameras may deploy their constants.
std::unique_ptr<Family> make_family(const std::string& name, const std::filesystem::path& folder);

}  // namespace bench
