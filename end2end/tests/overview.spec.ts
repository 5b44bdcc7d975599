import { COINS, chance, forecasts } from "../lib/product.ts";
import { expect, open, test } from "../lib/test.ts";

test("the first page shows a forecast for each of the nine coins", async ({ page, request }) => {
  await open(page, "/");
  const cards = page.getByRole("list", { name: "Forecasts by coin" }).locator(":scope > li");
  await expect(cards).toHaveCount(COINS.length);
  const known = await forecasts(request);
  for (const { ticker, name } of COINS) {
    const card = cards.filter({ has: page.getByRole("heading", { name, exact: false }) });
    await expect(card, name).toHaveCount(1);
    for (const horizon of ["24h", "48h"]) {
      const forecast = known.get(`${ticker} ${horizon}`);
      expect(forecast, `${ticker} ${horizon}`).toBeDefined();
      await expect(card).toContainText(chance(forecast?.high_volatility ?? NaN));
    }
  }
});

test("cards can be put in market order and back, and the address remembers", async ({ page }) => {
  await open(page, "/");
  const headings = page.getByRole("list", { name: "Forecasts by coin" }).getByRole("heading");
  await page.getByRole("link", { name: "Market order" }).click();
  await expect(page).toHaveURL(/sort=market/);
  for (const [position, { name }] of COINS.entries()) {
    await expect(headings.nth(position)).toContainText(name);
  }
  await page.reload();
  await expect(headings.first()).toContainText("Bitcoin");
  await page.getByRole("link", { name: "Risk", exact: true }).click();
  await expect(page).not.toHaveURL(/sort=market/);
});

test("what the numbers mean is one touch away", async ({ page }) => {
  await open(page, "/");
  const meaning = page.getByText("It says nothing about whether the price rises or falls.");
  await expect(meaning).toBeHidden();
  await page.getByText("What do these numbers mean?").click();
  await expect(meaning).toBeVisible();
});

test("a card leads to its coin without loading a new document", async ({ page }) => {
  await open(page, "/");
  await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  await page.getByRole("list", { name: "Forecasts by coin" }).getByRole("link", { name: /Ethereum/ }).first().click();
  await expect(page).toHaveURL(/\/coins\/ETH$/);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Ethereum");
  expect(await page.evaluate(() => "sameDocument" in window)).toBe(true);
});
