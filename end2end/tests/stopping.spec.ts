// Answers that take their time: a server whose model says given words at a steady pace.

import { answer, answered, ask, box, log, watchGrowth } from "../lib/chat.ts";
import { Server, archive } from "../lib/server.ts";
import { expect, open, test } from "../lib/test.ts";

let server: Server;
test.beforeAll(async () => {
  test.setTimeout(240_000);
  const market = archive() === undefined ? "simulated" : "archive";
  server = await Server.start(market, { INVESTBUDDY_LM__CHAT: "scripted" });
});
test.afterAll(() => server?.remove());

const written = async (text: Promise<string>) => (await text).length;

for (const how of ["the button", "Escape"] as const) {
  test(`${how} stops an answer at once; what was shown stays, and it can be asked again`, async ({ page }) => {
    await open(page, `${server.url}/buddy`);
    const ended = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/ui/ask"));
    await ask(page, "What is realised volatility?");
    const text = answer(page).locator(".markdown");
    await expect.poll(() => written(text.innerText())).toBeGreaterThan(30);
    if (how === "Escape") await page.keyboard.press("Escape");
    else await page.getByRole("button", { name: "Stop" }).click();
    await ended;
    await expect(answer(page)).toContainText("You stopped this answer.");
    await expect(box(page)).toBeFocused();
    const kept = await text.innerText();
    await page.waitForTimeout(500);
    expect(await text.innerText()).toBe(kept);

    await page.reload();
    await expect(answer(page)).toContainText("You stopped this answer.");
    await answer(page).getByRole("button", { name: "Try again" }).click();
    await answered(page);
    await expect(log(page).locator("article")).toHaveCount(1);
  });
}

test("an answer grows while it is written, and a second question waits its turn", async ({ page }) => {
  await open(page, `${server.url}/buddy`);
  const growth = await watchGrowth(page);
  await ask(page, "What is realised volatility?");
  await expect(page.getByRole("button", { name: "Stop" })).toBeVisible();
  await box(page).fill("And for ETH?");
  await box(page).press("Enter");
  await expect(box(page)).toHaveValue("And for ETH?");
  await answered(page);
  expect((await growth()).length).toBeGreaterThan(20);
  await box(page).press("Enter");
  await expect(log(page).locator("article")).toHaveCount(2);
  await answered(page);
});

test("leaving the page ends the connection", async ({ page }) => {
  await open(page, `${server.url}/buddy`);
  const ended = page.waitForEvent("requestfailed", (request) => request.url().endsWith("/ui/ask"));
  await ask(page, "What is realised volatility?");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Models" }).click();
  await ended;
});
