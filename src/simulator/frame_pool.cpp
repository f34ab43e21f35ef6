#include "simulator/frame_pool.hpp"

#include <algorithm>
#include <cstring>

#include "simulator/random.hpp"

// Built with -ffp-contract=off (CMakeLists.txt).

namespace jt::simulator {
namespace {

enum Purpose : std::uint32_t { jet_photons = 4, other_photons = 5, shuffle = 6, choice_of_shot = 7 };

constexpr std::uint32_t dark_frames = 8;
constexpr std::uint32_t first_dark_shot = 0xF000'0000;  // no recorded shot has such a number
constexpr double pool_size = 1 << 21;
constexpr double most_per_pixel = 5;  // photons: beyond 25, which 5 never becomes, a Jungfrau switches

}  // namespace

FramePool::FramePool(const FrameMaker& maker, WordStream stream) : maker_(maker), stream_(stream) {
  FrameMaker::Workspace workspace;
  for (std::uint32_t i = 0; i < dark_frames; ++i) {
    dark_.emplace_back(2 * maker.detector().shape().pixels());
    maker.make(first_dark_shot + i, {0, 0, false}, workspace, dark_.back());
  }
  jet_ = fill(true, jet_photons);
  other_ = fill(false, other_photons);
}

// As many photons as the pool holds, each where a frame of this light might have it.
FramePool::Photons FramePool::fill(bool jet, std::uint32_t purpose) const {
  const Exposure one = jet ? Exposure{1, 0, true} : Exposure{0, 1, true};
  const auto& classes = maker_.detector().pixel_classes();
  Photons photons;
  for (const std::uint16_t index : classes) photons.mean += maker_.expected_in_class(index, one);
  for (std::size_t k = 0; k < TwinDetector::classes; ++k)
    photons.most = std::max(photons.most, maker_.expected_in_class(k, one));
  const double scale = std::min(pool_size / photons.mean, CountTable::largest_mean / photons.most);
  std::vector<CountTable> counts(TwinDetector::classes);
  for (std::size_t k = 0; k < counts.size(); ++k) counts[k].set(scale * maker_.expected_in_class(k, one));

  std::vector<std::uint32_t> words(4096);
  for (std::size_t first = 0; first < classes.size(); first += words.size()) {
    fill_words({stream_.seed, stream_.run, purpose}, 0, static_cast<std::uint32_t>(first / 4), words);
    for (std::size_t i = 0; i < words.size() && first + i < classes.size(); ++i)
      photons.places.insert(photons.places.end(), counts[classes[first + i]](words[i]),
                            static_cast<std::uint32_t>(first + i));
  }
  // Fisher and Yates, from the end.
  for (std::size_t left = photons.places.size(); left > 1;) {
    fill_words({stream_.seed, stream_.run, shuffle + 16 * purpose}, 0, static_cast<std::uint32_t>(left),
               words);
    for (std::size_t i = 0; i < words.size() && left > 1; ++i, --left)
      std::swap(photons.places[left - 1], photons.places[(std::uint64_t{words[i]} * left) >> 32U]);
  }
  return photons;
}

bool FramePool::suits(const Exposure& exposure) const {
  const bool switches = maker_.detector().ranges().size() > 1;
  if (switches && exposure.jet * jet_.most + exposure.other * other_.most > most_per_pixel) return false;
  return exposure.jet * jet_.mean <= static_cast<double>(jet_.places.size()) &&
         exposure.other * other_.mean <= static_cast<double>(other_.places.size());
}

void FramePool::add(const Photons& photons, std::uint64_t count, std::uint32_t start,
                    std::span<std::byte> pixels) const {
  if (photons.places.empty()) return;
  const std::uint64_t per_photon = maker_.adu_per_photon_65536();
  const std::uint32_t top = maker_.detector().top();
  std::size_t next = (std::uint64_t{start} * photons.places.size()) >> 32U;
  std::uint64_t sum = 0;  // whole ADU of a photon now and then one more: right on the average
  for (std::uint64_t i = 0; i < count; ++i) {
    std::byte* at = pixels.data() + 2 * std::size_t{photons.places[next]};
    if (++next == photons.places.size()) next = 0;
    sum = (sum & 0xffff) + per_photon;
    std::uint16_t word;
    std::memcpy(&word, at, sizeof word);
    word = static_cast<std::uint16_t>(
        std::min<std::uint32_t>(word + static_cast<std::uint32_t>(sum >> 16U), top));
    std::memcpy(at, &word, sizeof word);
  }
}

FrameSum FramePool::make(std::uint32_t shot, const Exposure& exposure, std::span<std::byte> pixels) const {
  Draws draws(stream_.seed, std::uint64_t{stream_.run} << 8U | 0x80U | choice_of_shot, shot);
  const std::vector<std::byte>& dark = dark_[draws.word() % dark_frames];
  std::memcpy(pixels.data(), dark.data(), pixels.size());
  FrameSum made;
  for (const auto& [photons, share] : {std::pair<const Photons*, double>{&jet_, exposure.jet},
                                       std::pair<const Photons*, double>{&other_, exposure.other}}) {
    const std::uint64_t count = draws.poisson(std::min(share * photons->mean, 1e9));
    add(*photons, count, draws.word(), pixels);
    made.photons += count;
  }
  for (const FlawedPixel& flawed : maker_.detector().flaws())
    std::memcpy(pixels.data() + 2 * std::size_t{flawed.pixel}, dark.data() + 2 * std::size_t{flawed.pixel},
                2);
  if (exposure.beam) maker_.fill_pixels_in_direct_light(pixels);
  return made;
}

}  // namespace jt::simulator
