#!/usr/bin/env python3
"""GARCH(1,1) with Student-t innovations by arch for tests/it/garch.rs. Writes garch.json beside itself:

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 arch==8.0.0
    /tmp/golden/bin/python ml/tests/it/golden/garch.py

Returns are percent, the unit in which arch's optimiser works well.
"""

import json
import pathlib

import numpy as np
from arch import arch_model


def simulate(rng, days, mean, omega, alpha, beta, degrees):
    variance = omega / (1 - alpha - beta)
    returns = []
    for shock in rng.standard_t(degrees, days) * np.sqrt((degrees - 2) / degrees):
        surprise = np.sqrt(variance) * shock
        returns.append(round(mean + surprise, 5))
        variance = omega + alpha * surprise**2 + beta * variance
    return np.array(returns)


def said(result):
    """What arch makes of a model with its parameters: mu, omega, alpha, beta, nu."""
    variances = result.forecast(horizon=2, reindex=False).variance.to_numpy()[-1]
    return {
        "parameters": [float(value) for value in result.params],
        "log_likelihood": float(result.loglikelihood),
        "variances": result.conditional_volatility[-3:].tolist(),
        "forecast": variances.tolist(),
    }


def case(rng, days, truth):
    returns = simulate(rng, days, *truth)
    model = arch_model(returns, mean="Constant", vol="GARCH", p=1, q=1, dist="t", rescale=False)
    fitted = model.fit(disp="off", tol=1e-12, options={"maxiter": 2000})
    assert fitted.convergence_flag == 0
    return {
        "returns": returns.tolist(),
        "start_variance": float(model.volatility.backcast(returns - returns.mean())),
        "given": said(model.fix(list(truth))),
        "fitted": said(fitted),
    }


def main():
    rng = np.random.default_rng(7)
    golden = [
        case(rng, 1_500, (0.1, 0.4, 0.08, 0.88, 4.0)),
        case(rng, 2_000, (0.0, 0.2, 0.15, 0.83, 6.0)),
        case(rng, 800, (-0.05, 2.0, 0.2, 0.5, 12.0)),
    ]
    # The conditional volatility is a deviation: the Rust side speaks of variances.
    for each in golden:
        for result in (each["given"], each["fitted"]):
            result["variances"] = [value**2 for value in result["variances"]]
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
