#!/usr/bin/env python3
"""Features of two synthetic coins by pandas and numpy, for tests/it/golden.rs.

An implementation apart from ours: pandas' rolling and exponentially weighted means where they exist, explicit numpy
windows elsewhere. Writes features.json beside itself:

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install numpy==2.4.6 pandas==3.1.1
    /tmp/golden/bin/python ml/tests/it/golden/features.py
"""

import json
import pathlib

import numpy as np
import pandas as pd

HOUR = 3600
START = 1_609_459_200 + 5 * HOUR  # 2021-01-01 05:00 UTC, a Friday
DAY = 24


def candles(rng, hours, first, price):
    """A random walk with bursts; prices to 4 and volumes to 2 decimals, so that the file stays small."""
    scale = 0.006 * np.exp(np.cumsum(rng.normal(0, 0.08, hours)) % 1.5)
    close = np.round(price * np.exp(np.cumsum(rng.standard_t(4, hours) * scale)), 4)
    open_ = np.concatenate([[price], close[:-1]])
    high = np.round(np.maximum(open_, close) * (1 + rng.random(hours) * scale), 4)
    low = np.round(np.minimum(open_, close) * (1 - rng.random(hours) * scale), 4)
    volume = np.round(rng.lognormal(6, 0.7, hours), 2)
    opens = START + (first + np.arange(hours)) * HOUR
    return pd.DataFrame(
        {"opens_at_s": opens, "open": open_, "high": np.maximum(high, np.maximum(open_, close)),
         "low": np.minimum(low, np.minimum(open_, close)), "close": close, "volume": volume}
    )


def market():
    rng = np.random.default_rng(20240229)
    one = candles(rng, 1500, 0, 250.0)
    one.loc[700, "volume"] = 0.0  # an hour in which nobody traded
    one.loc[700, ["open", "high", "low", "close"]] = one.loc[699, "close"]
    one = one.drop(index=[*range(1100, 1109), 1300])  # an outage of nine hours and a missing hour
    return {"AAAUSDT": one, "BBBUSDT": candles(rng, 500, 1000, 3.0)}


def scaled_sum(series, window):
    """Sum of the window, scaled up by the share that is known, where that is at least 90 %."""
    return series.rolling(window, min_periods=-(-9 * window // 10)).mean() * window


def decayed_mean(series, window, decay):
    """Weighted mean of the window with weights decay^k, where 90 % of the weight is known; window by window."""
    weights = decay ** np.arange(window)[::-1]
    padded = np.concatenate([np.full(window - 1, np.nan), series.to_numpy()])
    windows = np.lib.stride_tricks.sliding_window_view(padded, window)
    known = np.where(np.isnan(windows), 0.0, weights)
    total = known.sum(axis=1)
    mean = np.divide((known * np.nan_to_num(windows)).sum(axis=1), total, out=np.full(len(total), np.nan), where=total > 0)
    return pd.Series(np.where(total >= 0.9 * weights.sum(), mean, np.nan), index=series.index)


def wilder(series):
    """Wilder's smoothing by pandas, with the endless memory that ours cuts; known as in `decayed_mean`."""
    mean = series.ewm(alpha=1 / 14, adjust=True, ignore_na=False).mean()
    return mean.where(decayed_mean(series, 336, 13 / 14).notna())


def log_floor(volatility):
    return np.log(volatility.clip(lower=1e-4))


def own_features(frame):
    frame = frame.set_index(frame["opens_at_s"] + HOUR)
    frame = frame.reindex(range(frame.index[0], frame.index[-1] + 1, HOUR))
    out = pd.DataFrame(index=frame.index)
    r = np.log(frame["close"]).diff()
    out["log_return"] = r

    windows = {"6h": 6, "1d": 24, "2d": 48, "5d": 120, "7d": 168, "22d": 528, "30d": 720}
    for name, hours in windows.items():
        out[f"rv_{name}"] = np.sqrt(scaled_sum(r**2, hours) * DAY / hours)
    for name in windows:
        out[f"log_rv_{name}"] = log_floor(out[f"rv_{name}"])
    for name in ("1d", "7d"):
        down = (r**2).where(r < 0, 0.0).where(r.notna())
        out[f"downside_share_{name}"] = scaled_sum(down, windows[name]) / scaled_sum(r**2, windows[name])
    for name in ("1d", "7d"):
        ranges = np.log(frame["high"] / frame["low"]) ** 2
        daily = scaled_sum(ranges, windows[name]) * DAY / windows[name]
        out[f"log_parkinson_{name}"] = log_floor(np.sqrt(daily / (4 * np.log(2))))
    out["log_quarticity_1d"] = log_floor((24 / 3 * scaled_sum(r**4, 24)) ** 0.25)

    gain, loss = wilder(r.clip(lower=0)), wilder((-r).clip(lower=0))
    out["rsi_14"] = 100 - 100 / (1 + gain / loss)
    before = frame["close"].shift()
    true_range = pd.concat(
        [frame["high"] - frame["low"], (frame["high"] - before).abs(), (frame["low"] - before).abs()], axis=1
    ).max(axis=1, skipna=False)
    out["log_atr_14"] = log_floor(wilder(true_range) / frame["close"])

    out["log_close_to_sma_20d"] = np.log(frame["close"] / frame["close"].rolling(480, min_periods=432).mean())
    out["log_close_to_ema_50d"] = np.log(frame["close"] / decayed_mean(frame["close"], 1200, 1 - 2 / 1201))
    day = frame["volume"].rolling(24, min_periods=22).mean()
    out["log_volume_1d_to_30d"] = np.log(day / frame["volume"].rolling(720, min_periods=648).mean()).clip(-7, 7)
    out["log_volume_change_1d"] = np.log(day / day.shift(24)).clip(-7, 7)
    return out


def calendar(out):
    ahead = [pd.to_datetime(out.index + hour * HOUR, unit="s").day_of_week.to_numpy() for hour in range(48)]
    names = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    for number, name in enumerate(names):
        out[f"share_{name}"] = np.mean([days == number for days in ahead[:24]], axis=0)
    out["weekend_share_24h"] = np.mean([days >= 5 for days in ahead[:24]], axis=0)
    out["weekend_share_48h"] = np.mean([days >= 5 for days in ahead], axis=0)
    return out


def main():
    coins = market()
    features = {symbol: own_features(frame) for symbol, frame in coins.items()}
    for name in ("log_rv_1d", "log_rv_7d"):
        mean = pd.DataFrame({symbol: table[name] for symbol, table in features.items()}).mean(axis=1)
        for table in features.values():
            table[f"market_{name}"] = mean.reindex(table.index)
    golden = {}
    for symbol, table in features.items():
        table = calendar(table)
        rows = set(range(0, len(table), 37)) | {len(table) - 1}
        if symbol == "AAAUSDT":
            rows |= {6, 7, 22, 23, 24, 432, 700, 701, 1078, 1099, 1100, 1108, 1109, 1110, 1130, 1131, 1132, 1133, 1300, 1301}
        sample = table.iloc[sorted(rows)]
        golden[symbol] = {
            "candles": {column: coins[symbol][column].tolist() for column in coins[symbol].columns},
            "closes_at_s": sample.index.tolist(),
            "features": {
                column: [None if np.isnan(value) else float(f"{value:.13g}") for value in sample[column]]
                for column in table.columns
            },
        }
    target = pathlib.Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
