#include "calibration/small_data.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <string_view>
#include <type_traits>

#include "calibration/hdf5_file.hpp"
#include "core/atomic_file.hpp"
#include "core/errors.hpp"

namespace jt::calibration {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t batch_rows = 256;  // shots per chunk and per write

// Library types of what we store; the file's are little endian on every machine.
template <class T>
struct Stored;
template <>
struct Stored<double> {
  static hid_t memory() { return H5T_NATIVE_DOUBLE; }
  static hid_t file() { return H5T_IEEE_F64LE; }
};
template <>
struct Stored<std::uint32_t> {
  static hid_t memory() { return H5T_NATIVE_UINT32; }
  static hid_t file() { return H5T_STD_U32LE; }
};
template <>
struct Stored<std::uint8_t> {
  static hid_t memory() { return H5T_NATIVE_UINT8; }
  static hid_t file() { return H5T_STD_U8LE; }
};

// ---- attributes

void write_text(hid_t object, const char* name, const std::string& text) {
  const Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "describe a text");
  check_hdf5(H5Tset_size(type.get(), std::max<std::size_t>(text.size(), 1)), "size a text");
  check_hdf5(H5Tset_cset(type.get(), H5T_CSET_UTF8), "describe a text");
  check_hdf5(H5Tset_strpad(type.get(), H5T_STR_NULLPAD), "describe a text");
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose, "describe a text");
  const Hdf5Handle attribute(H5Acreate2(object, name, type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose, "make an attribute");
  check_hdf5(H5Awrite(attribute.get(), type.get(), text.c_str()), "write an attribute");
}

void write_numbers(hid_t object, const char* name, std::span<const double> values) {
  const hsize_t size = values.size();
  const Hdf5Handle space(H5Screate_simple(1, &size, nullptr), H5Sclose, "describe numbers");
  const Hdf5Handle attribute(H5Acreate2(object, name, H5T_IEEE_F64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose, "make an attribute");
  check_hdf5(H5Awrite(attribute.get(), H5T_NATIVE_DOUBLE, values.data()), "write an attribute");
}

void write_integer(hid_t object, const char* name, long long value) {
  const Hdf5Handle space(H5Screate(H5S_SCALAR), H5Sclose, "describe a number");
  const Hdf5Handle attribute(H5Acreate2(object, name, H5T_STD_I64LE, space.get(), H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose, "make an attribute");
  check_hdf5(H5Awrite(attribute.get(), H5T_NATIVE_LLONG, &value), "write an attribute");
}

// ---- datasets

struct Column {
  const char* name;
  std::string units, description;
};

// A chunked dataset of `rows` rows of `width` values (0: plain values, one dimension).
template <class T>
Hdf5Handle make_dataset(hid_t file, const Column& column, std::size_t rows, std::size_t width) {
  const std::array<hsize_t, 2> dims = {rows, width};
  const std::array<hsize_t, 2> chunk = {std::clamp<std::size_t>(rows, 1, batch_rows), width};
  const int rank = width == 0 ? 1 : 2;
  const Hdf5Handle space(H5Screate_simple(rank, dims.data(), nullptr), H5Sclose, "describe a dataset");
  const Hdf5Handle how(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "describe a dataset");
  // Tracked attributes use the object format of HDF5 1.8, in which one may be longer than 64 kB: the bin
  // edges.
  check_hdf5(H5Pset_attr_creation_order(how.get(), H5P_CRT_ORDER_TRACKED), "set the attributes of a dataset");
  check_hdf5(H5Pset_chunk(how.get(), rank, chunk.data()), "set the chunks of a dataset");
  Hdf5Handle dataset(
      H5Dcreate2(file, column.name, Stored<T>::file(), space.get(), H5P_DEFAULT, how.get(), H5P_DEFAULT),
      H5Dclose, "make a dataset");
  write_text(dataset.get(), "axes", width == 0 ? "shot" : "shot, radial bin");
  write_text(dataset.get(), "units", column.units);
  write_text(dataset.get(), "description", column.description);
  return dataset;
}

// `values`: rows x width (1 for plain values), batch by batch.
template <class T>
void write_rows(const Hdf5Handle& dataset, std::span<const T> values, std::size_t rows, std::size_t width) {
  const std::size_t row_values = std::max<std::size_t>(width, 1);
  assert(values.size() == rows * row_values);
  const int rank = width == 0 ? 1 : 2;
  const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose, "look at a dataset");
  for (std::size_t first = 0; first < rows; first += batch_rows) {
    const std::array<hsize_t, 2> start = {first, 0};
    const std::array<hsize_t, 2> count = {std::min(batch_rows, rows - first), width};
    check_hdf5(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start.data(), nullptr, count.data(), nullptr),
               "select rows");
    const Hdf5Handle memory(H5Screate_simple(rank, count.data(), nullptr), H5Sclose, "describe rows");
    check_hdf5(H5Dwrite(dataset.get(), Stored<T>::memory(), memory.get(), space.get(), H5P_DEFAULT,
                        values.data() + first * row_values),
               "write rows");
  }
}

