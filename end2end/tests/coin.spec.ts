import { chance, forecasts } from "../lib/product.ts";
import { expect, open, test } from "../lib/test.ts";
import type { Page } from "@playwright/test";

/** Opens a coin's page and waits for the interactive chart. */
async function openChart(page: Page, path: string) {
  await open(page, path);
  const chart = page.getByRole("group", { name: /Interactive chart/ });
  await expect(chart.locator("canvas").first()).toBeVisible();
  // It can take the focus as soon as its data is there.
  await expect(chart).toHaveAttribute("tabindex", "0");
  return chart;
}

/** The moment that the legend speaks of. */
const legendMoment = (page: Page) => page.locator(".legend time");

test("a coin's page says the chance that the API says, for both horizons", async ({ page, request }) => {
  const known = await forecasts(request);
  await open(page, "/coins/ETH");
  const main = page.getByRole("main");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Ethereum");
  await expect(main).toContainText(
    `in the next 24 hours is ${chance(known.get("ETH 24h")?.high_volatility ?? NaN)}`,
  );
  await page.getByRole("navigation", { name: "Horizon" }).getByRole("link", { name: "Next 48 h" }).click();
  await expect(page).toHaveURL(/\/coins\/ETH\?horizon=48h$/);
  await expect(main).toContainText(
    `in the next 48 hours is ${chance(known.get("ETH 48h")?.high_volatility ?? NaN)}`,
  );
  await page.goBack();
  await expect(main).toContainText("in the next 24 hours is");
});

test("the chart comes alive in the place of the picture", async ({ page }) => {
  const chart = await openChart(page, "/coins/BTC");
  const box = await chart.boundingBox();
  expect(box?.height).toBeGreaterThan(200);
  await expect(page.getByRole("img", { name: /Realised volatility of Bitcoin/ })).toBeHidden();
  // TradingView's notice asks for its logo and link.
  await expect(chart.locator("a[href*='tradingview.com']")).toHaveCount(1);
});

test("the legend follows the crosshair", async ({ page }) => {
  const chart = await openChart(page, "/coins/BTC");
  const newest = await legendMoment(page).getAttribute("datetime");
  const legend = page.locator(".legend");
  for (const name of ["Open", "High", "Low", "Close", "Volume", "Volatility, 24 h"]) {
    await expect(legend).toContainText(name);
  }
  await chart.hover({ position: { x: 40, y: 60 } });
  await expect(legendMoment(page)).not.toHaveAttribute("datetime", newest ?? "");
  await page.mouse.move(0, 0);
  await expect(legendMoment(page)).toHaveAttribute("datetime", newest ?? "");
});

test("ranges ask for the resolution that suits them", async ({ page }) => {
  await openChart(page, "/coins/BTC");
  await expect(page.getByRole("radio", { name: "1M" })).toBeChecked();
  for (const [range, resolution] of Object.entries({ "3M": "4h", "1Y": "1d" })) {
    const answer = page.waitForResponse((response) => response.url().includes("/ui/chart"));
    await page.getByText(range, { exact: true }).click();
    expect((await answer).url()).toContain(`resolution=${resolution}`);
    await expect(page.getByRole("radio", { name: range })).toBeChecked();
  }
});

test("panning back loads older history", async ({ page }) => {
  const chart = await openChart(page, "/coins/BTC");
  const answer = page.waitForResponse((response) => /\/ui\/chart\?.*before_s=\d+/.test(response.url()));
  await chart.focus();
  for (let press = 0; press < 40; press += 1) await page.keyboard.press("ArrowLeft");
  const { bars } = (await (await answer).json()) as { bars: { opens_at_s: number }[] };
  expect(bars.length).toBeGreaterThan(100);
});

test("the horizon keeps its place when going to another coin", async ({ page }) => {
  await open(page, "/coins/BTC?horizon=48h");
  await page.getByRole("navigation", { name: "Coins" }).getByRole("link", { name: "SOL" }).click();
  await expect(page).toHaveURL(/\/coins\/SOL\?horizon=48h$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Solana");
});

test("forecasts are shown beside their outcomes", async ({ page }) => {
  await open(page, "/coins/BTC");
  const record = page.locator("section", { has: page.getByRole("heading", { name: "Forecast versus outcome" }) });
  await expect(record).toContainText(/outcomes ended inside the 80% interval|There is no finished forecast yet/);
});

test("every forecast has its reasons and its quantiles", async ({ page }) => {
  await open(page, "/coins/BTC");
  await expect(page.getByRole("heading", { name: "Why this forecast" })).toBeVisible();
  const table = page.getByRole("table", { name: /Expected realised volatility/ });
  await expect(table.getByRole("row")).toHaveCount(10);
});
