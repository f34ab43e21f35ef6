#include "reduction/fused_plan.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

namespace jt::reduction {
namespace {

using kernels::block_pixels;
using kernels::chunk_blocks;

// Beyond these a product may leave the range of float32, which the plain arithmetic then counts as lost.
constexpr float largest_pedestal = 1e9f, largest_factor = 1e9f;

double usual_factor(const FusedInput& input, std::size_t pixel) {
  const double weight = input.weight.empty() ? 1.0 : input.weight[input.cell[pixel]];
  return weight * static_cast<double>(input.form.constants(pixel, 0, input.shape.pixels()).factor);
}

// The typical gain of each cell, to tell sizes by.
std::vector<double> typical_factors(const FusedInput& input) {
  const std::size_t pixels = input.shape.pixels();
  std::vector<std::size_t> begin(input.cells + 2, 0);
  for (std::size_t i = 0; i < pixels; ++i) ++begin[std::size_t{input.cell[i]} + 1];
  for (std::size_t c = 0; c < input.cells + 1; ++c) begin[c + 1] += begin[c];
  std::vector<float> sorted(pixels);
  std::vector<std::size_t> end(begin.begin(), begin.end() - 1);
  for (std::size_t i = 0; i < pixels; ++i) {
    const float factor = input.form.constants(i, 0, pixels).factor;
    if (factor != 0 && has_usual_constants(input.form, i, pixels))
      sorted[end[input.cell[i]]++] = std::abs(factor);
  }
  std::vector<double> typical(input.cells, 1.0);
  for (std::size_t c = 0; c < input.cells; ++c) {
    const auto first = sorted.begin() + static_cast<std::ptrdiff_t>(begin[c]),
               last = sorted.begin() + static_cast<std::ptrdiff_t>(end[c]);
    if (first == last) continue;
    const auto middle = first + (last - first) / 2;
    std::nth_element(first, middle, last);
    typical[c] = static_cast<double>(*middle) * (input.weight.empty() ? 1.0 : std::abs(input.weight[c]));
    if (!(typical[c] > 0)) typical[c] = 1.0;
  }
  return typical;
}

// Gains within a factor of 4 of the typical one share its unit; others have their own, 16 times apart.
int size_class(double factor, double typical) {
  return static_cast<int>(std::lround(std::log2(std::abs(factor) / typical) / 4));
}

bool assign_slots(const FusedInput& input, FusedPlan& plan) {
  const std::size_t pixels = input.shape.pixels();
  constexpr std::uint16_t none = std::numeric_limits<std::uint16_t>::max();
  plan.slot.assign(pixels, none);
  const std::vector<double> typical = plan.ones ? std::vector<double>{} : typical_factors(input);
  std::vector<std::uint16_t> usual(input.cells, none);  // slot of each cell's typical size
  std::map<std::pair<std::uint16_t, int>, std::uint16_t> others;
  std::vector<double> largest;
  std::vector<std::size_t> count;
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint16_t cell = input.cell[i];
    if (cell >= input.cells || !has_usual_constants(input.form, i, pixels)) continue;
    const double factor = plan.ones ? 1.0 : usual_factor(input, i);
    if (factor == 0) continue;
    const int size = plan.ones ? 0 : size_class(factor, typical[cell]);
    std::uint16_t& slot = size == 0 ? usual[cell] : others.try_emplace({cell, size}, none).first->second;
    if (slot == none) {
      if (plan.slots.size() >= none) return false;
      slot = static_cast<std::uint16_t>(plan.slots.size());
      plan.slots.push_back({cell, 1, 0, 0});
      largest.push_back(0);
      count.push_back(0);
    }
    plan.slot[i] = slot;
    largest[slot] = std::max(largest[slot], std::abs(factor));
    ++count[slot];
  }
  for (std::uint16_t& slot : plan.slot)
    if (slot == none) slot = static_cast<std::uint16_t>(plan.slots.size());
  if (plan.ones) return true;
  // Gains as whole numbers below 2^15 (2^30 for exact), and no sum of 16-bit numbers times them above 2^62.
  for (std::size_t s = 0; s < plan.slots.size(); ++s) {
    const double most = plan.bits == GainBits::sixteen
                            ? 32767.0
                            : std::min(1073741823.0 - 32768.0, 0x1p46 / static_cast<double>(count[s]));
    plan.slots[s].unit = largest[s] / most;
  }
  return true;
}

// Rounds the gains to whole numbers of the unit; what one pixel loses, the next of its slot gains, so that
// smooth pictures are not changed at all. Notes what the pedestals amount to with just these gains.
void round_gains(const FusedInput& input, FusedPlan& plan) {
  const std::size_t pixels = input.shape.pixels(), panel_pixels = input.shape.panel_pixels();
  const std::size_t panel_blocks = (panel_pixels + block_pixels - 1) / block_pixels;
  const std::size_t padded = input.shape.panels * panel_blocks * block_pixels;
  plan.high.assign(padded, 0);
  if (plan.bits == GainBits::exact) plan.low.assign(padded, 0);
  std::vector<double> owed(plan.slots.size(), 0.0);
  for (std::size_t i = 0; i < pixels; ++i) {
    const std::uint16_t s = plan.slot[i];
    if (s >= plan.slots.size()) continue;
    FusedPlan::Slot& slot = plan.slots[s];
    const double wanted = usual_factor(input, i) / slot.unit + owed[s];
    const double limit = plan.bits == GainBits::sixteen ? 32767.0 : 1073741823.0;
    const double gain = std::clamp(std::nearbyint(wanted), -limit, limit);
    owed[s] = wanted - gain;
    const auto whole = static_cast<std::int32_t>(gain);
    const std::size_t at = i / panel_pixels * panel_blocks * block_pixels + i % panel_pixels;
    if (plan.bits == GainBits::sixteen) {
      plan.high[at] = static_cast<std::int16_t>(whole);
    } else {
      plan.high[at] = static_cast<std::int16_t>(whole >> 15);  // rounded down: low is never negative
      plan.low[at] = static_cast<std::int16_t>(whole & 0x7fff);
    }
    const double value = gain * slot.unit;
    slot.pedestals += value * static_cast<double>(input.form.constants(i, 0, pixels).pedestal);
    slot.gains += value;
  }
}

// Whether bit 14 makes no difference to any of these pixels: fixed gain ranges of an Epix10ka.
bool states_are_equal(const detector::RawForm& form, std::size_t first, std::size_t count,
                      std::size_t pixels) {
  if (form.states != 2) return false;
  for (std::size_t i = first; i < first + count; ++i) {
    const detector::RawState a = form.constants(i, 0, pixels), b = form.constants(i, 1, pixels);
    if (a.pedestal != b.pedestal || a.factor != b.factor || form.in_group(i, 0) != form.in_group(i, 1) ||
        form.has_constants(i, 0) != form.has_constants(i, 1))
      return false;
  }
  return true;
}

class EntryMaker {
 public:
  EntryMaker(const FusedInput& input, FusedPlan& plan) : input_(input), plan_(plan) {}

