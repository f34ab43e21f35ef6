#include "core/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace jt::log {
namespace {

spdlog::logger& logger() {
  static const auto instance = [] {
    auto made = std::make_shared<spdlog::logger>("jt", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%^%l%$: %v");
    made->flush_on(spdlog::level::info);
    return made;
  }();
  return *instance;
}

}  // namespace

void info(std::string_view words) { logger().info("{}", words); }
void warning(std::string_view words) { logger().warn("{}", words); }
void set_quiet() { logger().set_level(spdlog::level::warn); }

}  // namespace jt::log
