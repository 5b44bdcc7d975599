#!/usr/bin/env python3
"""Scores by scikit-learn and numpy for tests/it/metrics.rs. Writes metrics.json beside itself:

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 scikit-learn==1.9.1
    /tmp/golden/bin/python ml/tests/it/golden/metrics.py
"""

import json
import pathlib

import numpy as np
from sklearn import metrics


def case(rng, pairs, decimals):
    """Forecasts and outcomes; few decimals give many ties."""
    probability = np.round(rng.beta(1, 3, pairs), decimals)
    happened = rng.random(pairs) < 0.2 + 0.5 * probability
    happened[:2] = [True, False]
    forecast = np.round(rng.normal(-3.2, 0.5, pairs), 6)
    outcome = np.round(forecast + rng.normal(0.05, 0.3, pairs), 6)
    lower, upper = forecast - 0.4, forecast + 0.35
    variance, realised = np.exp(2 * forecast), np.exp(2 * outcome)
    return {
        "probability": probability.tolist(),
        "happened": happened.tolist(),
        "forecast": forecast.tolist(),
        "outcome": outcome.tolist(),
        "lower": lower.tolist(),
        "upper": upper.tolist(),
        "expected": {
            "qlike": float(np.mean(realised / variance - np.log(realised / variance) - 1)),
            "rmse": float(metrics.root_mean_squared_error(outcome, forecast)),
            "r2": float(metrics.r2_score(outcome, forecast)),
            "auc": float(metrics.roc_auc_score(happened, probability)),
            "average_precision": float(metrics.average_precision_score(happened, probability)),
            "brier": float(metrics.brier_score_loss(happened, probability)),
            "log_score": float(metrics.log_loss(happened, np.clip(probability, 1e-6, 1 - 1e-6))),
            "pinball_10": float(metrics.mean_pinball_loss(outcome, forecast, alpha=0.1)),
            "pinball_50": float(metrics.mean_pinball_loss(outcome, forecast, alpha=0.5)),
            "pinball_975": float(metrics.mean_pinball_loss(outcome, forecast, alpha=0.975)),
            "coverage": float(np.mean((lower <= outcome) & (outcome <= upper))),
            "interval_width": float(np.mean(upper - lower)),
        },
    }


def main():
    rng = np.random.default_rng(7)
    golden = [case(rng, 200, 6), case(rng, 300, 1), case(rng, 2, 2)]
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
