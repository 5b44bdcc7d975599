// The bridge between the page and TradingView's Lightweight Charts (Apache-2.0). The page's WebAssembly calls it;
// see `app/src/browser/chart.rs` for the other side. Prices in USDT, volatility as fractions per day, times as
// epoch seconds (UTC) throughout.

const OLDER_MARGIN_BARS = 40;
const FAN_STEPS = 24;
const DAY_S = 86_400;

/** Loads the library and draws an empty chart in `host`. */
export async function mountChart(host, library, optionsJson, onHover, onOlder) {
  const charts = await import(library);
  return new ForecastChart(charts, host, JSON.parse(optionsJson), onHover, onOlder);
}

export class ForecastChart {
  constructor(charts, host, { locale }, onHover, onOlder) {
    this.host = host;
    this.locale = locale;
    this.bars = [];
    this.forecasts = [];
    this.outlook = null;
    this.times = [];
    this.step = 3_600;
    this.hasOlder = false;
    this.awaitsOlder = false;
    this.followsAll = false;

    this.chart = charts.createChart(host, {
      autoSize: true,
      layout: { attributionLogo: true, fontSize: 12, panes: { enableResize: true } },
      localization: { locale, timeFormatter: isoMinute, dateFormat: "yyyy-MM-dd" },
      timeScale: { minBarSpacing: 0.02, rightOffset: 2, timeVisible: true, secondsVisible: false },
      rightPriceScale: { borderVisible: false, minimumWidth: 68 },
      crosshair: { mode: charts.CrosshairMode.Normal },
      handleScroll: { vertTouchDrag: false },
    });
    this.candles = this.chart.addSeries(charts.CandlestickSeries, { borderVisible: false, priceLineVisible: false }, 0);
    this.volatility = this.chart.addSeries(
      charts.LineSeries,
      { lineWidth: 2, priceLineVisible: false, lastValueVisible: true, crosshairMarkerRadius: 3,
        priceFormat: { type: "custom", formatter: percent(locale), minMove: 0.000_1 } },
      1,
    );
    const [prices, volatilities] = this.chart.panes();
    prices.setStretchFactor(3);
    volatilities.setStretchFactor(2.2);
    this.volatility.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0 } });
    this.layer = new ForecastLayer(this);
    this.volatility.attachPrimitive(this.layer);

    this.chart.subscribeCrosshairMove(event => onHover(event.time === undefined ? NaN : event.time));
    this.chart.timeScale().subscribeVisibleLogicalRangeChange(range => {
      if (range && range.from < OLDER_MARGIN_BARS && this.hasOlder && !this.awaitsOlder) {
        this.awaitsOlder = true;
        onOlder();
      }
    });
    this.listenForTheme();
    this.listenForKeys();
    this.applyTheme();
  }

  /** Replaces all data. With `keepsView` the visible span stays where it is. */
  setSlice(sliceJson, outlookJson, keepsView) {
    const slice = JSON.parse(sliceJson);
    const view = keepsView ? this.chart.timeScale().getVisibleRange() : null;
    this.bars = slice.bars;
    this.forecasts = slice.forecasts;
    this.hasOlder = slice.has_older;
    this.awaitsOlder = false;
    this.step = { "1h": 3_600, "4h": 14_400, "1d": DAY_S }[slice.resolution];
    this.outlook = JSON.parse(outlookJson);
    this.draw();
    if (view) this.chart.timeScale().setVisibleRange(view);
  }

  /** Puts older history before what there is; what is visible stays where it is. */
  prependSlice(sliceJson) {
    const slice = JSON.parse(sliceJson);
    const known = this.bars.length ? this.bars[0].opens_at_s : Infinity;
    const older = slice.bars.filter(bar => bar.opens_at_s < known);
    const origins = new Set(this.forecasts.map(forecast => forecast.origin_s));
    const logical = this.chart.timeScale().getVisibleLogicalRange();
    const countBefore = this.times.length;
    this.bars = [...older, ...this.bars];
    this.forecasts = [...slice.forecasts.filter(forecast => !origins.has(forecast.origin_s)), ...this.forecasts];
    this.hasOlder = slice.has_older && older.length > 0;
    this.draw();
    const shift = this.times.length - countBefore;
    if (this.followsAll) this.showLast(NaN);
    else if (logical) this.chart.timeScale().setVisibleLogicalRange({ from: logical.from + shift, to: logical.to + shift });
    this.awaitsOlder = false;
  }

  /** Older history could not be had; the next pan may ask again. */
  releaseOlder() {
    setTimeout(() => { this.awaitsOlder = false; }, 3_000);
  }

  setOutlook(outlookJson) {
    this.outlook = JSON.parse(outlookJson);
    this.draw();
  }

  /** Shows so many days before now, and the forecast ahead; everything where `days` is NaN. */
  showLast(days) {
    if (!this.bars.length) return;
    this.followsAll = Number.isNaN(days);
    const last = this.bars[this.bars.length - 1].opens_at_s;
    const from = this.followsAll ? 0 : Math.max(0, this.indexAt(last - days * DAY_S));
    const ahead = this.times.length - 1 - this.indexAt(last);
    const room = Math.max(1, Math.ceil(ahead * 0.1));
    this.chart.timeScale().setVisibleLogicalRange({ from, to: this.times.length - 1 + room });
  }

  destroy() {
    this.stopListening.abort();
    this.themeObserver.disconnect();
    this.chart.remove();
  }

  draw() {
    const candles = [];
    const volatility = [];
    let expected = this.bars.length ? this.bars[0].opens_at_s : 0;
    for (const bar of this.bars) {
      // A gap stays a gap: its hours keep their room on the axis.
      for (; expected < bar.opens_at_s; expected += this.step) {
        candles.push({ time: expected });
        volatility.push({ time: expected });
      }
      const { opens_at_s: time, open, high, low, close } = bar;
      candles.push({ time, open, high, low, close });
      volatility.push(bar.volatility === null ? { time } : { time, value: bar.volatility });
      expected = time + this.step;
    }
    const end = this.outlook ? this.outlook.ends_at_s : 0;
    for (; expected < end; expected += this.step) candles.push({ time: expected });
    this.times = candles.map(candle => candle.time);

    const last = this.bars.length ? this.bars[this.bars.length - 1].close : 1;
    this.candles.applyOptions({ priceFormat: priceFormat(last, this.locale) });
    this.chart.applyOptions({ timeScale: { timeVisible: this.step < DAY_S } });
    this.candles.setData(candles);
    this.volatility.applyOptions({ lineWidth: this.step < DAY_S ? 2 : 1 });
    this.volatility.setData(volatility);
    this.layer.refresh();
  }

  /** The position on the axis of the bar that holds an instant; the first or last one outside. */
  indexAt(instant) {
    let low = 0;
    let high = this.times.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= instant) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Where an instant lies across the chart: bars are as wide as their hours. */
  xAt(instant) {
    const index = this.indexAt(instant);
    const scale = this.chart.timeScale();
    // The library only places whole bars.
    const share = (instant - this.times[index]) / this.step - 0.5;
    return scale.logicalToCoordinate(index) + share * scale.options().barSpacing;
  }

  listenForTheme() {
    this.stopListening = new AbortController();
    const apply = () => this.applyTheme();
    this.themeObserver = new MutationObserver(apply);
    this.themeObserver.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply, { signal: this.stopListening.signal });
    for (const name of ["pointerdown", "wheel", "touchstart"]) {
      const options = { signal: this.stopListening.signal, passive: true };
      this.host.addEventListener(name, () => { this.followsAll = false; }, options);
    }
  }

  listenForKeys() {
    const { signal } = this.stopListening;
    this.host.addEventListener("keydown", event => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const scale = this.chart.timeScale();
      const range = scale.getVisibleLogicalRange();
      if (!range) return;
      const width = range.to - range.from;
      const move = by => scale.setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
      const zoom = factor => scale.setVisibleLogicalRange({ from: range.to - width * factor, to: range.to });
      const actions = {
        ArrowLeft: () => move(-width * 0.1),
        ArrowRight: () => move(width * 0.1),
        "+": () => zoom(0.8),
        "=": () => zoom(0.8),
        "-": () => zoom(1.25),
        End: () => move(this.times.length - range.to),
      };
      const action = actions[event.key];
      if (!action) return;
      event.preventDefault();
      this.followsAll = false;
      action();
    }, { signal });
  }

  applyTheme() {
    const color = readTokens(this.host);
    this.color = color;
    this.chart.applyOptions({
      layout: {
        background: { color: color("surface") },
        textColor: color("text-quiet"),
        fontFamily: getComputedStyle(this.host).fontFamily,
        panes: { separatorColor: color("line"), separatorHoverColor: color("line-strong") },
      },
      grid: { vertLines: { color: color("line-faint") }, horzLines: { color: color("line-faint") } },
      timeScale: { borderColor: color("line") },
      crosshair: {
        vertLine: { color: color("text-quiet"), labelBackgroundColor: color("text") },
        horzLine: { color: color("text-quiet"), labelBackgroundColor: color("text") },
      },
    });
    this.candles.applyOptions({
      upColor: color("up"), wickUpColor: color("up"), downColor: color("down"), wickDownColor: color("down"),
    });
    this.volatility.applyOptions({ color: color("volatility") });
    this.layer.refresh();
  }
}

