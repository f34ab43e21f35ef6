#include "control/hold_filter.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace jt::control {
namespace {

// 1.25 widths to each side, 36 cells per width: a jet that is further away is looked for, not followed.
constexpr std::size_t cells = 91;
constexpr double cells_per_width = 36;
// Heights of liquid jets wander by about a per cent in a minute; assumed. More would be mistaken for motion.
constexpr double height_walk_s = 0.0015 * 0.0015;
// Small jumps: once in so many seconds the jet may be anywhere in the window. It keeps the other side of the
// beam alive, which shots at one place cannot tell from this one; assumed.
constexpr double jump_every_s = 300;
// The profile is never exactly one of the family.
constexpr double model_error = 0.005;
// What lies 4 standard errors out tells no more than that: nothing is killed by one outlier.
constexpr double most_pull = 16;
constexpr double least_drift_weight = 2e-3, least_profile_weight = 1e-4;
constexpr std::size_t most_profiles = 8, settled_profiles = 3;

// Of the mixed profile: two widths, in steps of 1/24.
constexpr std::size_t mixed_points = 49;
constexpr double mixed_per_width = 24;

constexpr std::array drift_factors{1.0 / 9, 0.5, 2.5};
constexpr std::array all_shapes{Shape::gaussian, Shape::soft_round, Shape::round, Shape::flat};

void normalise(std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  if (!(sum > 0)) {
    std::fill(values.begin(), values.end(), 1.0 / static_cast<double>(values.size()));
    return;
  }
  const double scale = 1 / sum;
  for (double& value : values) value = std::max(value * scale, 1e-12);
}

// One step of diffusion to the next cells by the share k on each side; heights go along.
void diffuse(HoldModel& model, double k) {
  const std::size_t n = model.probability.size();
  double p_below = model.probability[0], h_below = model.height[0], v_below = model.height_variance[0];
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t next = i + 1 < n ? i + 1 : i;
    const double p = model.probability[i], h = model.height[i], v = model.height_variance[i];
    const double below = k * p_below, above = k * model.probability[next], stayed = (1 - 2 * k) * p;
    const double all = stayed + below + above, share = 1 / std::max(all, 1e-300);
    const double mean = (stayed * h + below * h_below + above * model.height[next]) * share;
    const double off = h - mean, off_below = h_below - mean, off_above = model.height[next] - mean;
    const double variance = stayed * (v + off * off) + below * (v_below + off_below * off_below) +
                            above * (model.height_variance[next] + off_above * off_above);
    model.probability[i] = all;
    model.height[i] = mean;
    model.height_variance[i] = variance * share;
    p_below = p;
    h_below = h;
    v_below = v;
  }
}

void move_cells(std::vector<double>& values, int by, double outside) {
  const int n = static_cast<int>(values.size());
  std::vector<double> moved(values.size(), outside);
  for (int i = 0; i < n; ++i)
    if (i + by >= 0 && i + by < n)
      moved[static_cast<std::size_t>(i)] = values[static_cast<std::size_t>(i + by)];
  values = std::move(moved);
}

}  // namespace

void HoldFilter::start(const Estimate& known, std::optional<Shape> shape, double width_error,
                       double walk_um2_s) {
  background_ = known.background;
  drifts_ = static_cast<std::uint32_t>(drift_factors.size());
  cell_um_ = known.fwhm_um / cells_per_width;
  models_.clear();
  for (const Shape each : all_shapes) {
    const double prior = !shape ? 0.25 : *shape == each ? 0.7 : 0.1;
    for (int k = -1; k <= 1; ++k) {
      const double z = 1.2 * k;
      for (const double factor : drift_factors) {
        HoldModel model;
        model.shape = each;
        model.fwhm_um = known.fwhm_um * std::exp(width_error * z);
        model.walk_um2_s = factor * walk_um2_s;
        model.weight = prior * std::exp(-0.5 * z * z);
        models_.push_back(std::move(model));
      }
    }
  }
  share_weights();
  reset_places(known.centre_um, known.sigma_um, known.amplitude, 0.1);
}

void HoldFilter::reset_places(double centre_um, double sigma_um, double height, double height_error) {
  first_um_ = centre_um - 0.5 * static_cast<double>(cells - 1) * cell_um_;
  const double sigma = std::max(sigma_um, 0.5 * cell_um_);
  for (HoldModel& model : models_) {
    model.probability.assign(cells, 0);
    for (std::size_t i = 0; i < cells; ++i) {
      const double z = (place(i) - centre_um) / sigma;
      model.probability[i] = std::exp(-0.5 * z * z) + 1e-6;
    }
    normalise(model.probability);
    model.height.assign(cells, height);
    model.height_variance.assign(cells, std::pow(height_error * height, 2));
  }
  summarise();
}

