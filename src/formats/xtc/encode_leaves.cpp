#include "formats/xtc/encode_leaves.hpp"

#include <cassert>

#include "formats/xtc/byte_writer.hpp"

namespace jt::formats::xtc {
namespace {

std::uint32_t count_of(std::size_t size) { return static_cast<std::uint32_t>(size); }

ByteWriter& put_src(ByteWriter& out, Src src) { return out.put(src.log).put(src.phy); }

ByteWriter& put_pixel(ByteWriter& out, OpalConfig::Pixel pixel) { return out.put(pixel.col).put(pixel.row); }

void put_pixels(ByteWriter& out, std::span<const OpalConfig::Pixel> pixels) {
  for (const OpalConfig::Pixel pixel : pixels) put_pixel(out, pixel);
}

template <class T, std::size_t size>
ByteWriter& put_array(ByteWriter& out, const std::array<T, size>& values) {
  return out.put_all(std::span<const T>(values));
}

}  // namespace

Payload write_evr_data(std::span<const FifoEvent> events) {
  ByteWriter out;
  out.put(count_of(events.size()));
  for (const FifoEvent& event : events) out.put(event.fiducial).put(event.ticks).put(event.code);
  return out.take();
}

Payload write_evr_config(const EvrConfig& config, std::uint16_t version) {
  ByteWriter out;
  out.put(count_of(config.codes.size()))
      .put(count_of(config.pulses.size()))
      .put(count_of(config.outputs.size()));
  for (const EvrConfig::Code& code : config.codes) {
    const auto flags = static_cast<std::uint16_t>(code.readout | code.command << 1 | code.latch << 2);
    out.put(code.code).put(flags).put(code.report_delay).put(code.report_width);
    out.put(code.mask_trigger).put(code.mask_set).put(code.mask_clear).text(code.description, 16);
    if (version == 7) out.put(code.readout_group).zeros(2);
  }
  for (const EvrConfig::Pulse& pulse : config.pulses)
    out.put(pulse.id).put(pulse.polarity).put(pulse.prescale).put(pulse.delay).put(pulse.width);
  for (const std::uint32_t output : config.outputs) out.put(output);
  out.put(config.sequencer_sources).put(count_of(config.sequence.size())).put(config.sequencer_cycles);
  return out.put_all(std::span(config.sequence)).take();
}

Payload write_alias_config(std::span<const SourceAlias> aliases) {
  ByteWriter out;
  out.put(count_of(aliases.size()));
  for (const SourceAlias& entry : aliases)
    put_src(out, entry.src).text(entry.alias, layout::alias_name_size).zeros(1);
  return out.take();
}

Payload write_partition_config(const PartitionConfig& config, std::uint16_t version) {
  ByteWriter out;
  if (version == 1) {
    for (std::size_t i = 0; i < 2; ++i) out.put(i < config.bld_mask.size() ? config.bld_mask[i] : 0u);
    out.put(count_of(config.sources.size()));
  } else {
    out.put(count_of(config.bld_mask.size())).put(count_of(config.sources.size()));
    out.put_all(std::span(config.bld_mask));
  }
  for (const PartitionConfig::Source& source : config.sources)
    put_src(out, source.src).put(source.readout_group);
  return out.take();
}

Payload write_control_config(const ControlConfig& config) {
  ByteWriter out;
  out.put((config.events & 0x1fffffff) | std::uint32_t{config.uses_l3t_events} << 29 |
          std::uint32_t{config.uses_duration} << 30 | std::uint32_t{config.uses_events} << 31);
  out.zeros(4).put(config.duration.nsec).put(config.duration.sec);
  out.put(count_of(config.controls.size()))
      .put(count_of(config.monitors.size()))
      .put(count_of(config.labels.size()));
  for (const ControlConfig::Pv& pv : config.controls)
    out.text(pv.name, layout::control_name_size).put(pv.index).put(pv.value);
  for (const ControlConfig::Monitored& pv : config.monitors)
    out.text(pv.name, layout::control_name_size).put(pv.index).put(pv.low).put(pv.high);
  for (const ControlConfig::Label& label : config.labels)
    out.text(label.name, layout::control_name_size).text(label.value, layout::control_label_value_size);
  return out.take();
}

Payload write_gas_detector(const std::array<double, 6>& values, std::uint16_t version) {
  return ByteWriter().put_all(std::span<const double>(values).first(version == 0 ? 4 : 6)).take();
}

Payload write_beam_monitor(const std::array<double, 19>& values,
                           const std::array<std::uint16_t, 16>& peak_times) {
  ByteWriter out;
  put_array(out, values);
  return put_array(out, peak_times).take();
}

Payload write_ebeam(const std::array<double, 20>& values, std::uint32_t damage_mask) {
  ByteWriter out;
  out.put(damage_mask);
  return put_array(out, values).take();
}

Payload write_phase_cavity(const std::array<double, 4>& values) {
  ByteWriter out;
  return put_array(out, values).take();
}

Payload write_ipm_fex(const std::array<float, 7>& values) {
  ByteWriter out;
  return put_array(out, values).take();
}

Payload write_ipimb_data(const IpimbData& data) {
  ByteWriter out;
  for (int shift = 48; shift >= 0; shift -= 16)
    out.put(static_cast<std::uint16_t>(data.trigger_counter >> shift));
  put_array(out, data.config);
  put_array(out, data.channel);
  put_array(out, data.channel_presample);
  return out.put(data.checksum).take();
}

Payload write_ipimb_config(const IpimbConfig& config) {
  return ByteWriter()
      .put(config.trigger_counter)
      .put(config.serial)
      .put(config.charge_range)
      .put(config.calibration_range)
      .put(config.reset_length)
      .put(config.reset_delay)
      .put(config.charge_reference_voltage)
      .put(config.calibration_voltage)
      .put(config.diode_bias)
      .put(config.status)
      .put(config.errors)
      .put(config.calibration_strobe)
      .zeros(2)
      .put(config.trigger_delay)
      .put(config.presample_delay)
      .put(config.adc_delay)
      .take();
}

Payload write_ipm_fex_config(const IpmFexConfig& config) {
  ByteWriter out;
  for (const IpmFexConfig::Diode& diode : config.diodes) {
    put_array(out, diode.base);
    put_array(out, diode.scale);
  }
  return out.put(config.x_scale).put(config.y_scale).take();
}

Payload write_shared_ipimb(const IpimbData& data, const IpimbConfig& config,
                           const std::array<float, 7>& values) {
  return ByteWriter()
      .bytes(write_ipimb_data(data))
      .bytes(write_ipimb_config(config))
      .bytes(write_ipm_fex(values))
      .take();
}

Payload write_frame(const CameraFrame& frame) {
  return ByteWriter()
      .put(frame.width)
      .put(frame.height)
      .put(frame.depth)
      .put(frame.offset)
      .bytes(frame.pixels)
      .take();
}

Payload write_opal_config(const OpalConfig& config) {
  const std::uint32_t options = ((config.depth - 8) / 2 & 0xf) | (config.binning & 0xf) << 4 |
                                (config.mirroring & 0xf) << 8 | std::uint32_t{config.remap} << 12 |
                                std::uint32_t{!config.lookup_table.empty()} << 13 |
                                std::uint32_t{config.defect_correction} << 14;
  ByteWriter out;
  out.put(config.black_level).put(config.gain_percent).put(options).put(count_of(config.defects.size()));
  out.put_all(std::span(config.lookup_table));
  put_pixels(out, config.defects);
  return out.take();
}

Payload write_frame_fex_config(const FrameFexConfig& config) {
  ByteWriter out;
  out.put(config.forwarding).put(config.prescale).put(config.processing);
  put_pixel(out, config.begin);
  put_pixel(out, config.end);
  out.put(config.threshold).put(count_of(config.masked.size()));
  put_pixels(out, config.masked);
  return out.take();
}

Payload write_controls_camera_config(const ControlsCameraConfig& config) {
  return ByteWriter()
      .put(config.width)
      .put(config.height)
      .put(config.depth)
      .put(config.colour)
      .put(config.exposure)
      .put(config.gain)
      .text(config.maker, 48)
      .text(config.model, 48)
      .take();
}

Payload write_rayonix_config(const RayonixConfig& config, std::uint16_t version) {
  return ByteWriter()
      .put(config.binning_fast)
      .put(config.binning_slow)
      .put(version == 2 ? config.test_pattern : std::int16_t{0})
      .put(config.exposure)
      .put(config.trigger)
      .put(config.raw_mode)
      .put(config.dark_flag)
      .put(config.readout_mode)
      .text(config.device_id, 40)
      .take();
}

Payload write_alvium_config(const AlviumConfig& config) {
  const std::uint8_t mode = config.depth == 8 ? 0 : config.depth == 10 ? 1 : 3;
  return ByteWriter()
      .up_to(layout::alvium_pixel_mode)
      .put(mode)
      .up_to(layout::alvium_width)
      .put(config.width)
      .put(config.height)
      .up_to(layout::alvium_config_size)
      .take();
}

Payload write_vimba_frame(std::uint64_t frame_number, Bytes pixels) {
  return ByteWriter().put(frame_number).zeros(8).bytes(pixels).take();
}

Payload write_jungfrau_config(const JungfrauConfig& config, std::uint16_t version) {
  ByteWriter out;
  out.put(config.modules).put(config.rows).put(config.cols).put(config.bias_voltage);
  out.put(config.gain_mode).put(config.speed_mode).put(config.trigger_delay).put(config.exposure_time);
  if (version == 1) return out.take();
  out.put(config.exposure_period);
  put_array(out, config.voltages);
  for (std::size_t i = 0; i < layout::jungfrau_config_modules(version) && i < config.module_info.size(); ++i)
    out.put(config.module_info[i].serial)
        .put(config.module_info[i].version)
        .put(config.module_info[i].firmware);
  return out.up_to(layout::jungfrau_config_size(version)).take();
}

Payload write_jungfrau_element(const JungfrauFrame& frame, Shape shape, std::uint16_t version) {
  ByteWriter out;
  if (version == 1)
    out.put(static_cast<std::uint32_t>(frame.frame_number));
  else
    out.put(frame.frame_number);
  out.put(frame.ticks).put(frame.fiducial);
  if (version != 1) out.zeros(shape.panels * layout::jungfrau_module_info_size);
  return out.bytes(frame.pixels).take();
}

Payload write_epics_config(std::span<const EpicsAlias> aliases) {
  ByteWriter out;
  out.put(count_of(aliases.size()));
  for (const EpicsAlias& entry : aliases)
    out.put(entry.pv_id).text(entry.alias, layout::epics_alias_size).zeros(2).put(entry.interval);
  return out.take();
}

Payload write_epics_name(std::int16_t pv_id, std::string_view name) {
  constexpr std::int16_t ctrl_double = 34;
  constexpr std::size_t record_size = 160;  // header and name 72, limits 80, one value 8
  return ByteWriter()
      .put(pv_id)
      .put(ctrl_double)
      .put(std::int16_t{1})
      .text(name, layout::epics_name_size)
      .up_to(record_size)
      .take();
}

Payload write_epics_value(const EpicsValue& value, std::int16_t dbr_type) {
  ByteWriter out;
  out.put(value.pv_id).put(dbr_type).put(std::int16_t{1}).up_to(layout::epics_status_offset);
  out.put(value.status).put(value.severity).put(value.time.sec - layout::epics_epoch).put(value.time.nsec);
  switch (dbr_type) {
    case 15:
      return out.zeros(2).put(static_cast<std::int16_t>(value.value)).take();
    case 16:
      return out.put(static_cast<float>(value.value)).take();
    case 17:
      return out.zeros(2).put(static_cast<std::uint16_t>(value.value)).take();
    case 18:
      return out.zeros(3).put(static_cast<std::uint8_t>(value.value)).take();
    case 19:
      return out.put(static_cast<std::int32_t>(value.value)).take();
    default:
      return out.zeros(4).put(value.value).take();
  }
}

Payload write_packed_frame(const CameraFrame& frame, Engine engine, Bitmap bitmap) {
  const Payload payload = write_frame(frame);
  Payload packed;
  pack_block(Bytes(payload).first(CameraFrame::header_size), frame.pixels,
             bytes_per_pixel(frame.pixel_type()), engine, bitmap, packed);
  return packed;
}

}  // namespace jt::formats::xtc
