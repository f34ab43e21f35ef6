#include "core/errors.hpp"

#include <fmt/format.h>

namespace jt {

SetupError::SetupError(std::string problem, std::string why, std::string suggestion)
    : std::runtime_error(fmt::format("{} ({}). {}", problem, why, suggestion)),
      problem_(std::move(problem)),
      why_(std::move(why)),
      suggestion_(std::move(suggestion)) {}

Interrupted::Interrupted() : std::runtime_error("stopped by the user; nothing was written") {}

}  // namespace jt
