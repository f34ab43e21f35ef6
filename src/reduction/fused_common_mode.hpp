// The median common mode for the fused kernels: exactly the float32 medians that calibrate() subtracts, and
// what they amount to per cell, without a calibrated picture. Beside fused_average.hpp and live_ring.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/image.hpp"
#include "detector/raw_form.hpp"
#include "reduction/aligned.hpp"
#include "reduction/fused_plan.hpp"
#include "reduction/raw_kernels.hpp"

namespace jt::reduction {

// Which group a pixel is in: a row of a bank, or a column of a half.
struct CommonModeGroups {
  enum class Kind : std::uint8_t { none, rows, columns };
  Kind kind = Kind::none;
  Shape shape;
  std::size_t half_rows = 0;

  CommonModeGroups() = default;
  // none: off, or groups that the kernels do not know.
  CommonModeGroups(const detector::RawForm& form, Shape detector);
  [[nodiscard]] std::size_t of(std::size_t pixel) const;
  [[nodiscard]] std::size_t per_panel() const;
  // The pixels of a group: first, first + step, ...
  struct Pixels {
    std::size_t first = 0, step = 1, count = 0;
  };
  [[nodiscard]] Pixels pixels(std::size_t group) const;
};

class FusedCommonMode {
 public:
  // Nothing when the kernels do not know such groups. With `only_binned`, groups without a pixel in a cell
  // are left out (their correction is 0). `form` must outlive it.
  static std::unique_ptr<FusedCommonMode> make(const detector::RawForm& form, Shape shape,
                                               const FusedPlan& plan, std::span<const std::uint16_t> cell,
                                               std::size_t cells, InstructionSet instructions,
                                               bool only_binned);

  void reserve(std::size_t frames);
  [[nodiscard]] std::size_t parts() const { return shape_.panels; }
  // One part (panel) of one frame; parts and frames may be worked on at the same time.
  void find(std::size_t frame, std::size_t part, std::span<const std::byte* const> panels);
  // ADU per group, 0 where none is applied.
  [[nodiscard]] std::span<const float> corrections(std::size_t frame) const {
    return frames_[frame].corrections;
  }
  [[nodiscard]] std::size_t group_of(std::size_t pixel) const { return groups_.of(pixel); }
  // Takes the corrections of all pixels in their usual state off the sums per cell.
  void subtract(std::size_t frame, std::span<double> cell_sums) const;

 private:
  struct Weight {
    std::uint32_t cell;
    float gain;  // of the group's pixels in this cell
  };
  struct Frame {
    std::vector<float> corrections;
    std::vector<double> sums;  // panels x cells
  };
  struct Group {
    std::size_t first_weight = 0, weights = 0;
    std::uint16_t members = 0;  // in their usual state
    bool needed = false;
  };

  FusedCommonMode(const detector::RawForm& form, Shape shape, CommonModeGroups groups, std::size_t cells,
                  const kernels::Table& kernels);
  void add_pixels(const FusedPlan& plan, std::span<const std::uint16_t> cell, bool only_binned);
  void find_rows(Frame& frame, std::size_t panel, const std::byte* raw);
  void find_columns(Frame& frame, std::size_t panel, const std::byte* raw);
  void correct(Frame& frame, std::size_t group, std::size_t members, float lower, float upper) const;
  bool patch(std::size_t pixel, std::uint16_t word, float& value, std::size_t& members) const;
  [[nodiscard]] bool any_needed(std::size_t first, std::size_t count) const;

  const detector::RawForm& form_;
  Shape shape_;
  CommonModeGroups groups_;
  std::size_t cells_;
  const kernels::Table& kernels_;
  kernels::Normal normal_;
  const std::vector<std::uint16_t>* test_ = nullptr;
  std::vector<float> pedestals_;  // infinite for pixels that are in no group in their usual state
  std::vector<Group> group_;
  std::vector<Weight> weights_;
  std::vector<Frame> frames_;
};

}  // namespace jt::reduction
