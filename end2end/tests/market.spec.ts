// What a reader is told about the data itself.

import { Server } from "../lib/server.ts";
import { expect, hydrated, isSimulated, open, test } from "../lib/test.ts";

test("a market without an exchange in reach says up to when its data goes", async ({ page }) => {
  test.skip(isSimulated(), "there is no archive on this machine");
  await open(page, "/");
  await expect(page.getByRole("status").filter({ hasText: /data as of \d{4}-\d\d-\d\d \d\d:\d\d UTC/i })).toBeVisible();
  await expect(page.getByText(/simulated/i)).toHaveCount(0);
});

test.describe("a simulated market", () => {
  let server: Server;
  test.beforeAll(async () => {
    test.setTimeout(240_000);
    server = await Server.start("simulated");
  });
  test.afterAll(() => server?.remove());

  test("is called simulated on every page, in both languages", async ({ page }) => {
    const marks = { "": /None of them is real/, "/fr": /Aucun n’est réel|simulé/i };
    for (const [prefix, mark] of Object.entries(marks)) {
      for (const path of ["", "/coins/BTC", "/models", "/how-it-works"]) {
        await page.goto(`${server.url}${prefix}${path}`);
        await hydrated(page);
        await expect(page.getByRole("status").filter({ hasText: mark }), `${prefix}${path}`).toBeVisible();
      }
    }
  });

  test("is called simulated by the API", async ({ request }) => {
    const market = (await (await request.get(`${server.url}/api/v1/market`)).json()) as { source: string };
    expect(market.source).toBe("simulated");
  });
});
