#include "calibration/result_json.hpp"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/errors.hpp"

namespace jt::calibration {
namespace {

using Json = nlohmann::json;
using Ordered = nlohmann::ordered_json;

Ordered number(double value) { return std::isfinite(value) ? Ordered(value) : Ordered(nullptr); }

template <class Container>
Ordered numbers(const Container& values) {
  Ordered list = Ordered::array();
  for (const double value : values) list.push_back(number(value));
  return list;
}

Ordered ring_to_json(const Ring& ring) {
  Ordered others = Ordered::array();
  for (const OtherRing& other : ring.others)
    others.push_back({{"peak_bin", other.peak_bin},
                      {"radius", number(other.radius)},
                      {"contrast", number(other.contrast)}});
  return {{"model", ring.model},
          {"metric", ring.metric},
          {"radius", number(ring.radius)},
          {"radius_unit", ring.radius_unit},
          {"radius_err", number(ring.radius_err)},
          {"q", number(ring.q)},
          {"window", ring.window},
          {"window_clipped", ring.window_clipped},
          {"baseline_window", ring.baseline_window},
          {"bin_edges", numbers(ring.bin_edges)},
          {"center", numbers(ring.center)},
          {"center_fit", numbers(ring.center_fit)},
          {"center_fit_err", numbers(ring.center_fit_err)},
          {"contrast", number(ring.contrast)},
          {"baseline", number(ring.baseline)},
          {"ratio_without_jet", number(ring.ratio_without_jet)},
          {"fit_ok", ring.fit_ok},
          {"fit_sigma", number(ring.fit_sigma)},
          {"fit_residual", number(ring.fit_residual)},
          {"others", std::move(others)}};
}

Ordered provenance_to_json(const Provenance& from) {
  Ordered shape = Ordered::array();
  if (from.image_shape[0] > 1) shape.push_back(from.image_shape[0]);
  shape.push_back(from.image_shape[1]);
  shape.push_back(from.image_shape[2]);
  Ordered camera = nullptr;
  if (!from.jet_camera.source.empty())
    camera = {{"alias", from.jet_camera.alias}, {"source", from.jet_camera.source}};
  return {{"schema_version", from.schema_version},
          {"program_version", from.program_version},
          {"hutch", from.hutch},
          {"experiment", from.experiment},
          {"run", from.run},
          {"detector", {{"alias", from.detector.alias}, {"source", from.detector.source}}},
          {"i0", {{"source", from.i0_source}, {"quantity", from.i0_quantity}}},
          {"jet_camera", std::move(camera)},
          {"image_shape", std::move(shape)},
          {"constants", from.constants},
          {"photon_energy_ev", number(from.photon_energy_ev)},
          {"counts",
           {{"seen", from.counts.seen},
            {"with_code", from.counts.with_code},
            {"used", from.counts.used},
            {"rejected", from.counts.rejected},
            {"damage", from.counts.damage}}},
          {"config_sha256", from.config_sha256},
          {"time", from.time}};
}

// Reads one object key by key; every complaint names the file and the key.
class Reader {
 public:
  Reader(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  void read(const char* key, double& to) const {
    if (const Json* value = find(key)) to = as_number(*value, key);
  }
  void read(const char* key, int& to) const { read_whole(key, to); }
  void read(const char* key, std::uint64_t& to) const { read_whole(key, to); }
  void read(const char* key, std::uint32_t& to) const { read_whole(key, to); }
  void read(const char* key, bool& to) const {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_boolean()) wrong(key, "true or false");
    to = value->get<bool>();
  }
  void read(const char* key, std::string& to) const {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_string()) wrong(key, "a text");
    to = value->get<std::string>();
  }
  void read(const char* key, std::vector<std::string>& to) const {
    for_each(key, [&](const Json& one) {
      if (!one.is_string()) wrong(key, "a list of texts");
      to.push_back(one.get<std::string>());
    });
  }
  void read(const char* key, std::vector<double>& to) const {
    const Json* value = find(key);
    if (value != nullptr && value->is_string()) {
      to = numbers_in(value->get<std::string>());
      return;
    }
    for_each(key, [&](const Json& one) { to.push_back(as_number(one, key)); });
  }
  template <class Number, std::size_t N>
  void read(const char* key, std::array<Number, N>& to) const {
    std::vector<double> values;
    read(key, values);
    if (values.empty()) return;
    if (values.size() != N) wrong(key, fmt::format("{} numbers", N));
    for (std::size_t i = 0; i < N; ++i) {
      if constexpr (std::is_integral_v<Number>)
        to[i] = whole<Number>(values[i], key);
      else
        to[i] = values[i];
    }
  }
  void read(const char* key, std::map<std::string, std::uint64_t>& to) const {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_object()) wrong(key, "an object of counts");
    for (const auto& [name, count] : value->items())
      to[name] = whole<std::uint64_t>(as_number(count, key), key);
  }

