#!/usr/bin/env python3
"""How long an epoch of training takes in PyTorch: the other half of docs/parity/epoch.

    epoch.py processes 2 --epochs 3     two networks side by side, a process and a thread each
    epoch.py threads 2 --epochs 3       one network on two threads

The same network, batch, loss, optimiser and schedule as ml/src/model/lstm, on random numbers. Prints a line of JSON
with the seconds that each epoch of each network took: batches, both passes, optimiser.
"""

import argparse
import json
import math
import multiprocessing
import time


def train(work, threads, barrier, results):
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(7)
    examples = work.steps * work.batch
    # Every thirty days lie together already: PyTorch is spared the gathering from a table of days.
    sequences = torch.randn(examples, work.days, work.features)
    targets = torch.randn(examples, 2)

    lstm = torch.nn.LSTM(work.features, work.hidden, batch_first=True)
    head = torch.nn.Linear(work.hidden, 4)
    parameters = [*lstm.parameters(), *head.parameters()]
    # One fused kernel: the fastest of PyTorch's three ways.
    optimiser = torch.optim.AdamW(parameters, lr=6e-4, weight_decay=0.1, fused=True)

    def loss_of(sequences, targets):
        _, (last, _) = lstm(sequences)
        out = head(last[0])
        location, log_scale = out[:, :2], out[:, 2:]
        z = (targets - location) * torch.exp(-log_scale)
        return (3.5 * torch.log(1 + z * z / 6) + log_scale).mean()

    def step(picked, done):
        for group in optimiser.param_groups:
            group["lr"] = 6e-4 * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))
        loss = loss_of(sequences[picked], targets[picked])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    for _ in range(5):
        step(torch.arange(work.batch), 0)
    barrier.wait()
    seconds = []
    for epoch in range(work.epochs):
        start = time.perf_counter()
        for at, picked in enumerate(torch.randperm(examples).split(work.batch)):
            step(picked, (epoch + at / work.steps) / work.epochs)
        seconds.append(time.perf_counter() - start)
    results.put(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("arrangement", choices=["processes", "threads"])
    parser.add_argument("count", type=int)
    parser.add_argument("--epochs", type=int, default=2)
    for name, value in [("steps", 252), ("batch", 256), ("days", 30), ("features", 27), ("hidden", 32)]:
        parser.add_argument(f"--{name}", type=int, default=value)
    work = parser.parse_args()

    networks, threads = (work.count, 1) if work.arrangement == "processes" else (1, work.count)
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(networks), context.Queue()
    started = [context.Process(target=train, args=(work, threads, barrier, results)) for _ in range(networks)]
    for process in started:
        process.start()
    print(json.dumps({"seconds": [results.get() for _ in started]}))
    for process in started:
        process.join()


if __name__ == "__main__":
    main()