/** Past forecasts, the bound, outcomes and the fan ahead, drawn in the pane of the volatility. */
class ForecastLayer {
  constructor(owner) {
    this.owner = owner;
    const view = (zOrder, draw) => ({
      zOrder: () => zOrder,
      renderer: () => ({ draw: target => target.useMediaCoordinateSpace(scope => draw.call(this, scope)) }),
    });
    this.views = [view("bottom", this.drawBelow), view("top", this.drawAbove)];
  }

  attached({ requestUpdate }) {
    this.requestUpdate = requestUpdate;
  }

  detached() {
    this.requestUpdate = undefined;
  }

  refresh() {
    this.requestUpdate?.();
  }

  paneViews() {
    return this.views;
  }

  /** What the axis must hold: the intervals in sight, and the fan when its side of the chart is in sight. */
  autoscaleInfo(from, to) {
    const { owner } = this;
    if (!owner.times.length) return null;
    const first = owner.times[Math.max(0, Math.floor(from))] ?? Infinity;
    const last = (owner.times[Math.min(owner.times.length - 1, Math.ceil(to))] ?? 0) + owner.step;
    let highest = 0;
    for (const forecast of owner.forecasts) {
      if (forecast.ends_at_s < first || forecast.origin_s > last) continue;
      highest = Math.max(highest, forecast.q90, forecast.realised ?? 0);
    }
    if (owner.outlook && owner.outlook.origin_s <= last) {
      highest = Math.max(highest, owner.outlook.quantiles[6], owner.outlook.threshold);
    }
    return highest > 0 ? { priceRange: { minValue: 0, maxValue: highest } } : null;
  }