// One value per shot, taken from its row by `value_of`.
template <class ValueOf>
void write_column(hid_t file, const ShotTable& table, const Column& column, ValueOf value_of) {
  using T = std::decay_t<decltype(value_of(ShotRow{}))>;
  std::vector<T> values;
  values.reserve(table.shots.size());
  for (const ShotRow& shot : table.shots) values.push_back(value_of(shot));
  write_rows<T>(make_dataset<T>(file, column, values.size(), 0), values, values.size(), 0);
}

void write_profiles(hid_t file, const ShotTable& table, const Ring& ring) {
  const Hdf5Handle dataset = make_dataset<double>(file,
                                                  {"azav", "detector units per pixel",
                                                   "radial profile: mean over the good pixels of each bin; "
                                                   "NaN: a bin without good pixels, a shot without a frame"},
                                                  table.shots.size(), table.bins);
  write_rows<double>(dataset, table.azav, table.shots.size(), table.bins);
  write_numbers(dataset.get(), "bin_edges", ring.bin_edges);
  write_text(dataset.get(), "bin_edges_units", ring.radius_unit);
}

void write_origin(hid_t file, const Result& result) {
  const Provenance& from = result.provenance;
  const std::array<std::pair<const char*, std::string>, 8> texts = {
      {{"hutch", from.hutch},
       {"experiment", from.experiment},
       {"detector", from.detector.source},
       {"i0", from.i0_source + " " + from.i0_quantity},
       {"ring_model", result.ring.model},
       {"ring_metric", result.ring.metric},
       {"program_version", from.program_version},
       {"time", from.time}}};
  write_integer(file, "schema_version", from.schema_version);
  write_integer(file, "run", from.run);
  for (const auto& [name, text] : texts) write_text(file, name, text);
  const std::array<double, 2> window = {double(result.ring.window[0]), double(result.ring.window[1])};
  write_numbers(file, "window", window);
}

void write_columns(hid_t file, const ShotTable& table, const Result& result) {
  const std::string i0 = result.provenance.i0_source + " " + result.provenance.i0_quantity;
  write_column(file, table, {"i0", "as recorded", "incoming intensity: " + i0},
               [](const ShotRow& s) { return s.i0; });
  write_profiles(file, table, result.ring);
  write_column(file, table,
               {"ring", "detector units per pixel, summed over the bins of the window", "ring sum"},
               [](const ShotRow& s) { return s.ring; });
  write_column(file, table, {"ratio", "ring / i0", "ring sum over i0"},
               [](const ShotRow& s) { return s.ratio; });
  write_column(file, table,
               {"jet_peak", "camera units, projected", "height of the jet in the camera's projection"},
               [](const ShotRow& s) { return s.jet_peak; });
  write_column(file, table,
               {"jet_loc", "px", "location of the jet along the projection of the recorded image"},
               [](const ShotRow& s) { return s.jet_loc; });
  write_column(file, table, {"sec", "s", "the DAQ's time of the shot, Unix epoch"},
               [](const ShotRow& s) { return s.time.sec; });
  write_column(file, table, {"nsec", "ns", "the part of the time below a second"},
               [](const ShotRow& s) { return s.time.nsec; });
  write_column(file, table, {"fiducial", "360 Hz ticks", "pulse id of the timing system, wraps at 131040"},
               [](const ShotRow& s) { return s.fiducial.value; });
  write_column(file, table, {"used", "1: yes, 0: no", "taken into the average and the ratio"},
               [](const ShotRow& s) { return static_cast<std::uint8_t>(s.used ? 1 : 0); });
}

