"""
The core eight by pyActigraphy, in an interpreter that has it; asked line by line over a pipe.

It is run by `tests/bench/pyactigraphy.py` as a script, through the public interface of an installed
package, and imports nothing of clarity. Each line that comes in is answered by a JSON object: the
processor time of every call, s, and what the calls with one number say.
"""

import json
import sys
import time


def recording(path):
    """Counts per minute from midnight of a Monday on."""
    import numpy as np
    import pandas as pd
    from pyActigraphy.io import BaseRaw

    counts = np.load(path)
    index = pd.date_range("2024-01-01", periods=counts.size, freq="1min")
    return BaseRaw(
        name="bench",
        uuid="bench",
        format="bench",
        axial_mode=None,
        start_time=index[0],
        period=pd.Timedelta(counts.size, "min"),
        frequency=index.freq,
        data=pd.Series(counts, index=index),
        light=None,
    )


def calls(raw):
    """The core eight as its manual has them; the index scores by Cole-Kripke once more."""
    return {
        "IS": lambda: raw.IS(freq="1H", binarize=False),
        "IV": lambda: raw.IV(freq="1H", binarize=False),
        "RA": lambda: raw.RA(binarize=False),
        "L5": lambda: raw.L5(binarize=False),
        "M10": lambda: raw.M10(binarize=False),
        "Cole-Kripke": lambda: raw.CK(settings="mean", rescoring=False),
        "Scripps": raw.Scripps,
        "SRI": lambda: raw.SleepRegularityIndex(
            freq="1min", algo="CK", settings="mean", rescoring=False
        ),
    }


def timed(call):
    """The processor time of a call, s, and what it gives."""
    started = time.process_time()
    found = call()
    return time.process_time() - started, found


def main(path):
    """Answer every line with one round of the core eight."""
    core = calls(recording(path))
    for _ in sys.stdin:
        answers = {name: timed(call) for name, call in core.items()}
        told = {
            "seconds": {name: seconds for name, (seconds, _) in answers.items()},
            "values": {
                name: float(found)
                for name, (_, found) in answers.items()
                if isinstance(found, float)
            },
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