  // The object under `key`, or an empty one.
  [[nodiscard]] Reader object(const char* key) const {
    static const Json empty = Json::object();
    const Json* value = find(key);
    if (value == nullptr) return {empty, where_};
    if (!value->is_object()) wrong(key, "an object");
    return {*value, where_};
  }
  template <class Visit>
  void for_each(const char* key, Visit visit) const {
    const Json* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) wrong(key, "a list");
    for (const Json& one : *value) visit(one);
  }
  [[nodiscard]] const std::string& where() const { return where_; }

 private:
  [[nodiscard]] const Json* find(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  [[noreturn]] void wrong(const char* key, const std::string& expected) const {
    throw SetupError(fmt::format("'{}' in {} is not {}", key, where_, expected),
                     "a calibration's result is read from it", "Calibrate the run again?");
  }

  // The original writes every value as a text, and "None" for a missing one.
  [[nodiscard]] double as_number(const Json& value, const char* key) const {
    if (value.is_number()) return value.get<double>();
    if (value.is_null()) return unknown;
    if (!value.is_string()) wrong(key, "a number");
    const auto text = value.get<std::string>();
    if (text == "None" || text == "nan" || text.empty()) return unknown;
    double parsed = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error != std::errc() || end != text.data() + text.size()) wrong(key, "a number");
    return std::isfinite(parsed) ? parsed : unknown;
  }

  template <class Whole>
  Whole whole(double value, const char* key) const {
    // Up to 2^53, where a double still is every whole number.
    const double most = std::min(9007199254740992.0, static_cast<double>(std::numeric_limits<Whole>::max()));
    const double least = static_cast<double>(std::numeric_limits<Whole>::min());
    if (!(value >= std::max(least, -9007199254740992.0) && value <= most) || value != std::floor(value))
      wrong(key, "a whole number");
    return static_cast<Whole>(value);
  }
  template <class Whole>
  void read_whole(const char* key, Whole& to) const {
    const Json* value = find(key);
    if (value == nullptr) return;
    const double parsed = as_number(*value, key);
    if (std::isfinite(parsed)) to = whole<Whole>(parsed, key);
  }

  // A numpy array or a list written as a text; one that was abbreviated ("...") is not read.
  static std::vector<double> numbers_in(const std::string& text) {
    std::vector<double> values;
    if (text.find("...") != std::string::npos) return values;
    const char *at = text.data(), *end = at + text.size();
    while (at != end) {
      double value = 0;
      const auto [after, error] = std::from_chars(at, end, value);
      if (error == std::errc()) values.push_back(value);
      at = error == std::errc() ? after : at + 1;
    }
    return values;
  }

  const Json& object_;
  std::string where_;
};

void read_ring(const Reader& from, Ring& ring) {
  from.read("model", ring.model);
  from.read("metric", ring.metric);
  from.read("radius", ring.radius);
  from.read("radius_unit", ring.radius_unit);
  from.read("radius_err", ring.radius_err);
  from.read("q", ring.q);
  from.read("window", ring.window);
  from.read("window_clipped", ring.window_clipped);
  from.read("baseline_window", ring.baseline_window);
  from.read("bin_edges", ring.bin_edges);
  from.read("center", ring.center);
  from.read("center_fit", ring.center_fit);
  from.read("center_fit_err", ring.center_fit_err);
  from.read("contrast", ring.contrast);
  from.read("baseline", ring.baseline);
  from.read("ratio_without_jet", ring.ratio_without_jet);
  from.read("fit_ok", ring.fit_ok);
  from.read("fit_sigma", ring.fit_sigma);
  from.read("fit_residual", ring.fit_residual);
  from.for_each("others", [&](const Json& one) {
    if (!one.is_object()) return;
    const Reader other(one, from.where());
    OtherRing& to = ring.others.emplace_back();
    other.read("peak_bin", to.peak_bin);
    other.read("radius", to.radius);
    other.read("contrast", to.contrast);
  });
}

