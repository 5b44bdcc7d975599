// What an operator sees of drift, performance, data and models, and what he does to models. No page of his needs a
// script: everything is tried without one, too.

import { cpSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import type { Browser, Page } from "@playwright/test";

import { expectNothingGrave } from "../lib/axe.ts";
import { folderOf } from "../lib/mail.ts";
import { Person, REPLAY, SIMULATED } from "../lib/people.ts";
import { Server, archive } from "../lib/server.ts";
import { expect, test } from "../lib/test.ts";

const SHIPPED = resolve(dirname(fileURLToPath(import.meta.url)), "../../data/models");

const BOARDS = [
  "/operator/drift",
  "/operator/performance",
  "/operator/health",
  "/operator/models",
  "/operator/models/compare",
  "/operator/models/train",
  "/operator/models/roll-back",
  "/fr/operator/drift",
  "/fr/operator/performance",
  "/fr/operator/health",
  "/fr/operator/models",
];

/** A second model beside the shipped one: the same weights under another name. */
const OTHER = "lstm-20240702-0e2e0e2e";

let server: Server;
let shipped: string;
test.describe.configure({ timeout: 120_000, mode: "serial" });

test.beforeAll(async () => {
  test.setTimeout(240_000);
  server = archive() === undefined ? await Server.start("simulated", SIMULATED) : await Server.start("archive", REPLAY);
  shipped = readdirSync(SHIPPED).find((name) => name.startsWith("lstm-")) ?? "";
  addModel();
});

test.afterAll(async () => {
  await server?.remove();
});

function addModel(): void {
  const folder = join(server.data, "models", OTHER);
  cpSync(join(SHIPPED, shipped), folder, { recursive: true });
  const file = join(folder, "manifest.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), version: OTHER }));
}

async function operator(name: string, page: Page): Promise<Person> {
  const person = await Person.member(name, page, server, folderOf(server));
  person.becomeOperator();
  return person;
}

/** Whoever has no script, with the same cookies. */
async function withoutScript(browser: Browser, page: Page, viewport = { width: 1280, height: 900 }): Promise<Page> {
  const storageState = await page.context().storageState();
  const context = await browser.newContext({ javaScriptEnabled: false, storageState, viewport });
  return context.newPage();
}

test("nobody but an operator sees the boards", async ({ page, problems }) => {
  problems.expect(/403/);
  const ida = await Person.member("ida", page, server, folderOf(server));
  for (const path of BOARDS) expect((await ida.goTo(path))?.status(), path).toBe(403);
});

test("every board opens in both languages, wide and narrow, light and dark, and axe finds nothing grave", async ({
  page,
}) => {
  const joe = await operator("joe", page);
  for (const path of BOARDS) {
    for (const width of [390, 1280]) {
      for (const colorScheme of ["light", "dark"] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme });
        expect((await joe.goTo(path))?.status(), path).toBe(200);
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(wide, `${path} scrolls sideways at ${width}`).toBeLessThanOrEqual(width);
        await expectNothingGrave(page);
      }
    }
  }
});

test("the overview leads to every board", async ({ page }) => {
  const eva = await operator("eva", page);
  for (const name of ["Drift", "Performance", "Data health", "Models"]) {
    await eva.goTo("/operator");
    await page.getByRole("main").getByRole("link", { name: new RegExp(`^${name}`) }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
  }
});

test("data health names every coin with its age, and how the data stand in words", async ({ page }) => {
  const kim = await operator("kim", page);
  await kim.goTo("/operator/health");
  await expect(page.locator(".verdict__headline")).not.toBeEmpty();
  const rows = page.getByRole("region", { name: "Freshness" }).getByRole("row");
  await expect(rows).toHaveCount(10);
  await expect(rows.filter({ hasText: "Bitcoin" })).toContainText(/\d+ (min|h|days)/);
});

test("without a script an operator promotes a model and goes back, each with a reason that stays", async ({
  page,
  browser,
}) => {
  await operator("lea", page);
  const plain = await withoutScript(browser, page, { width: 390, height: 900 });

  await plain.goto(`${server.url}/operator/models/version/${OTHER}`);
  await plain.getByRole("link", { name: "Let it serve" }).click();
  await plain.getByRole("button", { name: "Let a model serve" }).click();
  await expect(plain.getByLabel("Reason")).toHaveAttribute("aria-invalid", "true");
  await expect(plain.locator("#reason-wrong")).toHaveText("Please fill this in.");
  await plain.getByLabel("Reason").fill("it learned <i>longer</i>");
  await plain.getByRole("button", { name: "Let a model serve" }).click();
  await expect(plain.getByText("The model serves within a minute.")).toBeVisible();
  await expect(plain.locator("p.lead")).toContainText(OTHER);
  const log = plain.getByRole("region", { name: "Audit log" }).getByRole("row");
  await expect(log.filter({ hasText: "it learned <i>longer</i>" })).toContainText("promoted");

  // The product serves it without having been stopped.
  await expect
    .poll(async () => JSON.stringify(await (await page.request.get(`${server.url}/api/v1/models`)).json()), {
      timeout: 60_000,
    })
    .toMatch(new RegExp(`"version":"${OTHER}"[^{}]*"is_champion":true`));

  await plain.getByRole("link", { name: "Go back to the model before" }).click();
  await plain.getByLabel("Reason").fill("the other one was calmer");
  await plain.getByRole("button", { name: "Go back to the model before" }).click();
  await expect(plain.getByText("The model before serves again within a minute.")).toBeVisible();
  await expect(plain.locator("p.lead")).toContainText(shipped);
  await expect(log.filter({ hasText: "the other one was calmer" })).toContainText("rolled back");
  await plain.context().close();
});

test("two models stand side by side", async ({ page }) => {
  const mia = await operator("mia", page);
  await mia.goTo("/operator/models");
  await page.getByLabel("First version").selectOption(shipped);
  await page.getByLabel("Second version").selectOption(OTHER);
  await page.getByRole("button", { name: "Compare" }).click();
  const table = page.getByRole("region", { name: "Side by side" });
  await expect(table.getByRole("link", { name: shipped })).toBeVisible();
  await expect(table.getByRole("link", { name: OTHER })).toBeVisible();
});

test("a training is asked for with a reason, shows how it stands, and is stopped", async ({ page, browser }) => {
  await operator("ned", page);
  const plain = await withoutScript(browser, page);
  await plain.goto(`${server.url}/operator/models`);
  await plain.getByRole("link", { name: "Start a training" }).click();
  await plain.getByLabel("Reason").fill("to see it run");
  await plain.getByRole("button", { name: "Start a training" }).click();
  await expect(plain.getByText("The training begins within seconds.")).toBeVisible();
  const row = plain.getByRole("region", { name: "Trainings" }).getByRole("row").filter({ hasText: "to see it run" });
  await row.getByRole("link").first().click();
  await expect(plain.getByRole("heading", { level: 1, name: /^Training/ })).toBeVisible();

  // A made-up market is no reason to learn: such a training ends by itself.
  const stop = plain.getByRole("link", { name: "Stop this training" });
  if (await stop.isVisible()) {
    await stop.click();
    await plain.getByLabel("Reason").fill("seen enough");
    await plain.getByRole("button", { name: "Stop the training" }).click();
  }
  await plain.goto(`${server.url}/operator/models`);
  await expect
    .poll(
      async () => {
        await plain.reload();
        return row.textContent();
      },
      { timeout: 60_000 },
    )
    .toMatch(/stopped|failed/);
  await plain.context().close();
});
