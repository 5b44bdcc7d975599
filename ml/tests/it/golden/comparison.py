#!/usr/bin/env python3
"""Comparisons of models by dieboldmariano and arch for tests/it/comparison.rs. Writes comparison.json beside itself:

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 arch==8.0.0 dieboldmariano==1.1.0
    /tmp/golden/bin/python ml/tests/it/golden/comparison.py
"""

import json
import pathlib

import numpy as np
from arch.bootstrap import MCS
from dieboldmariano import dm_test


def losses(rng, days, levels, common):
    """Serially correlated losses of some models, which share a part as models on the same days do."""
    shared = np.zeros(days)
    own = np.zeros((days, len(levels)))
    for day in range(1, days):
        shared[day] = 0.6 * shared[day - 1] + rng.normal()
        own[day] = 0.4 * own[day - 1] + rng.normal(size=len(levels))
    return np.round(np.asarray(levels) + 0.2 * common * shared[:, None] + 0.1 * own, 6)


def tests(table):
    """Every pair at some lags. dm_test wants forecasts: against an outcome of zero the loss is the forecast itself."""
    days, models = table.shape
    found = []
    for lags in [lags for lags in (0, 1, 9) if lags + 2 <= days]:
        for a in range(models):
            for b in range(a + 1, models):
                statistic, p = dm_test(
                    [0.0] * days,
                    table[:, a].tolist(),
                    table[:, b].tolist(),
                    loss=lambda _, forecast: forecast,
                    h=lags + 1,
                    variance_estimator="bartlett",
                )
                found.append({"a": a, "b": b, "lags": lags, "statistic": statistic, "p": p})
    return found


def confidence_set(table, block, replications):
    mcs = MCS(table, size=0.05, reps=replications, block_size=block, method="R", bootstrap="stationary", seed=11)
    mcs.compute()
    p = mcs.pvalues["Pvalue"]
    return {
        "resamples": [indices.tolist() for indices in mcs._bootstrap_indices],
        "p": [float(p.loc[model]) for model in range(table.shape[1])],
    }


def case(rng, days, levels, common, block, replications):
    table = losses(rng, days, levels, common)
    return {
        "losses": table.T.tolist(),
        "block": block,
        "tests": tests(table),
        "confidence_set": confidence_set(table, block, replications),
        # With far more replications than the file could hold: what any other draw comes close to.
        "p_of_many": confidence_set(table, block, 20_000)["p"],
    }


def main():
    rng = np.random.default_rng(7)
    golden = [
        case(rng, 250, [0.374, 0.362, 0.36, 0.366, 0.4], 1.0, 8, 120),
        case(rng, 60, [0.4, 0.39, 0.44], 2.0, 5, 200),
        case(rng, 12, [0.4, 0.42], 0.0, 2, 60),
    ]
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
