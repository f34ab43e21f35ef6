"""The simulated motor record seen by an independent client, pyepics: one case per lettered observation.

Usage: motor_client.py NAME, with the server in the environment. Prints a line per case; exit 1 when one
differs from what a real motor record 7.4 did. The axis does 5 mm/s after 0.1 s, between +-10 mm, with switches
at +-12 mm, and takes NaN as the real one.
"""
import math
import os
import subprocess
import sys
import threading
import time

try:
    import epics
except ImportError:
    sys.exit(77)  # the caller says that it was skipped

NAME = sys.argv[1]
PLENTY = 60.0  # a deadline that only a broken record reaches
FIELDS = ["VAL", "RBV", "DMOV", "MOVN", "MSTA", "LVIO", "HLS", "LLS", "MISS", "RCNT", "SPMG", "OFF", "LLM", "HLM"]


class Motor:
    """Its fields as they come, in order."""

    def __init__(self):
        self.heard = threading.Condition()
        self.events = []
        self.pvs = {}
        for field in FIELDS + ["STOP", "SET", "DISP", "SEVR"]:
            self.pvs[field] = epics.PV(f"{NAME}.{field}", form="time", auto_monitor=epics.dbr.DBE_VALUE)
        for field, pv in self.pvs.items():
            assert pv.wait_for_connection(PLENTY), field
            pv.get(timeout=PLENTY)
        for field in FIELDS:
            self.pvs[field].add_callback(lambda value=None, field=field, **_: self.add(field, value))

    def add(self, field, value):
        with self.heard:
            self.events.append((field, value))
            self.heard.notify_all()

    def wait(self, wanted, what):
        end = time.monotonic() + PLENTY
        with self.heard:
            while not wanted(self.events):
                left = end - time.monotonic()
                assert left > 0, f"never: {what}; last {self.events[-12:]}"
                self.heard.wait(left)

    def wait_for(self, field, value):
        self.wait(lambda events: (field, value) in events, f"{field} {value}")

    def forget(self):
        with self.heard:
            self.events.clear()

    def of(self, field):
        with self.heard:
            return [value for name, value in self.events if name == field]

    def index(self, field, value):
        with self.heard:
            return self.events.index((field, value))

    def get(self, field):
        return epics.ca.get(self.pvs[field].chid, timeout=PLENTY)

    def put(self, field, value):
        """A plain put, gone when this returns."""
        epics.ca.put(self.pvs[field].chid, value, wait=False)
        epics.ca.flush_io()
        # The server takes messages of a circuit in order: its answer to a read tells that the put was seen.
        self.get("MSTA")

    def notify(self, field, value, name="done"):
        """A put with completion; ("done", name) is heard when it is over."""
        epics.ca.put(self.pvs[field].chid, value, wait=False, callback=lambda **_: self.add("done", name))
        epics.ca.flush_io()
        self.get("MSTA")

    def rest(self, at=0.0):
        self.put("DISP", 0)
        self.put("SET", 0)
        self.put("SPMG", 3)
        self.put("STOP", 1)
        while self.get("DMOV") != 1:
            time.sleep(0.02)
        self.forget()
        if self.get("VAL") != at:
            self.put("VAL", at)
            self.wait_for("DMOV", 1)
        time.sleep(0.15)
        self.forget()


def equal(seen, expected):
    assert seen == expected, f"{seen}, expected {expected}"


def near(seen, expected, tolerance):
    assert abs(seen - expected) <= tolerance, f"{seen}, expected {expected}"


def a_normal_move(m):
    m.notify("VAL", 2.0)
    m.wait_for("done", "done")
    m.wait_for("DMOV", 1)
    order = [e for e in m.events if e[0] in ("DMOV", "VAL", "MSTA", "MOVN")]
    equal(order, [("DMOV", 0), ("VAL", 2.0), ("MSTA", 0x401), ("MOVN", 1), ("MSTA", 2), ("MOVN", 0), ("DMOV", 1)])
    near(m.get("RBV"), 2.0, 1e-6)


def b_present_position(m):
    m.notify("VAL", m.get("VAL"))
    m.wait_for("done", "done")
    m.wait_for("DMOV", 1)
    equal(m.of("DMOV"), [0, 1])  # both were monitored


def c_beyond_a_limit(m):
    for target in (10.5, -10.5, math.inf):
        m.forget()
        m.notify("VAL", target)
        m.wait_for("done", "done")
        m.wait_for("DMOV", 1)
        equal(m.of("DMOV"), [0, 1])
        equal((m.get("LVIO"), m.get("VAL"), m.get("RBV")), (1, 0.0, 0.0))
    m.put("VAL", 0.5)
    m.wait_for("LVIO", 0)
    m.rest(1.0)
    m.put("HLM", 0.5)
    equal(m.get("LVIO"), 0)
    m.put("HLM", 10.0)


def e_plain_stop(m):
    m.notify("VAL", 9.0)
    m.wait(lambda _: any(value > 1 for value in m.of("RBV")), "1 mm of the way")
    m.put("STOP", 1)
    m.wait_for("done", "done")
    m.wait_for("DMOV", 1)
    assert m.get("RBV") < 9
    near(m.get("VAL"), m.get("RBV"), 1e-9)


def f_stop_that_waits(m):
    m.notify("VAL", 2.0, "move")
    m.notify("STOP", 1, "stop")
    m.wait_for("done", "stop")
    near(m.get("RBV"), 2.0, 1e-6)
    assert m.index("done", "move") < m.index("done", "stop")
    m.rest()
    m.put("SPMG", 0)
    m.notify("VAL", 2.0, "move")
    m.notify("SPMG", 3, "go")
    time.sleep(0.5)
    equal((m.get("DMOV"), m.get("RBV"), m.of("done")), (0, 0.0, []))
    m.put("SPMG", 3)  # the plain one ends it
    m.wait_for("done", "go")
    near(m.get("RBV"), 2.0, 1e-6)