  drawBelow({ context, mediaSize }) {
    const { owner } = this;
    if (!owner.times.length) return;
    const y = value => owner.volatility.priceToCoordinate(value);
    const isSeen = (left, right) => right >= 0 && left <= mediaSize.width;
    context.save();
    for (const forecast of owner.forecasts) {
      // The newest one is the fan.
      if (owner.outlook && forecast.origin_s >= owner.outlook.origin_s) continue;
      const left = owner.xAt(forecast.origin_s);
      const right = owner.xAt(forecast.ends_at_s);
      if (!isSeen(left, right)) continue;
      const top = y(forecast.q90);
      context.fillStyle = owner.color("fan");
      // One that still runs lies under the fan: it steps back.
      context.globalAlpha = forecast.realised === null ? 0.07 : 0.18;
      context.fillRect(left, top, Math.max(1, right - left - 0.5), y(forecast.q10) - top);
      context.globalAlpha = forecast.realised === null ? 0.3 : 0.7;
      line(context, owner.color("fan"), 1, [], [[left, y(forecast.q50)], [right, y(forecast.q50)]]);
      context.globalAlpha = 0.8;
      line(context, owner.color("bound"), 1, [3, 3], [[left, y(forecast.threshold)], [right, y(forecast.threshold)]]);
    }
    if (owner.outlook) this.drawFan(context, y);
    context.restore();
  }

