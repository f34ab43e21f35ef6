// The config reader against any bytes: it accepts them or says in a sentence why not, nothing else.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "apps/jt/config.hpp"
#include "core/errors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    const jt::app::Config config = jt::app::parse_config(text, "fuzz.yml");
    // What was accepted keeps its promises.
    if (config.limits.low_mm && config.limits.high_mm && !(*config.limits.low_mm < *config.limits.high_mm))
      std::abort();
    if (config.experiment && config.experiment->find_first_of("/.") != std::string::npos) std::abort();
    if (config.cal_params && !(config.cal_params->i0_reject >= 0 && config.cal_params->i0_reject <= 1))
      std::abort();
  } catch (const jt::CallError&) {
  }
  return 0;
}
