import { COINS, chance, forecasts } from "../lib/product.ts";
import { expect, test } from "../lib/test.ts";

test("without JavaScript the first page shows every coin's numbers", async ({ page, request }) => {
  await page.goto("/");
  const cards = page.getByRole("list", { name: "Forecasts by coin" }).locator(":scope > li");
  await expect(cards).toHaveCount(COINS.length);
  const known = await forecasts(request);
  for (const { ticker, name } of COINS) {
    const card = cards.filter({ has: page.getByRole("heading", { name }) });
    await expect(card).toContainText(chance(known.get(`${ticker} 24h`)?.high_volatility ?? NaN));
  }
});

test("without JavaScript a coin's page shows a table and a picture", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("list", { name: "Forecasts by coin" }).getByRole("link", { name: /Bitcoin/ }).first().click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Bitcoin");
  await expect(page.getByRole("table", { name: /Expected realised volatility/ })).toBeVisible();
  await expect(page.getByRole("img", { name: /Realised volatility of Bitcoin over the last 30 days/ })).toBeVisible();
});

test("without JavaScript the horizon and the order can still be changed", async ({ page }) => {
  await page.goto("/?sort=market");
  const cards = page.getByRole("list", { name: "Forecasts by coin" }).locator(":scope > li");
  await expect(cards.first()).toContainText("Bitcoin");
  await page.goto("/coins/BTC");
  await page.getByRole("link", { name: "48 h" }).click();
  await expect(page).toHaveURL(/horizon=48h/);
  await expect(page.getByRole("main")).toContainText("next 48 hours");
});

test("without JavaScript the Buddy says what needs it, and what was said can be read", async ({ page }) => {
  await page.goto("/buddy");
  await expect(page.getByText("Asking a question needs JavaScript.")).toBeVisible();
  await expect(page.getByRole("textbox")).toBeHidden();
  // The same reader, by the API.
  const told = await page.request.post("/api/v1/ask", { data: { question: "What is realised volatility?" } });
  const [, conversation] = /"conversation":"([0-9a-f]{32})"/.exec(await told.text()) ?? [];
  await page.goto(`/buddy/${conversation}`);
  await expect(page.getByRole("log")).toContainText("What is realised volatility?");
  await expect(page.getByRole("log").locator("details.source").first()).toBeVisible();
});

test("without JavaScript nothing is offered that needs it", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("button", { name: "Switch between light and dark" })).toBeHidden();
});