  drawFan(context, y) {
    const { owner } = this;
    const { ends_at_s: end, quantiles, threshold, just_realised: justRealised } = owner.outlook;
    const last = owner.bars[owner.bars.length - 1];
    if (!last) return;
    const begin = last.opens_at_s + owner.step / 2;
    const start = last.volatility ?? justRealised;
    const edge = value => Array.from({ length: FAN_STEPS + 1 }, (_, index) => {
      const share = index / FAN_STEPS;
      return [owner.xAt(begin + (end - begin) * share), y(start + (value - start) * Math.sqrt(share))];
    });
    context.fillStyle = owner.color("fan");
    for (const [low, high, alpha] of [[0, 6, 0.14], [1, 5, 0.2], [2, 4, 0.3]]) {
      context.globalAlpha = alpha;
      context.beginPath();
      const outline = [...edge(quantiles[high]), ...edge(quantiles[low]).reverse()];
      outline.forEach(([px, py], index) => (index ? context.lineTo(px, py) : context.moveTo(px, py)));
      context.closePath();
      context.fill();
    }
    context.globalAlpha = 1;
    line(context, owner.color("fan"), 2, [], edge(quantiles[3]));
    line(context, owner.color("bound"), 1.5, [4, 3], [[owner.xAt(begin), y(threshold)], [owner.xAt(end), y(threshold)]]);
  }

  drawAbove({ context, mediaSize }) {
    const { owner } = this;
    const days = owner.chart.timeScale().getVisibleLogicalRange();
    if (!owner.times.length || !days) return;
    // With more than a few months in sight the dots would only be a smear.
    const pixelsPerDay = (mediaSize.width / (days.to - days.from)) * (DAY_S / owner.step);
    if (pixelsPerDay < 3) return;
    context.save();
    for (const forecast of owner.forecasts) {
      if (forecast.realised === null) continue;
      const x = owner.xAt(forecast.ends_at_s);
      if (x < 0 || x > mediaSize.width) continue;
      const isInside = forecast.realised >= forecast.q10 && forecast.realised <= forecast.q90;
      context.beginPath();
      context.arc(x, owner.volatility.priceToCoordinate(forecast.realised), Math.min(3.5, pixelsPerDay / 3 + 1), 0, 7);
      context.fillStyle = owner.color(isInside ? "text" : "surface");
      context.strokeStyle = owner.color(isInside ? "surface" : "outside");
      context.lineWidth = isInside ? 1 : 2;
      context.fill();
      context.stroke();
    }
    context.restore();
  }
}

function line(context, color, width, dash, points) {
  context.beginPath();
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dash);
  points.forEach(([x, y], index) => (index ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.stroke();
  context.setLineDash([]);
}

/** Reads our colour tokens as the browser resolves them now, whatever function they are written with. */
function readTokens(host) {
  const probe = document.createElement("span");
  probe.hidden = true;
  host.append(probe);
  const names = [
    "surface", "text", "text-quiet", "line", "line-faint", "line-strong", "up", "down", "volatility", "fan", "bound",
    "outside",
  ];
  const colors = new Map(names.map(name => {
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  }));
  probe.remove();
  return name => colors.get(name);
}

function isoMinute(time) {
  return `${new Date(time * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

function percent(locale) {
  const format = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  // Nothing can be below zero; the axis has room there only for the look of it.
  return value => (value < 0 ? "" : format.format(value));
}

function priceFormat(price, locale) {
  const decimals = price >= 10 ? 2 : price >= 1 ? 3 : price >= 0.1 ? 4 : 6;
  const format = new Intl.NumberFormat(locale, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return { type: "custom", formatter: value => format.format(value), minMove: 10 ** -decimals };
}
