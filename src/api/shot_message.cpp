#include "api/shot_message.hpp"

#include <fmt/format.h>

#include <cmath>

#include "api/checked_json.hpp"

namespace jt::api {

std::string_view name(Origin origin) {
  switch (origin) {
    case Origin::live:
      return "live";
    case Origin::replay:
      return "replay";
    case Origin::sim:
      break;
  }
  return "sim";
}

std::optional<Origin> origin_of(std::string_view text) {
  for (const Origin origin : {Origin::live, Origin::replay, Origin::sim})
    if (text == name(origin)) return origin;
  return std::nullopt;
}

namespace {

// JSON knows no NaN and no infinity.
std::string number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : "null"; }

Origin read_origin(const CheckedObject& object) {
  const std::string text = object.text("origin", 16);
  const auto origin = origin_of(text);
  if (!origin) throw NotAsAgreed("origin is none of live, replay, sim");
  return *origin;
}

ShotMessage read_message(const CheckedObject& object) {
  if (object.whole("version", 1'000'000) != shot_message_version)
    throw NotAsAgreed(fmt::format("version is not {}", shot_message_version));
  ShotMessage shot;
  shot.seq = object.whole("seq", std::uint64_t{1} << 62);
  shot.origin = read_origin(object);
  shot.hutch = object.text("hutch", 64);
  shot.experiment = object.text("experiment", 64);
  shot.run = {static_cast<int>(object.whole("run", 999'999'999))};
  shot.time.sec = static_cast<std::uint32_t>(object.whole("sec", 0xffffffffu));
  shot.time.nsec = static_cast<std::uint32_t>(object.whole("nsec", 0xffffffffu));
  shot.fiducial.value = static_cast<std::uint32_t>(object.whole("fiducial", 0xffffffffu));
  shot.i0 = object.number_or_nan("i0");
  shot.ring = object.number_or_nan("ring");
  shot.ratio = object.number_or_nan("ratio");
  shot.dropped = object.boolean("dropped");
  shot.cause = object.text_or_null("cause", 64);
  shot.window_id = static_cast<std::uint32_t>(object.whole("window_id", 0xffffffffu));
  if (object.has("beam_position")) shot.beam_position = object.number_or_nan("beam_position");
  shot.age_us = object.whole("age_us", std::uint64_t{1} << 62);
  return shot;
}

}  // namespace

std::string to_text(const ShotMessage& shot) {
  std::string text = fmt::format(
      R"({{"version":{},"seq":{},"origin":"{}","hutch":{},"experiment":{},"run":{},"sec":{},"nsec":{},)"
      R"("fiducial":{},"i0":{},"ring":{},"ratio":{},"dropped":{},"cause":{},"window_id":{},)",
      shot_message_version, shot.seq, name(shot.origin), json_text(shot.hutch), json_text(shot.experiment),
      shot.run.value, shot.time.sec, shot.time.nsec, shot.fiducial.value, number(shot.i0), number(shot.ring),
      number(shot.ratio), shot.dropped, shot.cause.empty() ? "null" : json_text(shot.cause), shot.window_id);
  if (std::isfinite(shot.beam_position)) text += fmt::format(R"("beam_position":{},)", shot.beam_position);
  return text + fmt::format(R"("age_us":{}}})", shot.age_us);
}

ParsedShot parse_shot(std::string_view text) {
  try {
    return {read_message(CheckedObject(text, max_shot_bytes)), ""};
  } catch (const NotAsAgreed& problem) {
    return {std::nullopt, problem.what()};
  }
}

}  // namespace jt::api
