// "How good is it?": the page says what the API says, whatever evaluation is stored.

import type { APIRequestContext, Page } from "@playwright/test";

import { expect, open, test } from "../lib/test.ts";

interface Warnings {
  right: number;
  wrong: number;
  missed: number;
}

interface Evaluation {
  rows: { model: string; symbol: string | null; score: { horizon: string } }[];
  reports: { symbol: string | null; horizon: string; warnings: Warnings }[];
}

/** The stored evaluation; none where there is none. */
async function evaluation(request: APIRequestContext, symbol?: string): Promise<Evaluation | undefined> {
  const response = await request.get("/api/v1/evaluation", { params: symbol === undefined ? {} : { symbol } });
  if (response.status() === 404) return undefined;
  return (await response.json()) as Evaluation;
}

const count = (number: number): string => number.toLocaleString("en-GB");

/** The sentence about warnings, as the page writes it for more than one of them. */
function sentence(stored: Evaluation, symbol: string | null, horizon: string): string {
  const report = stored.reports.find((one) => one.symbol === symbol && one.horizon === horizon);
  const { right, wrong } = report?.warnings ?? { right: NaN, wrong: NaN };
  return `Of ${count(right + wrong)} warnings, ${count(right)} came true`;
}

const main = (page: Page) => page.getByRole("main");

test("the page answers in the numbers of the API, or says that nothing is stored", async ({ page, request }) => {
  const stored = await evaluation(request);
  await open(page, "/how-good");
  await expect(page.getByRole("heading", { level: 1, name: "How good is it?" })).toBeVisible();
  if (stored === undefined) {
    await expect(main(page)).toContainText("No evaluation of the serving model is stored yet.");
    return;
  }
  await expect(main(page)).toContainText(sentence(stored, null, "24h"));
  const methods = new Set(stored.rows.map(({ model }) => model));
  const table = page.getByRole("region", { name: "Every method under the same rules" }).getByRole("row");
  await expect(table).toHaveCount(methods.size + 1);
  for (const chart of [/Median outcomes of/, /groups of forecasts, what happened lies/, /smaller than the simple method/]) {
    await expect(page.getByRole("img", { name: chart })).toBeVisible();
  }
});

test("coin and horizon are chosen by links and kept in the address", async ({ page, request }) => {
  const stored = await evaluation(request, "ETH");
  test.skip(stored === undefined, "no evaluation is stored");
  await open(page, "/how-good");
  await page.getByRole("navigation", { name: "Coins" }).getByRole("link", { name: "ETH" }).click();
  await expect(page).toHaveURL(/\/how-good\?coin=ETH$/);
  await expect(page.getByRole("heading", { level: 2, name: /Ethereum/ })).toBeVisible();
  await expect(main(page)).toContainText(sentence(stored as Evaluation, "ETHUSDT", "24h"));
  await page.getByRole("navigation", { name: "Horizon" }).getByRole("link", { name: "Next 48 h" }).click();
  await expect(page).toHaveURL(/\/how-good\?coin=ETH&horizon=48h$/);
  await expect(main(page)).toContainText(sentence(stored as Evaluation, "ETHUSDT", "48h"));
  await page.getByRole("navigation", { name: "Coins" }).getByRole("link", { name: "All" }).click();
  await expect(page).toHaveURL(/\/how-good\?horizon=48h$/);
  await page.goBack();
  await expect(main(page)).toContainText(sentence(stored as Evaluation, "ETHUSDT", "48h"));
});

test("every chart can be read as a table, with the keyboard alone", async ({ page, request }) => {
  test.skip((await evaluation(request)) === undefined, "no evaluation is stored");
  await open(page, "/how-good?coin=BTC");
  const tables = page.getByText("The same as a table");
  await expect(tables).toHaveCount(3);
  for (const summary of await tables.all()) {
    await summary.focus();
    await page.keyboard.press("Enter");
    await expect(summary.locator("..").getByRole("table")).toBeVisible();
  }
});

test("a coin's page, the models and the navigation lead to the page", async ({ page }) => {
  await open(page, "/coins/SOL?horizon=48h");
  await main(page).getByRole("link", { name: /How good is it\?/ }).click();
  await expect(page).toHaveURL(/\/how-good\?coin=SOL&horizon=48h$/);
  await open(page, "/models");
  await main(page).getByRole("link", { name: /How good is it\?/ }).click();
  await expect(page).toHaveURL(/\/how-good$/);
  const link = page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "How good is it?" });
  await expect(link).toHaveAttribute("aria-current", "page");
});