void HoldFilter::move_to(double centre_um, double sigma_um, double height, double height_error) {
  reset_places(centre_um, sigma_um, height, height_error);
}

void HoldFilter::predict(double seconds) {
  if (!(seconds > 0)) return;
  const double wander = height_walk_s * now_.amplitude * now_.amplitude * seconds;
  for (HoldModel& model : models_) {
    const double share = std::min(0.5 * model.walk_um2_s * seconds / (cell_um_ * cell_um_), 30.0);
    const int steps = std::max(1, static_cast<int>(std::ceil(share / 0.3)));
    for (int i = 0; i < steps; ++i) diffuse(model, share / steps);
    const double leak = std::min(0.5, seconds / jump_every_s) / static_cast<double>(cells);
    for (std::size_t i = 0; i < cells; ++i) {
      model.probability[i] = (1 - leak * static_cast<double>(cells)) * model.probability[i] + leak;
      const double share = leak / model.probability[i];
      model.height[i] += share * (now_.amplitude - model.height[i]);
      model.height_variance[i] += wander + share * std::pow(0.05 * now_.amplitude, 2);
    }
  }
}

void HoldFilter::update(double x_um, double mean, double error) {
  for (HoldModel& model : models_) {
    const Profile profile{model.fwhm_um, model.shape};
    double evidence = 0;
    for (std::size_t i = 0; i < cells; ++i) {
      double& height = model.height[i];
      double& variance = model.height_variance[i];
      const double g = profile.value(x_um - place(i));
      const double off = mean - background_ - height * g;
      const double noise = error * error + model_error * model_error * height * height;
      const double total = variance * g * g + noise;
      const double pull = off * off / total;
      model.probability[i] *= std::exp(-0.5 * std::min(pull, most_pull)) / std::sqrt(total);
      evidence += model.probability[i];
      const double trust = pull > most_pull ? most_pull / pull : 1;
      const double gain = trust * variance * g / total;
      height = std::max(height + gain * off, 1e-12);
      variance *= 1 - gain * g;
    }
    model.weight *= evidence;
    normalise(model.probability);
  }
  share_weights();
  if (++since_weighed_ % 16 == 0) prune();
  summarise();
  follow();
}

// A pulse that lands this much higher sees what the carrier would show this much higher.
void HoldFilter::update_slope(double x_um, double slope_per_um, double error) {
  for (HoldModel& model : models_) {
    const Profile profile{model.fwhm_um, model.shape};
    double evidence = 0;
    for (std::size_t i = 0; i < cells; ++i) {
      const double expected = model.height[i] * profile.slope(x_um - place(i));
      const double noise = std::hypot(error, 0.15 * expected);  // the profile's slope is not known better
      const double pull = std::pow((slope_per_um - expected) / noise, 2);
      model.probability[i] *= std::exp(-0.5 * std::min(pull, most_pull));
      evidence += model.probability[i];
    }
    model.weight *= evidence;
    normalise(model.probability);
  }
  share_weights();
  summarise();
  follow();
}

void HoldFilter::update_position(double position_um, double error_um) {
  for (HoldModel& model : models_) {
    for (std::size_t i = 0; i < cells; ++i) {
      const double pull = std::pow((position_um - place(i)) / error_um, 2);
      model.probability[i] *= std::exp(-0.5 * std::min(pull, 9.0));
    }
    normalise(model.probability);
  }
  summarise();
  follow();
}

void HoldFilter::rescale(double height, double background, double error) {
  background_ *= background;
  for (HoldModel& model : models_)
    for (std::size_t i = 0; i < cells; ++i) {
      model.height[i] *= height;
      model.height_variance[i] =
          height * height * model.height_variance[i] + std::pow(error * model.height[i], 2);
    }
  summarise();
}

void HoldFilter::shift(double by_um, double error_um) {
  first_um_ += by_um;
  const double share = std::min(0.5 * error_um * error_um / (cell_um_ * cell_um_), 300.0);
  const int steps = static_cast<int>(std::ceil(share / 0.3));
  for (HoldModel& model : models_)
    for (int i = 0; i < steps; ++i) diffuse(model, share / steps);
  summarise();
}

void HoldFilter::set_background(double background) { background_ = background; }

void HoldFilter::share_weights() {
  double sum = 0;
  for (const HoldModel& model : models_) sum += model.weight;
  for (HoldModel& model : models_)
    model.weight = sum > 0 ? model.weight / sum : 1.0 / static_cast<double>(models_.size());
  // The drift may change: no rate is ever given up.
  for (std::size_t i = 0; i + drifts_ <= models_.size(); i += drifts_) {
    double group = 0;
    for (std::size_t k = 0; k < drifts_; ++k) group += models_[i + k].weight;
    for (std::size_t k = 0; k < drifts_; ++k)
      models_[i + k].weight = std::max(models_[i + k].weight, least_drift_weight * group);
  }
}

