#include "formats/xtc/names.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace jt::formats::xtc {
namespace {

// The DAQ's own tables; a number is the place in its table.
constexpr std::array<std::string_view, 124> type_names = {"Any",
                                                          "Xtc",
                                                          "Frame",
                                                          "AcqWaveform",
                                                          "AcqConfig",
                                                          "TwoDGaussian",
                                                          "Opal1kConfig",
                                                          "FrameFexConfig",
                                                          "EvrConfig",
                                                          "TM6740Config",
                                                          "RunControlConfig",
                                                          "pnCCDframe",
                                                          "pnCCDconfig",
                                                          "Epics",
                                                          "FEEGasDetEnergy",
                                                          "EBeamBld",
                                                          "PhaseCavity",
                                                          "PrincetonFrame",
                                                          "PrincetonConfig",
                                                          "EvrData",
                                                          "FrameFccdConfig",
                                                          "FccdConfig",
                                                          "IpimbData",
                                                          "IpimbConfig",
                                                          "EncoderData",
                                                          "EncoderConfig",
                                                          "EvrIOConfig",
                                                          "PrincetonInfo",
                                                          "CspadElement",
                                                          "CspadConfig",
                                                          "IpmFexConfig",
                                                          "IpmFex",
                                                          "DiodeFexConfig",
                                                          "DiodeFex",
                                                          "PimImageConfig",
                                                          "SharedIpimb",
                                                          "AcqTDCConfig",
                                                          "AcqTDCData",
                                                          "Index",
                                                          "XampsConfig",
                                                          "XampsElement",
                                                          "Cspad2x2Element",
                                                          "SharedPIM",
                                                          "Cspad2x2Config",
                                                          "FexampConfig",
                                                          "FexampElement",
                                                          "Gsc16aiConfig",
                                                          "Gsc16aiData",
                                                          "PhasicsConfig",
                                                          "TimepixConfig",
                                                          "TimepixData",
                                                          "CspadCompressedElement",
                                                          "OceanOpticsConfig",
                                                          "OceanOpticsData",
                                                          "EpicsConfig",
                                                          "FliConfig",
                                                          "FliFrame",
                                                          "QuartzConfig",
                                                          "Reserved1",
                                                          "Reserved2",
                                                          "AndorConfig",
                                                          "AndorFrame",
                                                          "UsdUsbData",
                                                          "UsdUsbConfig",
                                                          "GMD",
                                                          "SharedAcqADC",
                                                          "OrcaConfig",
                                                          "ImpData",
                                                          "ImpConfig",
                                                          "AliasConfig",
                                                          "L3TConfig",
                                                          "L3TData",
                                                          "Spectrometer",
                                                          "RayonixConfig",
                                                          "EpixConfig",
                                                          "EpixElement",
                                                          "EpixSamplerConfig",
                                                          "EpixSamplerElement",
                                                          "EvsConfig",
                                                          "PartitionConfig",
                                                          "PimaxConfig",
                                                          "PimaxFrame",
                                                          "Arraychar",
                                                          "Epix10kConfig",
                                                          "Epix100aConfig",
                                                          "GenericPgpConfig",
                                                          "TimeToolConfig",
                                                          "TimeToolData",
                                                          "EpixSConfig",
                                                          "SmlDataConfig",
                                                          "SmlDataOrigDgramOffset",
                                                          "SmlDataProxy",
                                                          "ArrayUInt16",
                                                          "GotthardConfig",
                                                          "AnalogInput",
                                                          "SmlData",
                                                          "Andor3dConfig",
                                                          "Andor3dFrame",
                                                          "BeamMonitorBldData",
                                                          "Generic1DConfig",
                                                          "Generic1DData",
                                                          "UsdUsbFexConfig",
                                                          "UsdUsbFexData",
                                                          "EOrbits",
                                                          "SharedUsdUsb",
                                                          "ControlsCameraConfig",
                                                          "ArchonConfig",
                                                          "JungfrauConfig",
                                                          "JungfrauElement",
                                                          "QuadAdcConfig",
                                                          "ZylaConfig",
                                                          "ZylaFrame",
                                                          "Epix10kaConfig",
                                                          "PixisConfig",
                                                          "PixisFrame",
                                                          "UxiConfig",
                                                          "UxiFrame",
                                                          "Epix10ka2MConfig",
                                                          "Epix10kaArray",
                                                          "StreakConfig",
                                                          "Epix10kaQuadConfig",
                                                          "iStarConfig",
                                                          "AlviumConfig",
                                                          "VimbaFrame"};

constexpr std::array<std::string_view, 53> detector_names = {"NoDetector",
                                                             "AmoIMS",
                                                             "AmoGD",
                                                             "AmoETOF",
                                                             "AmoITOF",
                                                             "AmoMBES",
                                                             "AmoVMI",
                                                             "AmoBPS",
                                                             "Camp",
                                                             "EpicsArch",
                                                             "BldEb",
                                                             "SxrBeamline",
                                                             "SxrEndstation",
                                                             "XppSb1Ipm",
                                                             "XppSb1Pim",
                                                             "XppMonPim",
                                                             "XppSb2Ipm",
                                                             "XppSb3Ipm",
                                                             "XppSb3Pim",
                                                             "XppSb4Pim",
                                                             "XppGon",
                                                             "XppLas",
                                                             "XppEndstation",
                                                             "AmoEndstation",
                                                             "CxiEndstation",
                                                             "XcsEndstation",
                                                             "MecEndstation",
                                                             "CxiDg1",
                                                             "CxiDg2",
                                                             "CxiDg3",
                                                             "CxiDg4",
                                                             "CxiKb1",
                                                             "CxiDs1",
                                                             "CxiDs2",
                                                             "CxiDsu",
                                                             "CxiSc1",
                                                             "CxiDsd",
                                                             "XcsBeamline",
                                                             "CxiSc2",
                                                             "MecXuvSpectrometer",
                                                             "MecXrtsForw",
                                                             "MecXrtsBack",
                                                             "MecFdi",
                                                             "MecTimeTool",
                                                             "MecTargetChamber",
                                                             "FeeHxSpectrometer",
                                                             "XrayTransportDiagnostic",
                                                             "Lamp",
                                                             "MfxEndstation",
                                                             "MfxDg1",
                                                             "MfxDg2",
                                                             "XrtDiag",
                                                             "DetLab"};

constexpr std::array<std::string_view, 58> device_names = {"NoDevice",
                                                           "Evr",
                                                           "Acqiris",
                                                           "Opal1000",
                                                           "Tm6740",
                                                           "pnCCD",
                                                           "Princeton",
                                                           "Fccd",
                                                           "Ipimb",
                                                           "Encoder",
                                                           "Cspad",
                                                           "AcqTDC",
                                                           "Xamps",
                                                           "Cspad2x2",
                                                           "Fexamp",
                                                           "Gsc16ai",
                                                           "Phasics",
                                                           "Timepix",
                                                           "Opal2000",
                                                           "Opal4000",
                                                           "OceanOptics",
                                                           "Opal1600",
                                                           "Opal8000",
                                                           "Fli",
                                                           "Quartz4A150",
                                                           "Andor",
                                                           "USDUSB",
                                                           "OrcaFl40",
                                                           "Imp",
                                                           "Epix",
                                                           "Rayonix",
                                                           "EpixSampler",
                                                           "Pimax",
                                                           "Fccd960",
                                                           "Epix10k",
                                                           "Epix100a",
                                                           "EpixS",
                                                           "Gotthard",
                                                           "DualAndor",
                                                           "Wave8",
                                                           "LeCroy",
                                                           "ControlsCamera",
                                                           "Archon",
                                                           "Jungfrau",
                                                           "Zyla",
                                                           "Epix10ka",
                                                           "Pixis",
                                                           "Uxi",
                                                           "Epix10ka2M",
                                                           "StreakC7700",
                                                           "Epix10kaQuad",
                                                           "JungfrauSegment",
                                                           "JungfrauSegmentM2",
                                                           "JungfrauSegmentM3",
                                                           "JungfrauSegmentM4",
                                                           "iStar",
                                                           "QuadAdc",
                                                           "Alvium"};

constexpr std::array<std::string_view, 96> bld_names = {"EBeam",
                                                        "PhaseCavity",
                                                        "FEEGasDetEnergy",
                                                        "NH2-SB1-IPM-01",
                                                        "XCS-IPM-01",
                                                        "XCS-DIO-01",
                                                        "XCS-IPM-02",
                                                        "XCS-DIO-02",
                                                        "XCS-IPM-03",
                                                        "XCS-DIO-03",
                                                        "XCS-IPM-03m",
                                                        "XCS-DIO-03m",
                                                        "XCS-YAG-1",
                                                        "XCS-YAG-2",
                                                        "XCS-YAG-3m",
                                                        "XCS-YAG-3",
                                                        "XCS-YAG-mono",
                                                        "XCS-IPM-mono",
                                                        "XCS-DIO-mono",
                                                        "XCS-DEC-mono",
                                                        "MEC-LAS-EM-01",
                                                        "MEC-TCTR-PIP-01",
                                                        "MEC-TCTR-DI-01",
                                                        "MEC-XT2-IPM-02",
                                                        "MEC-XT2-IPM-03",
                                                        "MEC-HXM-IPM-01",
                                                        "GMD",
                                                        "CxiDg1_Imb01",
                                                        "CxiDg2_Imb01",
                                                        "CxiDg2_Imb02",
                                                        "CxiDg3_Imb01",
                                                        "CxiDg1_Pim",
                                                        "CxiDg2_Pim",
                                                        "CxiDg3_Pim",
                                                        "XppMon_Pim0",
                                                        "XppMon_Pim1",
                                                        "XppSb2_Ipm",
                                                        "XppSb3_Ipm",
                                                        "XppSb3_Pim",
                                                        "XppSb4_Pim",
                                                        "XppEnds_Ipm0",
                                                        "XppEnds_Ipm1",
                                                        "MEC-XT2-PIM-02",
                                                        "MEC-XT2-PIM-03",
                                                        "CxiDg3_Spec",
                                                        "NH2-SB1-IPM-02",
                                                        "FEE-SPEC0",
                                                        "SXR-SPEC0",
                                                        "XPP-SPEC0",
                                                        "XCS-USR-IPM-01",
                                                        "XCS-USR-IPM-02",
                                                        "XCS-USR-IPM-03",
                                                        "XCS-USR-IPM-04",
                                                        "XCS-IPM-04",
                                                        "XCS-DIO-04",
                                                        "XCS-IPM-05",
                                                        "XCS-DIO-05",
                                                        "XCS-IPM-gon",
                                                        "XCS-IPM-ladm",
                                                        "XPP-AIN-01",
                                                        "XCS-AIN-01",
                                                        "AMO-AIN-01",
                                                        "MFX-BEAMMON-01",
                                                        "EOrbits",
                                                        "MfxDg1_Pim",
                                                        "MfxDg2_Pim",
                                                        "SXR-AIN-01",
                                                        "HX2-SB1-BMMON",
                                                        "XRT-USB-ENCODER-01",
                                                        "XPP-USB-ENCODER-01",
                                                        "XPP-USB-ENCODER-02",
                                                        "XCS-USB-ENCODER-01",
                                                        "CXI-USB-ENCODER-01",
                                                        "XCS-SND-DIO",
                                                        "MFX-USR-DIO",
                                                        "XPP-SB2-BMMON",
                                                        "XPP-SB3-BMMON",
                                                        "HFX-DG2-BMMON",
                                                        "XCS-SB1-BMMON",
                                                        "XCS-SB2-BMMON",
                                                        "CXI-DG2-BMMON",
                                                        "CXI-DG3-BMMON",
                                                        "MFX-DG1-BMMON",
                                                        "MFX-DG2-BMMON",
                                                        "MFX-AIN-01",
                                                        "MEC-AIN-01",
                                                        "FEE-AIN-01",
                                                        "MEC-XT2-BMMON-02",
                                                        "MEC-XT2-BMMON-03",
                                                        "XPP-USR-DIO",
                                                        "XPP-ALC-DIO",
                                                        "XCS-USR-DIO",
                                                        "CXI-USR-DIO",
                                                        "MEC-USR-DIO",
                                                        "MFX-USB-ENCODER-01",
                                                        "HXX-DG1-BMMON-01"};

template <class Table>
std::string_view lookup(const Table& table, std::size_t number) {
  return number < table.size() ? table[number] : std::string_view{};
}

template <class Number, class Table>
std::optional<Number> find(const Table& table, std::string_view name) {
  const auto found = std::find(table.begin(), table.end(), name);
  if (found == table.end()) return std::nullopt;
  return static_cast<Number>(found - table.begin());
}

std::string name_or_number(std::string_view name, std::uint32_t number) {
  if (!name.empty()) return std::string(name);
  std::string text("#");
  text += std::to_string(number);
  return text;
}

std::string ipv4_text(std::uint32_t address) {
  return std::to_string(address >> 24) + "." + std::to_string((address >> 16) & 0xff) + "." +
         std::to_string((address >> 8) & 0xff) + "." + std::to_string(address & 0xff);
}

std::optional<std::uint8_t> small_number(std::string_view text) {
  std::uint8_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

struct Half {
  std::string_view name;
  std::uint8_t id = 0;
};

// "XcsEndstation.0" -> name and number
std::optional<Half> parse_half(std::string_view text, char before_id) {
  const std::size_t dot = text.rfind(before_id);
  if (dot == std::string_view::npos) return std::nullopt;
  const auto id = small_number(text.substr(dot + 1));
  if (!id) return std::nullopt;
  return Half{text.substr(0, dot), *id};
}

std::optional<Src> parse_det_info(std::string_view text, char middle, char before_id) {
  const std::size_t split = text.find(middle);
  if (split == std::string_view::npos) return std::nullopt;
  const auto detector = parse_half(text.substr(0, split), before_id);
  const auto device = parse_half(text.substr(split + 1), before_id);
  if (!detector || !device) return std::nullopt;
  const auto detector_index = detector_number(detector->name);
  const auto device_index = device_number(device->name);
  if (!detector_index || !device_index) return std::nullopt;
  return make_src(DetInfo{*detector_index, detector->id, *device_index, device->id});
}

// The text inside "DetInfo(...)" or "BldInfo(...)"; the whole text when it has no such frame.
std::string_view without_frame(std::string_view text, std::string_view word) {
  if (!text.starts_with(word) || !text.ends_with(')')) return text;
  text.remove_prefix(word.size());
  if (!text.starts_with('(')) return text;
  return text.substr(1, text.size() - 2);
}

}  // namespace

std::string_view type_name(std::uint16_t type_id) { return lookup(type_names, type_id); }
std::string_view detector_name(std::uint8_t number) { return lookup(detector_names, number); }
std::string_view device_name(std::uint8_t number) { return lookup(device_names, number); }
std::string_view bld_name(std::uint32_t number) { return lookup(bld_names, number); }

std::optional<std::uint16_t> type_number(std::string_view name) {
  return find<std::uint16_t>(type_names, name);
}
std::optional<std::uint8_t> detector_number(std::string_view name) {
  return find<std::uint8_t>(detector_names, name);
}
std::optional<std::uint8_t> device_number(std::string_view name) {
  return find<std::uint8_t>(device_names, name);
}
std::optional<std::uint32_t> bld_number(std::string_view name) {
  return find<std::uint32_t>(bld_names, name);
}

DetInfo det_info(Src src) {
  return {static_cast<std::uint8_t>(src.phy >> 24), static_cast<std::uint8_t>(src.phy >> 16),
          static_cast<std::uint8_t>(src.phy >> 8), static_cast<std::uint8_t>(src.phy)};
}

Src make_src(DetInfo info, std::uint32_t process_id) {
  return {(1u << 24) | (process_id & 0xffffff), (std::uint32_t{info.detector} << 24) |
                                                    (std::uint32_t{info.detector_id} << 16) |
                                                    (std::uint32_t{info.device} << 8) | info.device_id};
}

Src make_bld_src(std::uint32_t bld, std::uint32_t process_id) {
  return {(6u << 24) | (process_id & 0xffffff), bld};
}

Src make_node_src(Level level, std::uint32_t ipv4, std::uint32_t process_id) {
  return {(static_cast<std::uint32_t>(level) << 24) | (process_id & 0xffffff), ipv4};
}

std::string psana_text(Src src) {
  if (src.level() == Level::reporter) return "BldInfo(" + name_or_number(bld_name(src.phy), src.phy) + ")";
  if (src.level() != Level::source) return "ProcInfo(" + ipv4_text(src.phy) + ")";
  const DetInfo info = det_info(src);
  return "DetInfo(" + name_or_number(detector_name(info.detector), info.detector) + "." +
         std::to_string(info.detector_id) + ":" + name_or_number(device_name(info.device), info.device) +
         "." + std::to_string(info.device_id) + ")";
}

std::optional<Src> parse_src(std::string_view text) {
  const std::string_view bld = without_frame(text, "BldInfo");
  if (const auto number = bld_number(bld)) return make_bld_src(*number);
  const std::string_view det = without_frame(text, "DetInfo");
  if (const auto src = parse_det_info(det, ':', '.')) return src;
  return parse_det_info(det, '|', '-');
}

}  // namespace jt::formats::xtc