def g_new_target(m):
    m.notify("VAL", 2.0, "first")
    m.notify("VAL", -1.0, "second")
    m.wait_for("done", "second")
    assert m.index("done", "first") < m.index("done", "second")
    near(m.get("RBV"), -1.0, 1e-6)
    m.rest()
    m.put("VAL", 8.0)
    m.wait(lambda _: any(value > 1 for value in m.of("RBV")), "1 mm of the way")
    m.put("VAL", -1.0)
    m.wait_for("DMOV", 1)
    equal(m.of("DMOV"), [0, 1])
    near(m.get("RBV"), -1.0, 1e-6)


def h_pause_and_stop(m):
    m.notify("VAL", 8.0)
    m.wait(lambda _: any(value > 1 for value in m.of("RBV")), "1 mm of the way")
    m.put("SPMG", 1)
    m.wait_for("MOVN", 0)
    equal((m.get("DMOV"), m.get("VAL"), m.of("done")), (0, 8.0, []))
    m.put("SPMG", 3)
    m.wait_for("done", "done")
    near(m.get("RBV"), 8.0, 1e-6)
    m.rest()
    m.put("VAL", 8.0)
    m.wait(lambda _: any(value > 1 for value in m.of("RBV")), "1 mm of the way")
    m.put("SPMG", 0)
    m.wait_for("DMOV", 1)
    near(m.get("VAL"), m.get("RBV"), 1e-9)
    m.forget()
    m.put("VAL", 8.0)
    equal((m.get("DMOV"), m.get("VAL")), (0, 8.0))
    m.put("SPMG", 3)
    m.wait_for("DMOV", 1)
    near(m.get("RBV"), 8.0, 1e-6)


def i_disabled(m):
    m.put("VAL", 9.0)
    m.put("DISP", 1)
    m.put("STOP", 1)
    m.put("VAL", 1.0)
    m.wait_for("DMOV", 1)
    near(m.get("RBV"), 9.0, 1e-6)  # neither was taken
    m.put("DISP", 0)


def j_switch(m):
    m.put("LLM", 0.0)
    m.put("HLM", 0.0)
    m.notify("VAL", 15.0)
    m.wait_for("done", "done")
    m.wait_for("DMOV", 1)
    equal(m.of("MSTA"), [0x401, 0x405, 0x6])
    equal((m.get("HLS"), m.get("MISS"), m.get("SEVR")), (1, 0, 0))
    near(m.get("VAL"), 12.0, 0.1)
    m.wait(lambda events: [e for e in events if e[0] in ("RBV", "DMOV")][-1][0] == "RBV", "a readback after DMOV 1")
    m.put("LLM", -10.0)
    m.put("HLM", 10.0)


def k_reply_before_the_last_monitors(m):
    epics.caput(f"{NAME}:FAULT:EARLY_REPLY", 1, wait=True, timeout=PLENTY)
    m.notify("VAL", 2.0)
    m.wait_for("done", "done")
    m.wait_for("DMOV", 1)
    assert m.index("done", "done") < m.index("DMOV", 1)
    epics.caput(f"{NAME}:FAULT:EARLY_REPLY", 0, wait=True, timeout=PLENTY)


def l_set(m):
    m.put("SET", 1)
    m.put("VAL", 7.0)
    equal((m.get("OFF"), m.get("RBV"), m.get("LLM"), m.get("HLM")), (7.0, 7.0, -3.0, 17.0))
    equal(m.of("DMOV"), [])
    m.put("VAL", 0.0)
    m.put("SET", 0)


def m_client_gone(m):
    child = ("import epics,os,sys; p=epics.PV(sys.argv[1]); p.wait_for_connection(60); "
             "epics.ca.put(p.chid, 6.0); epics.ca.pend_io(1); p.get(timeout=60); os._exit(9)")
    equal(subprocess.run([sys.executable, "-c", child, NAME], check=False).returncode, 9)
    m.wait_for("DMOV", 1)
    near(m.get("RBV"), 6.0, 1e-6)


def n_not_writable(m):
    for field in ("RBV", "DMOV", "HLS", "LLS", "LVIO", "MSTA"):
        assert not epics.ca.write_access(m.pvs[field].chid), field
    assert epics.ca.write_access(m.pvs["VAL"].chid)


def limits_of_val(m):
    control = epics.ca.get_ctrlvars(m.pvs["VAL"].chid, timeout=PLENTY)
    equal((control["lower_ctrl_limit"], control["upper_ctrl_limit"], control["units"], control["precision"]),
          (-10.0, 10.0, "mm", 4))


def d_nan(m):
    m.notify("VAL", math.nan)
    m.wait(lambda _: any(value < -15 for value in m.of("RBV")), "past the switch, to nowhere")
    assert math.isnan(m.get("VAL"))
    equal((m.get("DMOV"), m.of("done")), (0, []))


CASES = [a_normal_move, b_present_position, c_beyond_a_limit, e_plain_stop, f_stop_that_waits, g_new_target,
         h_pause_and_stop, i_disabled, j_switch, k_reply_before_the_last_monitors, l_set, m_client_gone,
         n_not_writable, limits_of_val, d_nan]

motor = Motor()
failed = 0
for case in CASES:
    motor.rest()
    try:
        case(motor)
        print(f"ok {case.__name__}")
    except AssertionError as error:
        failed += 1
        print(f"FAILED {case.__name__}: {error}")
    sys.stdout.flush()
os._exit(1 if failed else 0)