// Profiles that never were right cost time only.
void HoldFilter::prune() {
  struct Group {
    std::size_t at;
    double weight;
  };
  std::vector<Group> groups;
  for (std::size_t i = 0; i + drifts_ <= models_.size(); i += drifts_) {
    double weight = 0;
    for (std::size_t k = 0; k < drifts_; ++k) weight += models_[i + k].weight;
    groups.push_back({i, weight});
  }
  if (groups.size() <= 2) return;
  std::stable_sort(groups.begin(), groups.end(),
                   [](const Group& a, const Group& b) { return a.weight > b.weight; });
  // What some seconds have not told apart acts alike near the top, where the jet is held.
  const std::size_t most = since_weighed_ > 100 ? settled_profiles : most_profiles;
  std::vector<HoldModel> kept;
  for (std::size_t g = 0; g < groups.size(); ++g) {
    if (g >= 2 && (groups[g].weight < least_profile_weight || g >= most)) break;
    for (std::size_t k = 0; k < drifts_; ++k) kept.push_back(std::move(models_[groups[g].at + k]));
  }
  models_ = std::move(kept);
  share_weights();
}

// The window of cells stays about the jet.
void HoldFilter::follow() {
  const double middle = first_um_ + 0.5 * static_cast<double>(cells - 1) * cell_um_;
  const int by = static_cast<int>(std::lround((now_.centre_um - middle) / cell_um_));
  if (std::abs(by) < 12) return;
  for (HoldModel& model : models_) {
    move_cells(model.probability, by, 1e-12);
    move_cells(model.height, by, now_.amplitude);
    move_cells(model.height_variance, by, std::pow(0.1 * now_.amplitude, 2));
    normalise(model.probability);
  }
  first_um_ += by * cell_um_;
}

void HoldFilter::summarise() {
  double centre = 0, second = 0, height = 0, width = 0, weight = 0;
  for (const HoldModel& model : models_) {
    double mean = 0, square = 0, tall = 0;
    for (std::size_t i = 0; i < cells; ++i) {
      const double p = model.probability[i], at = static_cast<double>(i);
      mean += p * at;
      square += p * at * at;
      tall += p * model.height[i];
    }
    centre += model.weight * mean;
    second += model.weight * square;
    height += model.weight * tall;
    width += model.weight * model.fwhm_um;
    weight += model.weight;
  }
  centre /= weight;
  now_.centre_um = first_um_ + centre * cell_um_;
  now_.sigma_um = cell_um_ * std::sqrt(std::max(0.0, second / weight - centre * centre));
  now_.amplitude = height / weight;
  now_.fwhm_um = width / weight;
  now_.background = background_;
  mix();
}

// The profile that is expected, all beliefs together, by distance from the centre: asked for at every shot.
void HoldFilter::mix() {
  mixed_.assign(mixed_points, 0);
  double weight = 0;
  for (const LikelyProfile& each : profiles()) {
    weight += each.weight;
    for (std::size_t i = 0; i < mixed_points; ++i)
      mixed_[i] += each.weight * each.profile.value(now_.fwhm_um * static_cast<double>(i) / mixed_per_width);
  }
  for (double& value : mixed_) value /= weight;
}

Profile HoldFilter::profile() const {
  Profile best{now_.fwhm_um, Shape::gaussian};
  double most = -1;
  for (const LikelyProfile& each : profiles())
    if (each.weight > most) {
      most = each.weight;
      best = each.profile;
    }
  return best;
}

std::vector<LikelyProfile> HoldFilter::profiles() const {
  std::vector<LikelyProfile> all;
  for (std::size_t i = 0; i + drifts_ <= models_.size(); i += drifts_) {
    LikelyProfile each{{models_[i].fwhm_um, models_[i].shape}, 0};
    for (std::size_t k = 0; k < drifts_; ++k) each.weight += models_[i + k].weight;
    all.push_back(each);
  }
  return all;
}

double HoldFilter::walk() const {
  double walk = 0, weight = 0;
  for (const HoldModel& model : models_) {
    walk += model.weight * model.walk_um2_s;
    weight += model.weight;
  }
  return weight > 0 ? walk / weight : 0;
}

double HoldFilter::expected(double x_um) const {
  const double place = std::abs(x_um - now_.centre_um) / now_.fwhm_um * mixed_per_width;
  const auto at = static_cast<std::size_t>(std::min(place, 1e6));
  if (at + 1 >= mixed_.size()) return now_.background;
  const double g = mixed_[at] + (place - static_cast<double>(at)) * (mixed_[at + 1] - mixed_[at]);
  return now_.background + now_.amplitude * g;
}

}  // namespace jt::control
