"""Runs the PyTorch peer so that another program can have its turn between two of the peer's runs.

    python tools/paced-peer.py PEER.py TASK [FLAGS OF THE PEER]

Says `paced warm` after the peer's own warm-up, then waits for a line on standard input before each measured run and says
`paced MS` after it, as `npm run bench -- --task ... --paced` does. The peer's own JSON line comes last. The peer is not
changed: it is given a clock that waits where a measured run begins.
"""
import importlib.util
import sys
import time


class PacedClock:
    """In place of the module `time`. The peer reads it twice for each measured run: before and after."""

    def __init__(self):
        self.started = None
        self.warm = False

    def __getattr__(self, name):
        return getattr(time, name)

    def perf_counter(self):
        if self.started is not None:
            now = time.perf_counter()
            print(f"paced {(now - self.started) * 1e3:.3f}", flush=True)
            self.started = None
            return now
        if not self.warm:
            print("paced warm", flush=True)
            self.warm = True
        if not sys.stdin.readline():
            sys.exit("standard input ended before the last run")
        self.started = time.perf_counter()
        return self.started


if len(sys.argv) < 3:
    sys.exit(__doc__)
spec = importlib.util.spec_from_file_location("peer", sys.argv[1])
peer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(peer)
peer.time = PacedClock()
sys.argv = sys.argv[1:]
peer.main()
