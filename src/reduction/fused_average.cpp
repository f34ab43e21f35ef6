#include "reduction/fused_average.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

namespace jt::reduction {

using kernels::block_pixels;
using kernels::chunk_blocks;
using kernels::sum_lanes;

// What one part of the detector gives for one frame; a cache line apart from its neighbours by its vectors.
struct FusedAverage::Buffers {
  AlignedVector<std::int64_t> sums;  // slots x copies x lanes
  std::vector<double> corrections;   // per cell: what special pixels change
  std::vector<std::uint32_t> lost;   // per cell
  std::size_t saturated = 0;
};

struct FusedAverage::Frame {
  NormalForm form;
  std::vector<const std::byte*> panels;  // nullptr: absent
  ImageSum* image = nullptr;
  bool leave_out = true;
  std::uint32_t full_from = 0;
  std::span<const float> common_mode;  // per group; empty: off
};

FusedAverage::~FusedAverage() = default;

std::unique_ptr<FusedAverage> FusedAverage::make(const detector::AreaDetector& detector,
                                                 const PixelBins& bins, WorkerPool& pool, Options options) {
  const auto form = detector.raw_form();
  if (!form || bins.cell.size() != detector.pixels().shape.pixels()) return nullptr;
  std::unique_ptr<FusedAverage> made(new FusedAverage(detector, *form, bins, pool, options));
  if (!made->plan()) return nullptr;
  return made;
}

FusedAverage::FusedAverage(const detector::AreaDetector& detector, const detector::RawForm& form,
                           const PixelBins& bins, WorkerPool& pool, Options options)
    : detector_(detector),
      form_(form),
      bins_(bins),
      pool_(pool),
      options_(options),
      kernels_(kernels::table(options.instructions.value_or(best_instruction_set()))),
      cell_sums_(bins.cells.size()),
      cell_lost_(bins.cells.size()) {}

bool FusedAverage::plan() {
  const Shape shape = detector_.pixels().shape;
  if (!make_fused_plan(
          {form_, shape, bins_.cell, bins_.cells.size(), {}, options_.bits, options_.only_binned}, plan_))
    return false;
  if (form_.common_mode.mode != 0) {
    common_mode_ =
        FusedCommonMode::make(form_, shape, plan_, bins_.cell, bins_.cells.size(),
                              options_.instructions.value_or(best_instruction_set()), options_.only_binned);
    if (common_mode_ == nullptr) return false;
  }
  divide();
  return true;
}

// Parts of equal numbers of chunks, whatever the threads.
void FusedAverage::divide() {
  constexpr std::size_t most_parts = 16;
  if (options_.only_binned) keep_binned_blocks(plan_);
  const std::size_t chunks = plan_.chunks.size(), parts = std::min(most_parts, chunks);
  for (std::size_t part = 0; part < parts; ++part)
    parts_.emplace_back(part * chunks / parts, (part + 1) * chunks / parts);
}

bool FusedAverage::takes(const RawFrame& raw) const {
  const Shape shape = detector_.pixels().shape;
  if (raw.shape != shape || (!form_.any_type && raw.type != form_.type)) return false;
  if (form_.frame_says_full && (raw.saturated_from == 0 || raw.panels.empty())) return false;
  return std::all_of(raw.panels.begin(), raw.panels.end(), [&](const PanelView& view) {
    return view.panel < shape.panels && view.pixels != nullptr;
  });
}

void FusedAverage::grow(std::size_t frames) {
  if (frames_.size() < frames) frames_.resize(frames);
  const std::size_t first = buffers_.size();
  if (first >= frames * parts_.size()) return;
  buffers_.resize(frames * parts_.size());
  for (std::size_t i = first; i < buffers_.size(); ++i) {
    buffers_[i].sums.resize(plan_.slots.size() * plan_.copies * sum_lanes);
    buffers_[i].corrections.resize(bins_.cells.size());
    buffers_[i].lost.resize(bins_.cells.size());
  }
}

void FusedAverage::run(std::span<Job> jobs, detector::SaturatedPixels saturated) {
  grow(jobs.size());
  for (std::size_t f = 0; f < jobs.size(); ++f) {
    prepare(jobs[f], frames_[f]);
    frames_[f].leave_out = saturated == detector::SaturatedPixels::become_nan;
  }
  if (common_mode_ != nullptr) {
    common_mode_->reserve(jobs.size());
    pool_.run(common_mode_->parts() * jobs.size(), [&](std::size_t work) {
      const std::size_t f = work / common_mode_->parts();
      common_mode_->find(f, work % common_mode_->parts(), frames_[f].panels);
    });
    for (std::size_t f = 0; f < jobs.size(); ++f) frames_[f].common_mode = common_mode_->corrections(f);
  }
  pool_.run(parts_.size(), [&](std::size_t part) { run_part(part, jobs.size()); });
  for (std::size_t f = 0; f < jobs.size(); ++f) finish(jobs[f], f);
}

void FusedAverage::prepare(Job& job, Frame& frame) {
  assert(takes(job.raw) && job.profile.size() == bins_.bins);
  frame.form = normal_form(form_, job.raw);
  frame.panels.assign(detector_.pixels().shape.panels, nullptr);
  for (const PanelView& view : job.raw.panels) frame.panels[view.panel] = view.pixels;
  frame.image = job.image;
  frame.full_from = form_.frame_says_full ? job.raw.saturated_from : form_.full_from;
  frame.common_mode = {};
  if (job.image != nullptr) job.image->expect(form_, detector_.pixels().shape, frame.form.bias);
}

void FusedAverage::run_part(std::size_t part, std::size_t frames) {
  for (std::size_t f = 0; f < frames; ++f) {
    Buffers& to = buffers_[f * parts_.size() + part];
    std::fill(to.sums.begin(), to.sums.end(), 0);
    std::fill(to.corrections.begin(), to.corrections.end(), 0.0);
    std::fill(to.lost.begin(), to.lost.end(), 0u);
    to.saturated = 0;
  }
  // Chunk by chunk for all frames: the constants come from memory once.
  for (std::size_t c = parts_[part].first; c < parts_[part].second; ++c)
    for (std::size_t f = 0; f < frames; ++f)
      run_chunk(plan_.chunks[c], frames_[f], buffers_[f * parts_.size() + part]);
}

void FusedAverage::run_chunk(const FusedPlan::Chunk& chunk, const Frame& frame, Buffers& to) {
  if (frame.panels[chunk.panel] == nullptr) return absent_chunk(chunk, frame, to);
  constexpr std::size_t chunk_pixels = chunk_blocks * block_pixels;
  alignas(64) std::array<std::int16_t, chunk_pixels> numbers;
  std::array<std::uint32_t, chunk_blocks> special;
  std::array<std::byte, 2 * chunk_pixels> padded;

  const std::size_t bytes = bytes_per_pixel(frame.form.normal.type);
  const std::byte* raw = frame.panels[chunk.panel] + bytes * chunk.first;
  const std::size_t first = chunk.panel * detector_.pixels().shape.panel_pixels() + chunk.first;
  std::int32_t* image = frame.image == nullptr ? nullptr : frame.image->numbers_.data() + first;
  const bool is_whole = chunk.pixels == chunk.blocks * block_pixels;
  if (!is_whole) {  // the end of a panel: nothing may be read behind it
    std::memset(padded.data(), 0, bytes * chunk.blocks * block_pixels);
    std::memcpy(padded.data(), raw, bytes * chunk.pixels);
    raw = padded.data();
  }
  bool any = kernels_.scan({frame.form.normal, raw, chunk.blocks, plan_.test.data() + chunk.block,
                            numbers.data(), special.data(), is_whole ? image : nullptr});
  if (!is_whole && image != nullptr)
    for (std::size_t i = 0; i < chunk.pixels; ++i) image[i] += numbers[i];

  const std::size_t at = chunk.block * block_pixels;
  const kernels::Sum sum{numbers.data(),
                         plan_.entries.data() + chunk.first_entry,
                         chunk.entries,
                         plan_.ones ? nullptr : plan_.high.data() + at,
                         plan_.low.empty() ? nullptr : plan_.low.data() + at,
                         to.sums.data()};
  if (plan_.ones)
    kernels_.sum_ones(sum);
  else if (plan_.bits == GainBits::sixteen)
    kernels_.sum_16(sum);
  else
    kernels_.sum_exact(sum);

  for (std::size_t k = chunk.first_always; k < chunk.first_always + chunk.always; ++k) {
    const std::size_t i = plan_.always[k] - first;
    special[i / block_pixels] |= 1u << (i % block_pixels);
    any = true;
  }
  if (!any) return;
  for (std::size_t b = 0; b < chunk.blocks; ++b)
    if (special[b] != 0) special_block(chunk, b, special[b], frame, numbers.data(), to);
}

void FusedAverage::special_block(const FusedPlan::Chunk& chunk, std::size_t block, std::uint32_t mask,
                                 const Frame& frame, const std::int16_t* numbers, Buffers& to) const {
  const std::size_t first = chunk.panel * detector_.pixels().shape.panel_pixels() + chunk.first;
  for (; mask != 0; mask &= mask - 1) {
    const std::size_t i = block * block_pixels + static_cast<std::size_t>(std::countr_zero(mask));
    if (i >= chunk.pixels) continue;
    replace_pixel(first + i, chunk.block * block_pixels + i, numbers[i], frame, to);
  }
}

// Takes back what the kernel added for a pixel in its usual state, and adds what the pixel really is.
void FusedAverage::replace_pixel(std::size_t pixel, std::size_t padded, std::int16_t number,
                                 const Frame& frame, Buffers& to) const {
  const std::size_t pixels = bins_.cell.size(), panel_pixels = detector_.pixels().shape.panel_pixels();
  const double code = number + frame.form.bias;
  unsigned state = 0;
  if (form_.states > 1) {
    std::uint16_t word;
    std::memcpy(&word, frame.panels[pixel / panel_pixels] + 2 * (pixel % panel_pixels), 2);
    state = form_.state_of(word);
  }
  const bool full =
      form_.states > 1 ? code == form_.full_code[state] : code >= static_cast<double>(frame.full_from);
  if (full && (form_.counts_all_full || detector_.pixels().good[pixel] != 0)) ++to.saturated;

  const bool lost = frame.leave_out && (full || !form_.has_constants(pixel, state));
  const float offset = frame.common_mode.empty() ? 0.0f : frame.common_mode[common_mode_->group_of(pixel)];
  const detector::RawState usual = form_.constants(pixel, 0, pixels);
  const detector::RawState now = form_.constants(pixel, state, pixels);
  const float above =
      static_cast<float>(code) - now.pedestal - (form_.in_group(pixel, state) ? offset : 0.0f);
  const float value = above * now.factor;
  const bool is_lost = lost || !std::isfinite(value);
  const double in_usual_state = code - static_cast<double>(usual.pedestal) -
                                (form_.in_group(pixel, 0) ? static_cast<double>(offset) : 0.0);

  const std::uint16_t cell = bins_.cell[pixel];
  if (cell < bins_.cells.size()) {
    to.corrections[cell] -= in_usual_state * plan_.gain(pixel, padded);
    if (is_lost)
      ++to.lost[cell];
    else
      to.corrections[cell] += static_cast<double>(value);
  }
  if (frame.image != nullptr)
    frame.image->replace(pixel, in_usual_state, is_lost, static_cast<double>(value));
}

void FusedAverage::absent_chunk(const FusedPlan::Chunk& chunk, const Frame& frame, Buffers& to) const {
  const std::size_t first = chunk.panel * detector_.pixels().shape.panel_pixels() + chunk.first;
  for (std::size_t i = 0; i < chunk.pixels; ++i) {
    const std::size_t pixel = first + i;
    const std::uint16_t cell = bins_.cell[pixel];
    const double pedestal =
        static_cast<double>(form_.constants(pixel, 0, bins_.cell.size()).pedestal) - frame.form.bias;
    if (cell < bins_.cells.size()) {
      to.corrections[cell] += pedestal * plan_.gain(pixel, chunk.block * block_pixels + i);
      if (frame.leave_out) ++to.lost[cell];
    }
    if (frame.image != nullptr) frame.image->replace(pixel, -pedestal, frame.leave_out, 0.0);
  }
}

// In the order of parts and cells, so that the number of threads does not show.
void FusedAverage::finish(Job& job, std::size_t frame) {
  std::fill(cell_sums_.begin(), cell_sums_.end(), 0.0);
  std::fill(cell_lost_.begin(), cell_lost_.end(), 0u);
  job.saturated = 0;
  const Buffers* parts = buffers_.data() + frame * parts_.size();
  const std::size_t sums = plan_.copies * sum_lanes;
  for (std::size_t s = 0; s < plan_.slots.size(); ++s) {
    std::int64_t sum = 0;
    for (std::size_t part = 0; part < parts_.size(); ++part)
      for (std::size_t k = 0; k < sums; ++k) sum += parts[part].sums[s * sums + k];
    const FusedPlan::Slot& slot = plan_.slots[s];
    cell_sums_[slot.cell] +=
        static_cast<double>(sum) * slot.unit - (slot.pedestals - frames_[frame].form.bias * slot.gains);
  }
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    for (std::size_t c = 0; c < cell_sums_.size(); ++c) {
      cell_sums_[c] += parts[part].corrections[c];
      cell_lost_[c] += parts[part].lost[c];
    }
    job.saturated += parts[part].saturated;
  }
  if (common_mode_ != nullptr) common_mode_->subtract(frame, cell_sums_);
  profile_of_cells(bins_, cell_sums_, cell_lost_, job.profile);
  if (job.image != nullptr) job.image->count_frame(frames_[frame].common_mode);
}

}  // namespace jt::reduction
