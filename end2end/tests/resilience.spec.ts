// A server that goes away while somebody reads.

import { Server, archive } from "../lib/server.ts";
import { expect, hydrated, test } from "../lib/test.ts";

let server: Server;
test.beforeAll(async () => {
  test.setTimeout(240_000);
  server = await Server.start(archive() === undefined ? "simulated" : "archive");
});
test.afterAll(() => server?.remove());

test("when the server goes away the page says so, and trying again works once it is back", async ({ page, problems }) => {
  test.setTimeout(240_000);
  problems.expect(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|Failed to fetch/);
  await page.goto(server.url);
  await hydrated(page);
  await expect(page.getByRole("list", { name: "Forecasts by coin" })).toBeVisible();

  await server.kill();
  await page.getByRole("list", { name: "Forecasts by coin" }).getByRole("link", { name: /Bitcoin/ }).first().click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("This could not be shown");
  await alert.getByRole("link", { name: "Try again" }).click();
  await expect(alert).toBeVisible();

  await server.up();
  await alert.getByRole("link", { name: "Try again" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Bitcoin");
  await expect(alert).toHaveCount(0);
});

test("a page whose code does not come says so, and trying again works", async ({ page, problems }) => {
  test.setTimeout(240_000);
  problems.expect(/ERR_FAILED|Failed to fetch/);
  await server.up();
  await page.route("**/pkg/split_buddy-*.wasm", (route) => route.abort());
  await page.goto(server.url);
  await hydrated(page);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Buddy" }).click();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("This could not be shown");

  await page.unroute("**/pkg/split_buddy-*.wasm");
  await alert.getByRole("link", { name: "Try again" }).click();
  await expect(page.getByRole("textbox")).toBeVisible();
  await hydrated(page);
  await expect(alert).toHaveCount(0);
});

test("a page whose code does not come with the document stays readable, and its links work", async ({ page, problems }) => {
  test.setTimeout(240_000);
  problems.expect(/ERR_FAILED|Failed to fetch/);
  await server.up();
  await page.route("**/pkg/split_*.wasm", (route) => route.abort());
  await page.goto(`${server.url}/models`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Models");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Overview" }).click();
  await hydrated(page);
  await expect(page.getByRole("list", { name: "Forecasts by coin" })).toBeVisible();
});
