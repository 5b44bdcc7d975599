#!/usr/bin/env python3
"""A small LSTM in PyTorch for ml/src/model/lstm/network.rs: outputs, loss and gradients of seeded weights.
Writes lstm.json beside itself:

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 torch==2.15.0
    /tmp/golden/bin/python ml/tests/it/golden/lstm.py

PyTorch computes in double precision from weights and inputs that single precision holds exactly.
"""

import json
import pathlib

import numpy as np
import torch

DEGREES = 6.0


def student_t(out, targets):
    """Mean negative log-likelihood up to a constant; `out` is two locations and two log scales."""
    location, log_scale = out[:, :2], out[:, 2:]
    z = (targets - location) * torch.exp(-log_scale)
    return ((DEGREES + 1) / 2 * torch.log(1 + z**2 / DEGREES) + log_scale).mean()


def numbers(tensor):
    return [float(f"{value:.10g}") for value in tensor.detach().numpy().reshape(-1)]


def case(rng, batch, days, features, hidden):
    def draw(*shape, scale):
        return torch.tensor(np.round(256 * rng.normal(0, scale, shape)) / 256)

    lstm = torch.nn.LSTM(features, hidden).double()
    head = torch.nn.Linear(hidden, 4).double()
    gates = draw(features + hidden, 4 * hidden, scale=0.4)
    bias = draw(4 * hidden, scale=0.5)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(gates[:features].T)
        lstm.weight_hh_l0.copy_(gates[features:].T)
        # PyTorch adds two biases; ours is their sum.
        lstm.bias_ih_l0.copy_(bias)
        lstm.bias_hh_l0.zero_()
        head.weight.copy_(draw(4, hidden, scale=0.5))
        head.bias.copy_(draw(4, scale=0.2))
    sequence = draw(days, batch, features, scale=1.5)
    targets = draw(batch, 2, scale=1.0)

    _, (last, _) = lstm(sequence)
    out = head(last[0])
    loss = student_t(out, targets)
    loss.backward()
    return {
        "hidden": hidden,
        "days": days,
        "features": features,
        "weights": [numbers(gates), numbers(bias), numbers(head.weight.T), numbers(head.bias)],
        "sequence": numbers(sequence),
        "targets": numbers(targets),
        "outputs": numbers(out),
        "loss": loss.item(),
        "gradients": [
            numbers(torch.cat([lstm.weight_ih_l0.grad.T, lstm.weight_hh_l0.grad.T])),
            numbers(lstm.bias_ih_l0.grad),
            numbers(head.weight.grad.T),
            numbers(head.bias.grad),
        ],
    }


def main():
    rng = np.random.default_rng(11)
    # Units that fill vectors of eight and sixteen and units that do not; a batch of one, and one with a short block.
    golden = [case(rng, 1, 30, 5, 16), case(rng, 37, 7, 3, 5), case(rng, 3, 12, 4, 21), case(rng, 6, 30, 2, 8)]
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