  void make() {
    const std::size_t panel_pixels = input_.shape.panel_pixels();
    for (std::uint32_t panel = 0; panel < input_.shape.panels; ++panel)
      for (std::size_t first = 0; first < panel_pixels; first += chunk_blocks * block_pixels)
        add_chunk(panel, first, std::min(chunk_blocks * block_pixels, panel_pixels - first));
  }

 private:
  void add_chunk(std::uint32_t panel, std::size_t first, std::size_t count) {
    FusedPlan::Chunk chunk;
    chunk.panel = panel;
    chunk.first = static_cast<std::uint32_t>(first);
    chunk.pixels = static_cast<std::uint32_t>(count);
    chunk.blocks = static_cast<std::uint32_t>((count + block_pixels - 1) / block_pixels);
    chunk.block = plan_.test.size();
    chunk.first_entry = plan_.entries.size();
    chunk.first_always = plan_.always.size();
    const std::size_t from = panel * input_.shape.panel_pixels() + first;
    for (std::size_t b = 0; b < chunk.blocks; ++b)
      add_block(static_cast<std::uint16_t>(b), from + b * block_pixels,
                std::min(block_pixels, count - b * block_pixels));
    chunk.entries = plan_.entries.size() - chunk.first_entry;
    chunk.always = plan_.always.size() - chunk.first_always;
    plan_.chunks.push_back(chunk);
  }

  void add_block(std::uint16_t block, std::size_t first, std::size_t count) {
    const std::size_t pixels = input_.shape.pixels(), begin = plan_.entries.size();
    bool binned = false;
    for (std::size_t k = 0; k < count; ++k) {
      binned = binned || input_.cell[first + k] < input_.cells;
      const bool asked = !input_.only_binned || input_.cell[first + k] < input_.cells;
      if (asked && !has_usual_constants(input_.form, first + k, pixels))
        plan_.always.push_back(static_cast<std::uint32_t>(first + k));
      const std::uint16_t slot = plan_.slot[first + k];
      if (slot < plan_.slots.size()) mask_of(begin, block, slot) |= 1u << k;
    }
    // Pixels of gain 0 add nothing, but are lost when they are saturated or their panel is absent: such a
    // block has to be looked at too.
    if (binned && plan_.entries.size() == begin && !plan_.slots.empty())
      plan_.entries.push_back({0, block, 0});
    for (std::size_t e = begin; e < plan_.entries.size(); ++e) {
      auto& entry = plan_.entries[e];
      entry.slot = static_cast<std::uint16_t>(entry.slot * plan_.copies + e % plan_.copies);
    }
    const bool equal = input_.form.states == 1 || states_are_equal(input_.form, first, count, pixels);
    plan_.test.push_back(equal ? 0 : input_.form.states == 2 ? 0x4000 : 0xc000);
  }

