import type { Page } from "@playwright/test";

import { expect, open, test } from "../lib/test.ts";

/** What has the focus, as HTML. */
const focused = (page: Page) => page.evaluate(() => document.activeElement?.outerHTML.slice(0, 160) ?? "nothing");

/** Whether one can see where the focus is: the window looks different without it. */
async function isFocusVisible(page: Page): Promise<boolean> {
  const picture = () => page.screenshot({ animations: "disabled" });
  const withFocus = await picture();
  const element = await page.evaluateHandle(() => document.activeElement as HTMLElement);
  await element.evaluate((node) => node.blur());
  const without = await picture();
  await element.evaluate((node) => node.focus());
  return !withFocus.equals(without);
}

test("back and forward lead through the pages that were seen", async ({ page }) => {
  await open(page, "/");
  const heading = page.getByRole("heading", { level: 1 });
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Models" }).click();
  await expect(heading).toHaveText("Models");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "How it works" }).click();
  await expect(heading).toHaveText("How it works");
  await page.goBack();
  await expect(heading).toHaveText("Models");
  await page.goBack();
  await expect(page.getByRole("list", { name: "Forecasts by coin" })).toBeVisible();
  await page.goForward();
  await expect(heading).toHaveText("Models");
  await expect(page).toHaveTitle(/^Models/);
});

test("the first page loads without the other pages' code, which then comes ahead of the reader", async ({ page }) => {
  const parts = page.locator('link[rel="preload"][href*="/pkg/split_"]');
  const fetched = ["buddy", "reading"].map((part) => page.waitForResponse(new RegExp(`/pkg/split_${part}-\\w+\\.wasm$`)));
  await open(page, "/");
  await expect(parts).toHaveCount(0);
  for (const response of await Promise.all(fetched)) {
    expect(await response.headerValue("cache-control")).toContain("immutable");
  }
  await open(page, "/buddy");
  await expect(parts).toHaveAttribute("href", /split_buddy/);
  await open(page, "/fr/models");
  await expect(parts).toHaveAttribute("href", /split_reading/);
});

test("the keyboard alone reaches a coin, and focus is always visible", async ({ page }) => {
  await open(page, "/");
  await page.keyboard.press("Tab");
  const skip = page.getByRole("link", { name: "Skip to content" });
  await expect(skip).toBeFocused();
  await expect(skip).toBeInViewport();
  await page.keyboard.press("Enter");
  await expect(page.locator("main")).toBeFocused();

  const coin = page.getByRole("list", { name: "Forecasts by coin" }).getByRole("link").first();
  for (let press = 0; press < 30; press += 1) {
    await page.keyboard.press("Tab");
    expect(await isFocusVisible(page), await focused(page)).toBe(true);
    if (await coin.evaluate((element) => element === document.activeElement)) break;
  }
  await expect(coin).toBeFocused();
  const address = await coin.getAttribute("href");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`${address}$`));
});

test("the other language is one touch away, keeps the page, and says so to screen readers", async ({ page }) => {
  await open(page, "/coins/SOL");
  await page.getByRole("link", { name: "Français" }).click();
  await expect(page).toHaveURL(/\/fr\/coins\/SOL$/);
  await expect(page.locator("html")).toHaveAttribute("lang", "fr");
  await page.getByRole("link", { name: "English" }).click();
  await expect(page).toHaveURL(/\/coins\/SOL$/);
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
});

test("French pages speak French throughout", async ({ page }) => {
  // Words that only English has and that pages use a lot.
  const leftovers = /\b(the|chance of|forecast|forecasts|data as of|overview|usual|volatility|how it works)\b/i;
  for (const path of ["/fr", "/fr/coins/BTC", "/fr/models", "/fr/how-it-works"]) {
    await open(page, path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    const text = await page.locator("body").innerText();
    expect(leftovers.exec(text)?.[0], path).toBeUndefined();
  }
});

/** The colour behind everything, whichever element paints it. */
const backgroundOf = (page: Page) => () =>
  page.evaluate(() =>
    [document.documentElement, document.body].map((element) => getComputedStyle(element).backgroundColor).join(" "),
  );

test("a chosen theme outlives the visit", async ({ page }) => {
  const background = backgroundOf(page);
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/");
  const light = await background();
  await page.getByRole("button", { name: "Switch between light and dark" }).click();
  await expect.poll(background).not.toBe(light);
  const dark = await background();
  await page.reload();
  expect(await background()).toBe(dark);
  await page.getByRole("button", { name: "Switch between light and dark" }).click();
  await expect.poll(background).toBe(light);
});

test("without a choice the theme is the system's", async ({ page }) => {
  const background = backgroundOf(page);
  await page.emulateMedia({ colorScheme: "light" });
  await open(page, "/");
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(background).not.toBe(light);
});

for (const path of ["/coins/NOPE", "/nowhere"]) {
  test(`${path} is not found, says so, and shows the way home`, async ({ page, problems }) => {
    problems.expect(/404/);
    const response = await page.goto(path);
    expect(response?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await page.getByRole("main").getByRole("link", { name: "See all coins" }).click();
    await expect(page.getByRole("list", { name: "Forecasts by coin" })).toBeVisible();
  });
}
