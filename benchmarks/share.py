"""How much luck is in a share of the learnable: over blocks of labels, on expected losses and on those that came.

    python -m benchmarks.share [--seeds 1 2 3] [--block 5000] [--events 350000]

Simulates in this process, lets every model predict before it learns, and cuts the labels into blocks, in the order in
which they were settled. The standard deviation over blocks holds what a model has learned in between, too: it is taken
from the second quarter on, when all of them have learned most of what they will. The standard error is the one that the
board says beside the share, a mean over these blocks.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from benchmarks.conversion import NAMES, Run, run
from models.evaluate import expected_share, expected_share_se, realised_share
from producers.simulator import Scenario


def lines(done: Run, block: int) -> Iterator[str]:
    """Say what came out, a line a model."""
    labels, bayes = np.array(done.labels), np.array(done.oracle)[:, 1]
    answers, sessions = np.array(done.answers), np.array(done.sessions)
    starts = range(0, len(labels) - block + 1, block)
    for name, p in zip(NAMES, answers.T, strict=True):
        expected, errors, realised = [], [], []
        for part in (slice(start, start + block) for start in starts):
            expected.append(expected_share(bayes[part], p[part]))
            errors.append(expected_share_se(bayes[part], p[part], sessions[part]))
            realised.append(realised_share(labels[part], p[part], bayes[part]))
        late = len(starts) // 4
        found = np.array([expected, realised], dtype=np.float64)
        sd, most = found[:, late:].std(axis=1, ddof=1), found.max(axis=1)
        yield (
            f"  {name:22s} expected: sd {sd[0]:.4f} (se {np.mean(np.array(errors[late:], dtype=float)):.4f}), "
            f"highest {most[0]:.3f}   realised: sd {sd[1]:.4f}, highest {most[1]:.3f}"
        )


def main() -> None:
    """Run each seed and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--block", type=int, default=5_000)
    parser.add_argument("--events", type=int, default=350_000)
    given = parser.parse_args()
    for seed in given.seeds:
        done = run(Scenario(seed=seed, events=given.events))
        print(f"seed {seed}: {done.decisions:,} labels in blocks of {given.block:,}")
        for line in lines(done, given.block):
            print(line, flush=True)


if __name__ == "__main__":
    main()