std::string image_of(const Hdf5Handle& file) {
  check_hdf5(H5Fflush(file.get(), H5F_SCOPE_GLOBAL), "finish the file");
  const ssize_t size = H5Fget_file_image(file.get(), nullptr, 0);
  if (size < 0) throw_hdf5_error("measure the file");
  std::string image(static_cast<std::size_t>(size), '\0');
  if (H5Fget_file_image(file.get(), image.data(), image.size()) != size) throw_hdf5_error("copy the file");
  return image;
}

// The bytes of the file, composed in memory: HDF5 1.10 crashes at the end of a program in which a disk filled
// up under one of its files, so it never touches the disk here.
std::string hdf5_image(const ShotTable& table, const Result& result) {
  constexpr std::size_t growth = 1 << 20;
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "describe the file");
  check_hdf5(H5Pset_fapl_core(access.get(), growth, 0), "keep the file in memory");
  const Hdf5Handle file(H5Fcreate("shots in memory", H5F_ACC_TRUNC, H5P_DEFAULT, access.get()), H5Fclose,
                        "make the file");
  write_origin(file.get(), result);
  write_columns(file.get(), table, result);
  return image_of(file);
}

// ---- reading

SetupError not_ours(const fs::path& file, const std::string& problem) {
  return {fmt::format("{} cannot be read as shots of a calibration: {}", file.string(), problem),
          "its shots are to be compared or shown",
          "Was it written by jt calibrate? Run it again for this run"};
}

std::string read_text(hid_t object, const char* name) {
  const Hdf5Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose, name);
  const Hdf5Handle type(H5Aget_type(attribute.get()), H5Tclose, name);
  const std::size_t size = H5Tget_size(type.get());
  const bool fixed_text = H5Tget_class(type.get()) == H5T_STRING && H5Tis_variable_str(type.get()) == 0;
  if (!fixed_text || size > H5Aget_storage_size(attribute.get()))
    throw Hdf5Error(fmt::format("attribute {} is no text", name));
  std::string text(size, '\0');
  check_hdf5(H5Aread(attribute.get(), type.get(), text.data()), name);
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

std::vector<double> read_numbers(hid_t object, const char* name) {
  const Hdf5Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose, name);
  const Hdf5Handle space(H5Aget_space(attribute.get()), H5Sclose, name);
  const hssize_t size = H5Sget_simple_extent_npoints(space.get());
  if (size < 0 || static_cast<hsize_t>(size) * sizeof(double) != H5Aget_storage_size(attribute.get()))
    throw Hdf5Error(fmt::format("attribute {} is no list of numbers", name));
  std::vector<double> values(static_cast<std::size_t>(size));
  check_hdf5(H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, values.data()), name);
  return values;
}

int read_integer(hid_t object, const char* name) {
  const Hdf5Handle attribute(H5Aopen(object, name, H5P_DEFAULT), H5Aclose, name);
  const Hdf5Handle space(H5Aget_space(attribute.get()), H5Sclose, name);
  if (H5Sget_simple_extent_npoints(space.get()) != 1)
    throw Hdf5Error(fmt::format("attribute {} is no number", name));
  int value = 0;
  check_hdf5(H5Aread(attribute.get(), H5T_NATIVE_INT, &value), name);
  return value;
}

struct Rows {
  std::size_t rows = 0, width = 0;  // width 0: one dimension
};

// The extent of a dataset, believed only when the file really holds that many bytes: none is allocated for a
// claim.
Rows extent_of(const Hdf5Handle& dataset, const char* name, std::size_t value_size) {
  const Hdf5Handle space(H5Dget_space(dataset.get()), H5Sclose, name);
  std::array<hsize_t, 2> dims = {0, 1};
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank != 1 && rank != 2) throw Hdf5Error(fmt::format("/{} has {} dimensions", name, rank));
  check_hdf5(H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr), name);
  const hsize_t held = H5Dget_storage_size(dataset.get()) / value_size;
  if (dims[1] != 0 && dims[0] > held / dims[1])
    throw Hdf5Error(fmt::format("/{} is larger than what is stored", name));
  return {dims[0], rank == 1 ? 0 : dims[1]};
}

