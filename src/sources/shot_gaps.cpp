#include "sources/shot_gaps.hpp"

namespace jt::sources {

namespace {

constexpr std::uint32_t vectors = 1u << 15;
constexpr std::uint32_t per_shot = 3;  // fiducials count at 360 Hz

}  // namespace

void ShotGaps::restart() {
  last_vector_.reset();
  last_fiducial_.reset();
}

void ShotGaps::add(std::uint32_t vector, Fiducial fiducial) {
  std::uint32_t step = last_vector_ ? (vector - *last_vector_) % vectors : 1;
  std::uint32_t half = vectors / 2;
  if (step == 0) {  // it stands still
    const bool both = last_fiducial_ && last_fiducial_->valid() && fiducial.valid();
    step = both ? (fiducial.value + Fiducial::modulus - last_fiducial_->value) % Fiducial::modulus / per_shot
                : 1;
    half = Fiducial::modulus / per_shot / 2;
  }
  if (step > half) {  // an earlier one: it was counted as not ours when a later one came
    ++out_of_order_;
    if (not_ours_ > 0) --not_ours_;
    return;
  }
  if (step > 1) not_ours_ += step - 1;
  last_vector_ = vector;
  last_fiducial_ = fiducial;
}

}  // namespace jt::sources
