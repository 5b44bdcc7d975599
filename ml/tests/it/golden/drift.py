#!/usr/bin/env python3
"""Drift tests by Evidently and scipy for tests/it/drift.rs. Writes drift.json beside itself:

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install evidently==0.7.23 'pandas<3' scipy==1.17.1
    DO_NOT_TRACK=1 /tmp/golden/bin/python ml/tests/it/golden/drift.py

Scores come from Evidently's own report (`ValueDrift`), statistics that it does not give from scipy, which it calls.
"""

import json
import math
import pathlib
import warnings

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift
from scipy import stats

warnings.simplefilter("ignore")

NUMERIC = ["ks", "anderson", "wasserstein", "psi", "jensenshannon"]
CATEGORICAL = ["chisquare", "psi", "jensenshannon"]


def evidently(reference, current, methods, kind):
    column = {"numerical_columns" if kind == "numbers" else "categorical_columns": ["x"]}
    definition = DataDefinition(**column)
    tables = [
        Dataset.from_pandas(pd.DataFrame({"x": values}), data_definition=definition) for values in (current, reference)
    ]
    report = Report([ValueDrift(column="x", method=method) for method in methods])
    found = json.loads(report.run(*tables).json())
    return {method: metric["value"] for method, metric in zip(methods, found["metrics"], strict=True)}


def numbers(name, reference, current):
    reference, current = np.round(reference, 6), np.round(current, 6)
    known = [values[np.isfinite(values)] for values in (reference, current)]
    distance = stats.ks_2samp(*known)
    listed = [[None if math.isnan(value) else value for value in values.tolist()] for values in (reference, current)]
    return {
        "name": name,
        "reference": listed[0],
        "current": listed[1],
        "evidently": evidently(reference, current, NUMERIC, "numbers"),
        "ks_statistic": float(distance.statistic),
        "ks_p": float(distance.pvalue),
        "ad_statistic": float(stats.anderson_ksamp(known, variant="midrank").statistic),
        "standard_deviation": float(np.std(known[0])),
    }


def categories(name, reference, current):
    known = [[value for value in values if value is not None] for values in (reference, current)]
    levels = sorted(set(known[0]) | set(known[1]))
    table = [[values.count(level) for level in levels] for values in known]
    homogeneity = stats.chi2_contingency(np.array(table), correction=False)
    return {
        "name": name,
        "reference": reference,
        "current": current,
        "evidently": evidently(reference, current, CATEGORICAL, "categories"),
        "chi_square": float(homogeneity.statistic),
        "chi_square_p": float(homogeneity.pvalue),
    }


def with_gaps(rng, values, share):
    values = values.copy()
    values[rng.random(len(values)) < share] = np.nan
    return values


def main():
    rng = np.random.default_rng(20261129)
    cases = [
        numbers("same distribution, same sizes", rng.normal(size=300), rng.normal(size=300)),
        numbers("shifted, different sizes", rng.normal(size=400), rng.normal(0.2, 1.1, size=250)),
        numbers("shifted far", rng.normal(size=120), rng.normal(2.5, 1.0, size=75)),
        numbers("heavy tails", rng.standard_t(2, size=500), 1.3 * rng.standard_t(2, size=450)),
        numbers("ties", rng.poisson(14, size=350).astype(float), rng.poisson(15, size=280).astype(float)),
        numbers("few values", rng.poisson(2, size=260).astype(float), rng.poisson(2.6, size=310).astype(float)),
        numbers("gaps", with_gaps(rng, rng.gamma(2.0, size=300), 0.1), with_gaps(rng, rng.gamma(2.2, size=340), 0.3)),
        numbers("large and small", 1e6 + rng.normal(size=200), 1e6 + rng.normal(0.4, 1.0, size=210)),
        numbers("small windows", rng.normal(size=60), rng.normal(0.3, 1.0, size=55)),
        numbers("long reference, short window", rng.normal(size=10_050), rng.normal(0.1, 1.0, size=90)),
        numbers("long windows, one moved", rng.normal(size=10_100), rng.normal(0.03, 1.0, size=3_000)),
    ]
    pick = lambda size, weights: rng.choice(list("abcde"), size=size, p=weights).tolist()
    some_missing = [None if rng.random() < 0.1 else value for value in pick(280, [0.3, 0.3, 0.2, 0.15, 0.05])]
    texts = [
        categories("same shares", pick(300, [0.4, 0.3, 0.2, 0.05, 0.05]), pick(250, [0.4, 0.3, 0.2, 0.05, 0.05])),
        categories("other shares", pick(300, [0.4, 0.3, 0.2, 0.05, 0.05]), pick(250, [0.3, 0.3, 0.2, 0.1, 0.1])),
        categories("gaps", pick(260, [0.3, 0.3, 0.2, 0.15, 0.05]), some_missing),
    ]
    exact = []
    for n, m in [(7, 5), (60, 90), (997, 1009), (9_000, 500), (10_000, 10_000), (9_999, 9_000)]:
        # Samples whose distance is known: the second one lies in a block of the first one.
        for share in (0.05, 0.3):
            reference = np.arange(n, dtype=float)
            shift = share if n < 100 else 1.2 * math.sqrt((n + m) / (n * m)) * (1 + share)
            current = (np.arange(m) + 0.5) / m * n * (1 - shift) + n * shift
            found = stats.ks_2samp(reference, current)
            exact.append({"n": n, "m": m, "shift": shift, "statistic": float(found.statistic), "p": float(found.pvalue)})
    golden = {"numbers": cases, "categories": texts, "exact": exact}
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


main()
