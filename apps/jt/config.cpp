#include "apps/jt/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include "apps/jt/names.hpp"
#include "apps/jt/yaml_block.hpp"
#include "core/errors.hpp"
#include "core/sha256.hpp"

namespace jt::app {
namespace {

constexpr double any_number = std::numeric_limits<double>::max();
constexpr int most = 1'000'000;  // of bins, points, events codes: more is a slip of the finger

// A name that becomes a part of a path.
std::optional<std::string> folder_name(const YamlValue& value) {
  const std::optional<std::string> name = value.text();
  if (name && !is_folder_name(*name)) value.refuse("it may have letters, digits, '_' and '-'");
  return name;
}

// The original's way to say "there is none": an absent key, null, or the Python word.
bool says_none(const YamlValue& value) {
  if (!value.present()) return true;
  if (!value.is_text()) return false;
  const std::optional<std::string> word = value.text();
  return word && (*word == "None" || *word == "none");
}

std::string needed_text(const YamlValue& value, std::string_view why) {
  const std::optional<std::string> text = value.text();
  if (!text) value.refuse(why);
  return *text;
}

DetMap read_det_map(const YamlValue& value) {
  DetMap det_map;
  std::optional<YamlBlock> block = value.block();
  if (!block) return det_map;
  det_map.name = block->value("name").text();
  const YamlValue shape = block->value("shape");
  if (shape.present()) {
    const std::vector<int> sides = shape.integers(1, 1 << 20);
    if (sides.size() != 2) shape.refuse("it must be [rows, columns]");
    det_map.shape = {static_cast<std::uint32_t>(sides[0]), static_cast<std::uint32_t>(sides[1])};
  }
  det_map.common_mode = block->value("common_mode").boolean().value_or(true);
  static_cast<void>(block->value("dtype").text());  // the original's; pixels say their type themselves
  static_cast<void>(block->value("bins").integer(1, most));  // the original's; cal_params.azav_bins counts
  block->done();
  return det_map;
}

Ipm read_ipm(const YamlValue& value) {
  Ipm ipm;
  std::optional<YamlBlock> block = value.block();
  if (!block) return ipm;
  ipm.name = block->value("name").text();
  const YamlValue det = block->value("det");
  if (!says_none(det)) ipm.det = det.text();
  block->done();
  return ipm;
}

std::optional<JetCam> read_jet_cam(const YamlValue& value) {
  if (says_none(value)) return std::nullopt;
  std::optional<YamlBlock> block = value.block();
  const YamlValue name = block->value("name");
  const std::optional<int> axis = block->value("axis").integer(0, 1);
  block->done();
  if (says_none(name)) return std::nullopt;
  return JetCam{name.text().value(), axis.value_or(1)};
}

std::optional<CalParams> read_cal_params(const YamlValue& value) {
  std::optional<YamlBlock> block = value.block();
  if (!block) return std::nullopt;
  CalParams params;
  params.azav_bins = block->value("azav_bins").integer(2, 20'000).value_or(params.azav_bins);
  params.events = static_cast<std::uint64_t>(
      block->value("events").integer(1, std::numeric_limits<int>::max()).value_or(0));
  params.i0_bins = block->value("i0_bins").integer(1, 100'000).value_or(params.i0_bins);
  params.i0_reject = block->value("i0_reject").number(0.001, 0.999).value_or(params.i0_reject);
  params.fit_points = block->value("fit_points").integer(1, 10'000).value_or(params.fit_points);
  params.delta_bin = block->value("delta_bin").integer(0, 10'000).value_or(params.delta_bin);
  block->done();
  return params;
}

// Two numbers, the first below the second.
std::pair<double, double> read_interval(const YamlValue& value, double low, double high) {
  const std::vector<YamlValue> ends = value.list();
  if (ends.size() != 2) value.refuse("it must be [low, high]");
  const std::optional<double> first = ends[0].number(low, high), second = ends[1].number(low, high);
  if (!first || !second || !(*first < *second)) value.refuse("it must be [low, high] with low < high");
  return {*first, *second};
}

std::variant<std::string, std::pair<double, double>> read_center(const YamlValue& value) {
  if (!value.present()) return std::string("geometry");
  if (!value.is_list()) return value.one_of({"geometry", "fit"}).value();
  const std::vector<YamlValue> xy = value.list();
  if (xy.size() != 2) value.refuse("it must be geometry, fit or [x, y]");
  const auto x = xy[0].number(-any_number, any_number), y = xy[1].number(-any_number, any_number);
  if (!x || !y) value.refuse("it must be geometry, fit or [x, y]");
  return std::pair{*x, *y};
}

RingBlock read_ring(const YamlValue& value) {
  RingBlock ring;
  std::optional<YamlBlock> block = value.block();
  if (!block) return ring;
  ring.model = block->value("model").one_of({"geometry", "original"});
  ring.metric = block->value("metric").one_of({"sum", "contrast"});
  ring.center = read_center(block->value("center"));
  for (const char* unit : {"bins", "px", "um", "q"}) {
    const YamlValue range = block->value(std::string("range_") + unit);
    if (!range.present()) continue;
    if (ring.range)
      range.refuse("only one ring.range_* can hold; ring.range_" + ring.range->unit + " is there");
    const auto [low, high] = read_interval(range, 0, any_number);
    ring.range = RingBlock::Range{unit, low, high};
  }
  block->done();
  return ring;
}

JetBlock read_jet(const YamlValue& value) {
  JetBlock jet;
  std::optional<YamlBlock> block = value.block();
  if (!block) return jet;
  jet.motor = block->value("motor").text();
  const YamlValue sign = block->value("motor_sign");
  jet.motor_sign = sign.integer(-1, 1);
  if (jet.motor_sign == 0) sign.refuse("it must be 1 or -1");
  const YamlValue axes = block->value("other_axes");
  for (const YamlValue& axis : axes.list())
    jet.other_axes.push_back(needed_text(axis, "it must be a motor's name"));
  jet.camera = block->value("camera").text();
  jet.camera_axis = block->value("camera_axis").integer(0, 1);
  jet.um_per_px = block->value("um_per_px").number(1e-6, 1e6);
  jet.fwhm_um = block->value("fwhm_um").number(1e-3, 1e6);
  block->done();
  return jet;
}

Limits read_limits(const YamlValue& value) {
  Limits limits;
  std::optional<YamlBlock> block = value.block();
  if (!block) return limits;
  limits.low_mm = block->value("low_mm").number(-1e4, 1e4);
  const YamlValue high = block->value("high_mm");
  limits.high_mm = high.number(-1e4, 1e4);
  if (limits.low_mm && limits.high_mm && !(*limits.low_mm < *limits.high_mm))
    high.refuse("limits.low_mm must be below limits.high_mm");
  if (std::optional<YamlBlock> steps = block->value("step_mm").block()) {
    for (const char* mode : {"search", "track", "jog"})
      if (const std::optional<double> step = steps->value(mode).number(1e-6, 1e3))
        limits.step_mm[mode] = *step;
    steps->done();
  }
  limits.max_moves_per_min = block->value("max_moves_per_min").number(0, 1e4);
  limits.fresh_s = block->value("fresh_s").number(1e-3, 3600);
  block->done();
  return limits;
}

std::vector<Interlock> read_interlocks(const YamlValue& value) {
  std::vector<Interlock> interlocks;
  for (const YamlValue& item : value.list()) {
    std::optional<YamlBlock> block = item.block();
    if (!block) item.refuse("it must be {pv: ..., ok_value: ..., name: ...}");
    Interlock lock;
    lock.pv = needed_text(block->value("pv"), "an interlock needs its PV");
    const YamlValue ok = block->value("ok_value");
    if (!ok.present()) ok.refuse("an interlock needs the value that allows moves");
    if (ok.is_number())
      lock.ok_value = ok.number(-any_number, any_number).value();
    else
      lock.ok_value = ok.text().value();
    lock.name = block->value("name").text().value_or(lock.pv);
    block->done();
    interlocks.push_back(std::move(lock));
  }
  return interlocks;
}

std::vector<BeamState> read_beam_state(const YamlValue& value) {
  std::vector<BeamState> states;
  for (const YamlValue& item : value.list()) {
    std::optional<YamlBlock> block = item.block();
    if (!block) item.refuse("it must be {pv: ..., name: ...}");
    BeamState state;
    state.pv = needed_text(block->value("pv"), "a beam state needs its PV");
    state.name = block->value("name").text().value_or(state.pv);
    block->done();
    states.push_back(std::move(state));
  }
  return states;
}

PublishBlock read_publish(const YamlValue& value) {
  PublishBlock publish;
  std::optional<YamlBlock> block = value.block();
  if (!block) return publish;
  publish.serve_pvs = block->value("serve_pvs").boolean();
  publish.ca_host = block->value("ca_host").text();
  publish.ca_port = block->value("ca_port").integer(1, 65535);
  publish.metrics_host = block->value("metrics_host").text();
  publish.metrics_port = block->value("metrics_port").integer(1, 65535);
  block->done();
  return publish;
}

// `name:` alone in a block: motor {name}, stream {host}.
std::optional<std::string> read_single(const YamlValue& value, std::string_view key) {
  std::optional<YamlBlock> block = value.block();
  if (!block) return std::nullopt;
  std::optional<std::string> text = block->value(key).text();
  block->done();
  return text;
}

void read_api_msg(Config& config, const YamlValue& value) {
  std::optional<YamlBlock> block = value.block();
  if (!block) return;
  // +1, +2 and +3 are used as well: the stream, the motor's commands, the page of counters.
  config.api_port = block->value("port").integer(1, 65532);
  config.api_host = block->value("host").text();
  if (const std::optional<std::string> keys = block->value("keys").text()) {
    const std::filesystem::path folder = *keys;
    config.api_keys =
        folder.is_absolute() ? folder : std::filesystem::path(config.file).parent_path() / folder;
  }
  block->done();
}

std::map<int, std::string> read_pv_map(const YamlValue& value) {
  std::map<int, std::string> pvs;
  std::optional<YamlBlock> block = value.block();
  if (!block) return pvs;
  for (const std::string& key : block->keys()) {
    const YamlValue pv = block->value(key);
    const bool number = !key.empty() && key.size() <= 2 &&
                        std::all_of(key.begin(), key.end(), [](char c) { return c >= '0' && c <= '9'; });
    const int place = number ? std::stoi(key) : 0;
    if (place < 1 || place > 16) pv.refuse("the keys of pv_map are the numbers 1 to 16");
    if (const std::optional<std::string> name = pv.text()) pvs[place] = *name;
  }
  return pvs;
}

std::optional<std::filesystem::path> read_mask(const YamlValue& value, std::string_view file) {
  if (says_none(value)) return std::nullopt;
  const std::filesystem::path mask = value.text().value();
  return mask.is_absolute() ? mask : std::filesystem::path(file).parent_path() / mask;
}

void read_run(Config& config, YamlBlock& top) {
  config.hutch = folder_name(top.value("hutch"));
  config.experiment = folder_name(top.value("experiment"));
  config.run = top.value("run").quoted_integer(1, 999'999'999);
  config.sim = top.value("sim").boolean().value_or(false);
  config.ffb = top.value("ffb").boolean().value_or(false);
}

void read_shots(Config& config, YamlBlock& top) {
  config.evr_name = top.value("evr_name").text();
  config.event_code = top.value("event_code").integer(0, 65535);
  config.exclude_event_codes = top.value("exclude_event_codes").integers(0, 65535);
  config.det_map = read_det_map(top.value("det_map"));
  config.mask = read_mask(top.value("mask"), config.file);
  config.ipm = read_ipm(top.value("ipm"));
  config.jet_cam = read_jet_cam(top.value("jet_cam"));
  config.cal_params = read_cal_params(top.value("cal_params"));
  config.ring = read_ring(top.value("ring"));
}

void read_control(Config& config, YamlBlock& top) {
  config.motor = read_single(top.value("motor"), "name");
  config.jet = read_jet(top.value("jet"));
  config.limits = read_limits(top.value("limits"));
  config.search_during_run = top.value("search_during_run").boolean();
  config.interlocks = read_interlocks(top.value("interlocks"));
  config.beam_state = read_beam_state(top.value("beam_state"));
}

void read_outputs(Config& config, YamlBlock& top) {
  config.opr_home = top.value("opr_home").text();
  config.pv_map = read_pv_map(top.value("pv_map"));
  read_api_msg(config, top.value("api_msg"));
  config.stream_host = read_single(top.value("stream"), "host");
  config.publish = read_publish(top.value("publish"));
  config.twin = read_twin_block(top.value("twin"), config.file);
}

}  // namespace

Config parse_config(const std::string& text, std::string_view file) {
  Config config;
  config.file = file;
  config.sha256 = hex(sha256(text));
  YamlBlock top = read_yaml(config.file, text);
  read_run(config, top);
  read_shots(config, top);
  read_control(config, top);
  read_outputs(config, top);
  top.done();
  return config;
}

Config load_config(const std::filesystem::path& file) {
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    throw CallError(fmt::format("{} is a folder", file.string()), "--cfg takes a config file",
                    "Which of the files in it?");
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  std::string text;
  if (in) text.assign(std::istreambuf_iterator<char>(in), {});
  if (!in)
    throw CallError(fmt::format("cannot read the config {}: {}", file.string(), std::strerror(errno)),
                    "it says which experiment, detector and monitor to use", "Is the path right?");
  return parse_config(text, file.string());
}

void missing_key(const Config& config, std::string_view key, std::string_view needed_for,
                 std::string_view example) {
  const std::string where = config.file.empty() ? "no config was given and" : config.file + ":";
  throw CallError(fmt::format("{} '{}' is missing", where, key), fmt::format("needed {}", needed_for),
                  fmt::format("{}", example));
}

}  // namespace jt::app