  std::uint32_t& mask_of(std::size_t begin, std::uint16_t block, std::uint16_t slot) {
    for (std::size_t e = plan_.entries.size(); e-- > begin;)
      if (plan_.entries[e].slot == slot) return plan_.entries[e].mask;
    plan_.entries.push_back({0, block, slot});
    return plan_.entries.back().mask;
  }

  const FusedInput& input_;
  FusedPlan& plan_;
};

}  // namespace

void keep_binned_blocks(FusedPlan& plan) {
  std::vector<FusedPlan::Chunk> kept;
  for (const FusedPlan::Chunk& chunk : plan.chunks) {
    if (chunk.always != 0) {  // rare: as it is
      kept.push_back(chunk);
      continue;
    }
    const std::size_t end = chunk.first_entry + chunk.entries;
    for (std::size_t e = chunk.first_entry; e < end;) {
      const std::uint16_t first = plan.entries[e].block;
      FusedPlan::Chunk run = chunk;
      run.first_entry = e;
      std::uint16_t last = first;
      for (; e < end && plan.entries[e].block <= last + 1; ++e) {
        last = plan.entries[e].block;
        plan.entries[e].block = static_cast<std::uint16_t>(last - first);
      }
      run.entries = e - run.first_entry;
      run.blocks = last - first + 1u;
      run.first = chunk.first + first * static_cast<std::uint32_t>(block_pixels);
      run.pixels = std::min<std::uint32_t>(run.blocks * static_cast<std::uint32_t>(block_pixels),
                                           chunk.first + chunk.pixels - run.first);
      run.block = chunk.block + first;
      kept.push_back(run);
    }
  }
  plan.chunks = std::move(kept);
}

double FusedPlan::gain(std::size_t pixel, std::size_t padded) const {
  const std::uint16_t s = slot[pixel];
  if (s >= slots.size()) return 0;
  if (ones) return 1;
  const double whole = bits == GainBits::sixteen
                           ? static_cast<double>(high[padded])
                           : static_cast<double>(high[padded]) * 32768.0 + static_cast<double>(low[padded]);
  return whole * slots[s].unit;
}

bool has_usual_constants(const detector::RawForm& form, std::size_t pixel, std::size_t pixels) {
  const detector::RawState usual = form.constants(pixel, 0, pixels);
  return form.has_constants(pixel, 0) && std::abs(usual.pedestal) < largest_pedestal &&
         std::abs(usual.factor) < largest_factor;
}

bool make_fused_plan(const FusedInput& input, FusedPlan& plan) {
  assert(input.cell.size() == input.shape.pixels());
  plan = {};
  plan.ones = input.form.table.empty() && input.weight.empty();
  plan.bits = input.bits;
  if (input.shape.pixels() > std::numeric_limits<std::uint32_t>::max()) return false;
  if (!assign_slots(input, plan)) return false;
  constexpr std::size_t most_slots = 65535, most_copies = 2, copied_slots = 4096;
  plan.copies = plan.slots.size() <= copied_slots ? most_copies : 1;
  static_assert(copied_slots * most_copies <= most_slots);
  if (plan.ones)
    for (const std::uint16_t s : plan.slot) {
      if (s < plan.slots.size()) plan.slots[s].gains += 1;
    }
  else
    round_gains(input, plan);
  EntryMaker(input, plan).make();
  return true;
}

NormalForm normal_form(const detector::RawForm& form, const RawFrame& raw) {
  NormalForm made;
  made.normal.type = raw.type;
  made.normal.and_bits = form.code_bits;
  const bool is_unsigned = raw.type == PixelType::u16 && form.code_bits == 0xffff;
  if (is_unsigned) made.normal.xor_bits = 0x8000, made.bias = 32768;
  // Codes at and above are full; what switches its gain is full with all code bits, or in another state.
  const std::int64_t from = form.states > 1        ? std::int64_t{form.code_bits}
                            : form.frame_says_full ? std::int64_t{raw.saturated_from}
                                                   : std::int64_t{form.full_from};
  const std::int64_t above = from - 1 - static_cast<std::int64_t>(made.bias);
  made.normal.full_above = static_cast<std::int16_t>(std::clamp<std::int64_t>(above, -32768, 32767));
  return made;
}

}  // namespace jt::reduction
