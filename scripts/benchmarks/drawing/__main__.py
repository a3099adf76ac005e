"""``WAY DATA.json OUT.pdf``: draws, and says what the whole process took, in CPU seconds and MiB at its peak."""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    way, source, target = sys.argv[1:]
    draw = importlib.import_module(f"scripts.benchmarks.drawing.{way}").draw
    Path(target).write_bytes(draw(json.loads(Path(source).read_text(encoding="utf-8"))))
    # Not by getrusage, which counts what the process that started this one had in memory, too.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"cpu": time.process_time(), "mib": int(peak.split()[1]) / 1024}))
