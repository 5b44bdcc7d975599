// Accounts and alerts as a person meets them, from signing up to the operator who reads the feedback. The server
// replays real candles where this machine has them, and leaves its letters in a folder.

import { execFileSync } from "node:child_process";
import { join } from "node:path";

import type { Page } from "@playwright/test";

import { letterTo, link } from "../lib/mail.ts";
import { Server, archive } from "../lib/server.ts";
import { expect, test } from "../lib/test.ts";

const PASSWORD = "correct horse battery";

/** The evening before the crash of 5 August 2024. */
const REPLAY = { INVESTBUDDY_MARKET__REPLAY_FROM: "2024-08-04T18:10:00Z" };

let server: Server;
test.beforeAll(async () => {
  test.setTimeout(240_000);
  server = archive() === undefined ? await Server.start("simulated") : await Server.start("archive", REPLAY);
});
test.afterAll(async () => {
  const log = server?.log ?? "";
  await server?.remove();
  expect(log, "addresses are nobody's business in a log").not.toMatch(/@example\.org/);
});

let people = 0;
const address = (name: string) => `${name}-${++people}-${test.info().workerIndex}@example.org`;

async function signUp(page: Page, email: string): Promise<void> {
  await page.goto(`${server.url}/account/sign-up`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Create an account" }).click();
  await expect(page.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();
  const letter = await letterTo(server, email, /confirm/i);
  await page.goto(server.url + link(letter, /\/account\/confirm\?/));
  await page.getByRole("button", { name: "Yes, this is my address" }).click();
  await expect(page.getByRole("heading", { name: "Your address is confirmed" })).toBeVisible();
}

async function signIn(page: Page, email: string, password = PASSWORD): Promise<void> {
  await page.goto(`${server.url}/account/sign-in`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

async function becomeMember(page: Page, name: string): Promise<string> {
  const email = address(name);
  await signUp(page, email);
  await signIn(page, email);
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
  return email;
}

/** Follows Bitcoin from the lowest chance on: it fires on whatever is forecast now. */
async function followBitcoin(page: Page): Promise<void> {
  await page.goto(`${server.url}/account/alerts`);
  await page.getByLabel("From this percentage on").fill("5");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByText(/This rule would (not )?have written to you/)).toBeVisible();
  await page.getByRole("button", { name: "Save the alert" }).click();
  await expect(page.getByText("Your alert is saved.")).toBeVisible();
  await expect(page.getByText(/Bitcoin, next 24 hours: a chance of 5% or more/)).toBeVisible();
}

async function neverQuiet(page: Page): Promise<void> {
  await page.goto(`${server.url}/account/alerts`);
  await page.getByLabel("Quiet from").fill("00:00");
  await page.getByLabel("until").fill("00:00");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
}

test("from signing up to an alert, its feedback and the operator who reads it", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const email = await becomeMember(page, "ann");
  await neverQuiet(page);
  await followBitcoin(page);

  const letter = await letterTo(server, email, /Bitcoin|BTC/);
  expect(letter.headers.find(({ key }) => key === "list-unsubscribe-post")?.value).toBe("List-Unsubscribe=One-Click");
  expect(letter.attachments.some(({ mimeType }) => mimeType === "image/png")).toBe(true);

  await page.goto(`${server.url}/account/notifications`);
  await expect(page.getByText(/chance of a high-volatility period/).first()).toBeVisible();

  const stranger = await browser.newPage();
  await stranger.goto(server.url + link(letter, /\/feedback\?.*v=right/));
  await expect(stranger.getByRole("radio", { name: /right/i })).toBeChecked();
  await stranger.getByLabel(/words/i).fill("It was rough <b>indeed</b>.");
  await stranger.getByRole("button", { name: /send|save/i }).click();
  await expect(stranger.getByRole("heading", { name: /thank/i })).toBeVisible();
  await stranger.close();

  const denied = await page.goto(`${server.url}/operator/feedback`);
  expect(denied?.status()).toBe(403);
  makeOperator(email);
  await page.goto(`${server.url}/operator/feedback`);
  await expect(page.getByText("It was rough <b>indeed</b>.")).toBeVisible();
  await page.goto(`${server.url}/operator/outbox`);
  await expect(page.getByText(/sent/i).first()).toBeVisible();
  await expect(page.locator("body")).not.toContainText(email);
});

/** As somebody on the machine does. */
function makeOperator(email: string): void {
  const target = process.env.CARGO_TARGET_DIR ?? "../target";
  const binary = process.env.E2E_BINARY ?? join(target, "release/investbuddy");
  execFileSync(binary, ["operator", email], { env: { ...process.env, INVESTBUDDY_DATA_DIR: server.data } });
}

test("the bell counts what fired, live, and a look at it takes the number away", async ({ page }) => {
  test.setTimeout(120_000);
  await becomeMember(page, "bea");
  const watching = await page.context().newPage();
  await watching.goto(`${server.url}/how-it-works`);
  const count = watching.locator("[data-bell-count]");
  await expect(count).toBeHidden();
  await followBitcoin(page);
  await expect(count).toHaveText("1", { timeout: 20_000 });
  await page.goto(`${server.url}/account/notifications`);
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await expect(count).toBeHidden({ timeout: 20_000 });
});

test("letters end with one click, and the alerts stay", async ({ page, browser }) => {
  test.setTimeout(120_000);
  const email = await becomeMember(page, "cat");
  await neverQuiet(page);
  await followBitcoin(page);
  const letter = await letterTo(server, email, /Bitcoin|BTC/);
  const other = await browser.newPage();
  await other.goto(server.url + link(letter, /\/unsubscribe\?/));
  await other.getByRole("button", { name: "Send me no more letters" }).click();
  await expect(other.getByRole("heading", { level: 1 })).toHaveText(/letters/i);
  await other.close();
  await page.goto(`${server.url}/account/alerts`);
  await expect(page.getByRole("radio", { name: "no, the bell is enough" })).toBeChecked();
  await expect(page.getByText(/Bitcoin, next 24 hours/)).toBeVisible();
});

test("a forgotten password is replaced through a letter", async ({ page }) => {
  test.setTimeout(120_000);
  const email = await becomeMember(page, "dan");
  await page.goto(`${server.url}/account`);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Forgot the password?" }).click();
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Send the link" }).click();
  const letter = await letterTo(server, email, /password/i);
  await page.goto(server.url + link(letter, /\/account\/reset\?/));
  await page.getByLabel("New password").fill("another horse battery");
  await page.getByRole("button", { name: "Save the password" }).click();
  await expect(page.getByText("Your password was changed.")).toBeVisible();
  await signIn(page, email, "another horse battery");
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("an account goes with all its data", async ({ page }) => {
  test.setTimeout(120_000);
  const email = await becomeMember(page, "eve");
  const exported = await page.request.get(`${server.url}/account/export`);
  expect((await exported.json()).account.address).toBe(email);
  await page.goto(`${server.url}/account`);
  await page.locator("#delete").getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Delete the account" }).click();
  await expect(page.getByRole("heading", { name: "Your account is deleted" })).toBeVisible();
  await signIn(page, email);
  await expect(page.getByText("Address and password do not belong together.")).toBeVisible();
});

test("without JavaScript a wrong form says so beside the field and loses nothing", async ({ browser, problems }) => {
  problems.expect(/422/);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/fr/account/sign-up`);
  await page.getByLabel("Adresse e-mail").fill("pas une adresse");
  await page.getByLabel("Mot de passe").fill("court");
  await page.getByRole("button", { name: "Créer un compte" }).click();
  await expect(page.getByLabel("Adresse e-mail")).toHaveValue("pas une adresse");
  await expect(page.getByText("Ce n’est pas une adresse e-mail.")).toBeVisible();
  await expect(page.getByText("Au moins 10 caractères, s’il vous plaît.")).toBeVisible();
  await context.close();
});
