#!/usr/bin/python3
"""Pixel positions and picture cells of geometry files, worked out once more in numpy.

nominal_results.py check FOLDER     compares with the reference's results in FOLDER (the large golden set's detector/geometry)
nominal_results.py write FILE ...   results of geometry files as JSON, on standard output

The results of our own nominal geometries (tests/data/nominal) were made with `write`, after `check` had found every LCLS-I
file of the golden set equal. So the tests compare the program with arithmetic that is not its own, in a place without that set.
"""
import json
import os
import sys
import zlib

import numpy as np


def sensor(name):
    """Pixel centres (x, y) in the sensor's own frame, and the pitch."""
    if name == "SENS2X1:V1":
        pitch = 109.92
        right = np.arange(194) * pitch + 274.8 - pitch / 2
        return np.concatenate([-right[::-1], right]), (92 - np.arange(185)) * pitch, pitch
    if name in ("EPIX10KA:V1", "EPIX10KA:V2"):
        wide = 250 if name.endswith("1") else 225
        cols, rows = np.arange(192) * 100.0 + wide - 50, np.arange(176) * 100.0 + wide - 50
        return np.concatenate([-cols[::-1], cols]), np.concatenate([rows[::-1], -rows]), 100.0
    if name in ("JUNGFRAU:V1", "JUNGFRAU:V2"):
        i, j = np.arange(1024), np.arange(512)
        x = (i % 256 + np.array([-514.5, -256.5, 1.5, 259.5])[i // 256]) * 75
        if name.endswith("1"):
            return x, (np.array([256.5, -1.5])[j // 256] - j % 256) * 75, 75.0
        return x, (np.array([-256.5, 1.5])[j // 256] + j % 256) * 75, 75.0
    return None


def turn(a, b, degrees):
    angle = degrees * (np.pi / 180)
    return a * np.cos(angle) - b * np.sin(angle), b * np.cos(angle) + a * np.sin(angle)


def read(path):
    lines = []
    for text in open(path):
        words = text.split()
        if not words or text.startswith("#"):
            continue
        pose = [float(word) for word in words[4:]]
        if words[0].startswith("IP") and pose[2] > 0:
            pose[2] = -pose[2]
        lines.append(((words[0], words[1]), (words[2], words[3]), pose))
    return lines


def sensors_below(lines, top):
    """Depth first, in file order: the chain of poses of each sensor, from its own one up."""
    for parent, own, pose in lines:
        if parent != top:
            continue
        if sensor(own[0]):
            yield own[0], [pose]
        else:
            for name, chain in sensors_below(lines, own):
                yield name, chain + [pose]


def positions(path):
    lines = read(path)
    objects = {own for _, own, _ in lines}
    top = next(parent for parent, _, _ in lines if parent not in objects)
    parts, pitch = [], None
    for name, chain in sensors_below(lines, top):
        cols_x, rows_y, of_sensor = sensor(name)
        pitch = pitch or of_sensor
        y, x = (array.astype(float) for array in np.meshgrid(rows_y, cols_x, indexing="ij"))
        z = np.zeros_like(x)
        for x0, y0, z0, rot_z, rot_y, rot_x, tilt_z, tilt_y, tilt_x in chain:
            x, y = turn(x, y, rot_z + tilt_z)
            z, x = turn(z, x, rot_y + tilt_y)
            y, z = turn(y, z, rot_x + tilt_x)
            x, y, z = x + x0, y + y0, z + z0
        parts.append((x, y, z))
    return [np.concatenate([part[k].ravel() for part in parts]) for k in range(3)], pitch


def crc(array):
    return f"{zlib.crc32(np.ascontiguousarray(array).tobytes()):08x}"


def results(path):
    (x, y, z), pitch = positions(path)
    rows, cols = (((a - (a.min() - pitch / 2)) / pitch).astype(np.uint32) for a in (x, y))
    shape = [int(rows.max()) + 1, int(cols.max()) + 1]
    image = np.zeros(shape, np.float32)
    image[rows, cols] = (np.arange(x.size) % 65521).astype(np.float32)
    sample = list(range(0, x.size, x.size // 97))
    return {"n_pixels": int(x.size), "pixel_scale_size_um": pitch, "image_shape": shape, "sample_index": sample,
            "sample_x": x[sample].tolist(), "sample_y": y[sample].tolist(), "sample_z": z[sample].tolist(),
            "crc32_rows_u32le": crc(rows), "crc32_cols_u32le": crc(cols), "crc32_image_f32le": crc(image)}


def check(folder):
    for name in sorted(os.listdir(folder)):
        if not name.startswith("l1") or not name.endswith(".json") or "rayonix" in name:
            continue
        wanted = json.load(open(os.path.join(folder, name)))
        made = results(os.path.join(folder, wanted["file"]))
        (x, y, z), _ = positions(os.path.join(folder, wanted["file"]))
        far = max(np.abs(array[wanted["sample_index"]] - wanted[f"sample_{axis}"]).max()
                  for axis, array in (("x", x), ("y", y), ("z", z)))
        same = [made[key] == wanted[key] for key in ("image_shape", "crc32_rows_u32le", "crc32_cols_u32le")]
        same.append(made["crc32_image_f32le"] == wanted["image_of_index_mod_65521"]["crc32_f32le"])
        print(f"{name}: positions within {far:.1e} um; shape, rows, columns, picture equal: {same}")


if __name__ == "__main__":
    if sys.argv[1] == "check":
        check(sys.argv[2])
    else:
        tags = {os.path.basename(path).split(".")[0]: results(path) for path in sys.argv[2:]}
        json.dump(tags, sys.stdout, indent=0)
