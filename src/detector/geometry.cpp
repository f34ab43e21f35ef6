#include "detector/geometry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>

namespace jt::detector {

namespace {

constexpr std::size_t most_sensors = 64;
// Far above any detector; they bound what a hostile file can cost.
constexpr std::size_t most_levels = 32;
constexpr std::size_t most_pixels = std::size_t{1} << 26;
constexpr std::size_t nobody = static_cast<std::size_t>(-1);

struct Node {
  GeometryLine line;  // zero pose for a top that no line describes
  std::size_t parent = nobody;
  std::vector<std::size_t> children;  // in file order
};

// Each line's parent is the first other line of that name and index; a name without a line becomes a top.
std::vector<Node> make_tree(const std::vector<GeometryLine>& lines) {
  std::vector<Node> nodes;
  for (const GeometryLine& line : lines) nodes.push_back({line, nobody, {}});
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::size_t parent = 0;
    while (parent < nodes.size() && (parent == i || nodes[parent].line.object != lines[i].parent ||
                                     nodes[parent].line.object_index != lines[i].parent_index))
      ++parent;
    if (parent == nodes.size()) {
      Node top;
      top.line.object = lines[i].parent;
      top.line.object_index = lines[i].parent_index;
      nodes.push_back(top);
    }
    nodes[i].parent = parent;
    nodes[parent].children.push_back(i);
  }
  return nodes;
}

void refuse_cycles(const std::vector<Node>& nodes) {
  // 0 not looked at, 1 on the way up from here, 2 known to reach a top.
  std::vector<int> state(nodes.size(), 0);
  for (std::size_t start = 0; start < nodes.size(); ++start) {
    std::vector<std::size_t> way;
    std::size_t at = start;
    for (; at != nobody && state[at] == 0; at = nodes[at].parent) {
      state[at] = 1;
      way.push_back(at);
    }
    if (at != nobody && state[at] == 1) {
      const GeometryLine& line = nodes[at].line;
      throw Unreadable(
          fmt::format("line {}: {} {} is its own ancestor", line.line, line.object, line.object_index));
    }
    for (const std::size_t seen : way) state[seen] = 2;
  }
}

// Depth first in file order: the order of the panels in the data.
void collect_sensors(const std::vector<Node>& nodes, std::size_t at, std::size_t level,
                     std::vector<std::size_t>& sensors) {
  if (level == most_levels)
    throw Unreadable(fmt::format("line {}: more than {} levels", nodes[at].line.line, most_levels));
  if (is_sensor(nodes[at].line.object)) {
    if (sensors.size() == most_sensors) throw Unreadable(fmt::format("more than {} sensors", most_sensors));
    sensors.push_back(at);
  }
  for (const std::size_t child : nodes[at].children) collect_sensors(nodes, child, level + 1, sensors);
}

// The tree, and its sensors in the order of the data: all of one kind, and not too many pixels.
struct Hierarchy {
  std::vector<Node> nodes;
  std::vector<std::size_t> sensors;
  Shape shape;
  [[nodiscard]] const std::string& kind() const { return nodes[sensors.front()].line.object; }
};

Hierarchy find_sensors(const std::vector<GeometryLine>& lines) {
  Hierarchy found{make_tree(lines), {}, {}};
  refuse_cycles(found.nodes);
  // The top is the last object: the one that was made up for a parent without a line.
  if (!found.nodes.empty()) collect_sensors(found.nodes, found.nodes.size() - 1, 0, found.sensors);
  if (found.sensors.empty()) throw Unreadable("it has no sensor of a kind that is known here");
  for (const std::size_t at : found.sensors)
    if (found.nodes[at].line.object != found.kind())
      throw Unreadable(fmt::format("line {}: a {} among sensors of kind {}", found.nodes[at].line.line,
                                   found.nodes[at].line.object, found.kind()));
  found.shape = sensor_shape(found.kind());
  found.shape.panels = static_cast<std::uint32_t>(found.sensors.size());
  if (found.shape.pixels() > most_pixels)
    throw Unreadable(fmt::format("{} sensors of {} x {} pixels are too many", found.shape.panels,
                                 found.shape.rows, found.shape.cols));
  return found;
}

// (a, b) turned by `degrees` in their plane.
void turn(std::vector<double>& a, std::vector<double>& b, double degrees) {
  const double angle = degrees * (std::numbers::pi / 180);
  const double sine = std::sin(angle), cosine = std::cos(angle);
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double turned_a = a[i] * cosine - b[i] * sine;
    const double turned_b = b[i] * cosine + a[i] * sine;
    a[i] = turned_a;
    b[i] = turned_b;
  }
}

void move(std::vector<double>& a, double by) {
  for (double& value : a) value += by;
}

struct Points {
  std::vector<double> x, y, z;
};

// Into the parent's frame.
void apply_pose(const GeometryLine& pose, Points& points) {
  turn(points.x, points.y, pose.rot_z + pose.tilt_z);
  turn(points.z, points.x, pose.rot_y + pose.tilt_y);
  turn(points.y, points.z, pose.rot_x + pose.tilt_x);
  move(points.x, pose.x);
  move(points.y, pose.y);
  move(points.z, pose.z);
}

void append(std::vector<double>& to, const std::vector<double>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

Shape shape_of(const std::vector<GeometryLine>& lines) { return find_sensors(lines).shape; }

PixelPositions pose_pixels(const std::vector<GeometryLine>& lines, SensorConvention convention) {
  const Hierarchy hierarchy = find_sensors(lines);
  const std::vector<Node>& nodes = hierarchy.nodes;
  const Sensor sensor = *make_sensor(hierarchy.kind(), convention);
  PixelPositions positions;
  positions.shape = hierarchy.shape;
  positions.pitch = sensor.pitch;
  for (std::vector<double>* all : {&positions.x, &positions.y, &positions.z})
    all->reserve(positions.shape.pixels());
  for (const std::size_t at : hierarchy.sensors) {
    Points points{sensor.x, sensor.y, std::vector<double>(sensor.x.size(), 0.0)};
    for (std::size_t up = at; up != nobody; up = nodes[up].parent) apply_pose(nodes[up].line, points);
    append(positions.x, points.x);
    append(positions.y, points.y);
    append(positions.z, points.z);
  }
  return positions;
}

}  // namespace jt::detector