template <class T>
std::vector<T> read_rows(hid_t file, const char* name, Rows& extent) {
  const Hdf5Handle dataset(H5Dopen2(file, name, H5P_DEFAULT), H5Dclose, name);
  const Hdf5Handle type(H5Dget_type(dataset.get()), H5Tclose, name);
  if (H5Tequal(type.get(), Stored<T>::file()) <= 0)
    throw Hdf5Error(fmt::format("/{} is of another type", name));
  extent = extent_of(dataset, name, sizeof(T));
  std::vector<T> values(extent.rows * std::max<std::size_t>(extent.width, 1));
  check_hdf5(H5Dread(dataset.get(), Stored<T>::memory(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), name);
  return values;
}

template <class T, class Keep>
void read_column(hid_t file, const char* name, ShotTable& table, Keep keep) {
  Rows extent;
  const std::vector<T> values = read_rows<T>(file, name, extent);
  if (extent.width != 0 || extent.rows != table.shots.size())
    throw Hdf5Error(fmt::format("/{} has {} rows, /azav {}", name, extent.rows, table.shots.size()));
  for (std::size_t i = 0; i < values.size(); ++i) keep(table.shots[i], values[i]);
}

ShotTable read_table(hid_t file) {
  ShotTable table;
  Rows extent;
  table.azav = read_rows<double>(file, "azav", extent);
  if (extent.width == 0) throw Hdf5Error("/azav has one dimension");
  table.bins = extent.width;
  table.shots.resize(extent.rows);
  read_column<double>(file, "i0", table, [](ShotRow& shot, double v) { shot.i0 = v; });
  read_column<double>(file, "ring", table, [](ShotRow& shot, double v) { shot.ring = v; });
  read_column<double>(file, "ratio", table, [](ShotRow& shot, double v) { shot.ratio = v; });
  read_column<double>(file, "jet_peak", table, [](ShotRow& shot, double v) { shot.jet_peak = v; });
  read_column<double>(file, "jet_loc", table, [](ShotRow& shot, double v) { shot.jet_loc = v; });
  read_column<std::uint32_t>(file, "sec", table, [](ShotRow& shot, std::uint32_t v) { shot.time.sec = v; });
  read_column<std::uint32_t>(file, "nsec", table, [](ShotRow& shot, std::uint32_t v) { shot.time.nsec = v; });
  read_column<std::uint32_t>(file, "fiducial", table,
                             [](ShotRow& shot, std::uint32_t v) { shot.fiducial.value = v; });
  read_column<std::uint8_t>(file, "used", table, [](ShotRow& shot, std::uint8_t v) { shot.used = v != 0; });
  return table;
}

SmallData read_hdf5(const fs::path& path) {
  const Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, "open the file");
  SmallData data;
  data.table = read_table(file.get());
  data.hutch = read_text(file.get(), "hutch");
  data.experiment = read_text(file.get(), "experiment");
  data.run = read_integer(file.get(), "run");
  const Hdf5Handle profiles(H5Dopen2(file.get(), "azav", H5P_DEFAULT), H5Dclose, "azav");
  data.bin_edges = read_numbers(profiles.get(), "bin_edges");
  data.radius_unit = read_text(profiles.get(), "bin_edges_units");
  return data;
}

}  // namespace

void write_small_data(const ShotTable& table, const Result& result, const fs::path& target) {
  assert(table.bins > 0 && table.azav.size() == table.shots.size() * table.bins);
  const QuietHdf5 quiet;
  try {
    write_file_atomically(target, hdf5_image(table, result), "the shots of the calibration");
  } catch (const Hdf5Error& error) {
    throw SetupError(fmt::format("{} cannot be composed: {}", target.filename().string(), error.what()),
                     "it is to hold the shots of the calibration", "Is there enough memory?");
  }
}

SmallData read_small_data(const fs::path& file) {
  if (!fs::exists(file))
    throw SetupError(fmt::format("no file {}", file.string()),
                     "the shots of a calibration are to be read from it",
                     "Run jt calibrate for this run first?");
  const QuietHdf5 quiet;
  try {
    return read_hdf5(file);
  } catch (const Hdf5Error& error) {
    throw not_ours(file, error.what());
  }
}

}  // namespace jt::calibration