void read_provenance(const Reader& from, Provenance& to) {
  from.read("schema_version", to.schema_version);
  from.read("program_version", to.program_version);
  from.read("hutch", to.hutch);
  from.read("experiment", to.experiment);
  from.read("run", to.run);
  from.object("detector").read("alias", to.detector.alias);
  from.object("detector").read("source", to.detector.source);
  from.object("i0").read("source", to.i0_source);
  from.object("i0").read("quantity", to.i0_quantity);
  from.object("jet_camera").read("alias", to.jet_camera.alias);
  from.object("jet_camera").read("source", to.jet_camera.source);
  std::vector<double> shape;
  from.read("image_shape", shape);
  if (shape.size() == 2) shape.insert(shape.begin(), 1.0);
  if (shape.size() == 3)
    for (std::size_t i = 0; i < 3; ++i)
      if (shape[i] >= 0 && shape[i] <= 4294967295.0) to.image_shape[i] = static_cast<std::uint32_t>(shape[i]);
  from.read("constants", to.constants);
  from.read("photon_energy_ev", to.photon_energy_ev);
  const Reader counts = from.object("counts");
  counts.read("seen", to.counts.seen);
  counts.read("with_code", to.counts.with_code);
  counts.read("used", to.counts.used);
  counts.read("rejected", to.counts.rejected);
  counts.read("damage", to.counts.damage);
  from.read("config_sha256", to.config_sha256);
  from.read("time", to.time);
}

Verdict verdict_of(const std::string& word) {
  if (word == name(Verdict::good)) return Verdict::good;
  if (word == name(Verdict::check)) return Verdict::check;
  return Verdict::bad;
}

}  // namespace

Ordered to_json(const Result& r) {
  return {{"verdict", name(r.verdict)},
          {"reasons", r.reasons},
          {"warnings", r.warnings},
          {"i0_low", number(r.i0_low)},
          {"i0_high", number(r.i0_high)},
          {"i0_median", number(r.i0_median)},
          {"peak_bin", r.peak_bin},
          {"delta_bin", r.delta_bin},
          {"mean_ratio", number(r.mean_ratio)},
          {"med_ratio", number(r.med_ratio)},
          {"std_ratio", number(r.std_ratio)},
          {"jet_location_mean", number(r.jet_location_mean)},
          {"jet_location_std", number(r.jet_location_std)},
          {"jet_peak_mean", number(r.jet_peak_mean)},
          {"jet_peak_std", number(r.jet_peak_std)},
          {"int_low", number(r.int_low)},
          {"int_median", number(r.int_median)},
          {"int_high", number(r.int_high)},
          {"slope", number(r.slope)},
          {"intercept", number(r.intercept)},
          {"residual_spread", number(r.residual_spread)},
          {"events_with_code", r.events_with_code},
          {"events_used", r.events_used},
          {"integrated_intensity", number(r.integrated_intensity)},
          {"average_azav", numbers(r.average_azav)},
          {"ring", ring_to_json(r.ring)},
          {"provenance", provenance_to_json(r.provenance)}};
}

Result result_from_json(const Json& json, const std::string& where) {
  if (!json.contains("i0_low") && !json.contains("peak_bin"))
    throw SetupError(fmt::format("{} is not a calibration result", where),
                     "it has neither i0_low nor peak_bin", "Calibrate the run again?");
  const Reader from(json, where);
  Result r;
  from.read("i0_low", r.i0_low);
  from.read("i0_high", r.i0_high);
  from.read("i0_median", r.i0_median);
  from.read("peak_bin", r.peak_bin);
  from.read("delta_bin", r.delta_bin);
  from.read("mean_ratio", r.mean_ratio);
  from.read("med_ratio", r.med_ratio);
  from.read("std_ratio", r.std_ratio);
  from.read("jet_location_mean", r.jet_location_mean);
  from.read("jet_location_std", r.jet_location_std);
  from.read("jet_peak_mean", r.jet_peak_mean);
  from.read("jet_peak_std", r.jet_peak_std);
  from.read("int_low", r.int_low);
  from.read("int_median", r.int_median);
  from.read("int_high", r.int_high);
  from.read("slope", r.slope);
  from.read("intercept", r.intercept);
  from.read("residual_spread", r.residual_spread);
  from.read("events_with_code", r.events_with_code);
  from.read("events_used", r.events_used);
  from.read("integrated_intensity", r.integrated_intensity);
  from.read("average_azav", r.average_azav);
  std::string verdict = "bad";
  from.read("verdict", verdict);
  r.verdict = verdict_of(verdict);
  from.read("reasons", r.reasons);
  from.read("warnings", r.warnings);
  read_ring(from.object("ring"), r.ring);
  read_provenance(from.object("provenance"), r.provenance);
  return r;
}

}  // namespace jt::calibration
