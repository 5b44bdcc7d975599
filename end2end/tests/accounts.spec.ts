// Accounts and alerts as a person meets them. The server replays real candles where this machine has them, and leaves
// its letters in a folder.

import { expectNothingGrave } from "../lib/axe.ts";
import { type Mailbox, folderOf, link } from "../lib/mail.ts";
import { ALERT, PASSWORD, Person, REPLAY, SIMULATED, theWholeStory } from "../lib/people.ts";
import { Server, archive } from "../lib/server.ts";
import { expect, test } from "../lib/test.ts";

let server: Server;
let mailbox: Mailbox;
test.describe.configure({ timeout: 120_000 });
test.beforeAll(async () => {
  test.setTimeout(240_000);
  server = archive() === undefined ? await Server.start("simulated", SIMULATED) : await Server.start("archive", REPLAY);
  mailbox = folderOf(server);
});
test.afterAll(async () => {
  const log = server?.log ?? "";
  await server?.remove();
  expect(log, "addresses are nobody's business in a log").not.toMatch(/@example\.org/);
});

test("from signing up to an alert, its feedback and the operator who reads it", async ({ page, browser, problems }) => {
  problems.expect(/403/);
  await theWholeStory(page, browser, server, mailbox);
});

test("the bell counts what fired, live, and a look at it takes the number away", async ({ page }) => {
  const bea = await Person.member("bea", page, server, mailbox);
  const watching = await page.context().newPage();
  await watching.goto(`${server.url}/how-it-works`);
  const count = watching.locator("[data-bell-count]");
  await expect(count).toBeHidden();
  await bea.followBitcoin();
  await expect(count).toHaveText("1", { timeout: 30_000 });
  await bea.goTo("/account/notifications");
  await page.getByRole("button", { name: "Mark all as read" }).click();
  await expect(count).toBeHidden({ timeout: 20_000 });
});

test("letters end with one click, and the alerts stay", async ({ page, browser }) => {
  const cat = await Person.member("cat", page, server, mailbox);
  await cat.wantNoQuietHours();
  await cat.followBitcoin();
  const letter = await cat.letter(ALERT);
  const elsewhere = await browser.newPage();
  await elsewhere.goto(server.url + link(letter, /\/unsubscribe\?/));
  await elsewhere.getByRole("button", { name: "Send me no more letters" }).click();
  await expect(elsewhere.getByRole("heading", { level: 1 })).toHaveText(/letters/i);
  await elsewhere.close();
  await cat.goTo("/account/alerts");
  await expect(page.getByRole("radio", { name: "no, the bell is enough" })).toBeChecked();
  await expect(page.getByText(/Bitcoin, next 24 hours/)).toBeVisible();
});

test("a mail program ends letters with the one click of RFC 8058", async ({ page, request }) => {
  const fay = await Person.member("fay", page, server, mailbox);
  await fay.wantNoQuietHours();
  await fay.followBitcoin();
  const letter = await fay.letter(ALERT);
  const address = new URL(/<(.+)>/.exec(letter.headers["list-unsubscribe"] ?? "")?.[1] ?? "");
  const form = { "List-Unsubscribe": "One-Click" };
  expect((await request.post(server.url + address.pathname + address.search, { form })).status()).toBe(200);
  await fay.goTo("/account/alerts");
  await expect(page.getByRole("radio", { name: "no, the bell is enough" })).toBeChecked();
});

test("a forgotten password is replaced through a letter", async ({ page }) => {
  const dan = await Person.member("dan", page, server, mailbox);
  await dan.goTo("/account");
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("link", { name: "Forgot the password?" }).click();
  await page.getByLabel("E-mail address").fill(dan.email);
  await page.getByRole("button", { name: "Send the link" }).click();
  await dan.goTo(link(await dan.letter(/password/i), /\/account\/reset\?/));
  await page.getByLabel("New password").fill("another horse battery");
  await page.getByRole("button", { name: "Save the password" }).click();
  await expect(page.getByText("Your password was changed.")).toBeVisible();
  await dan.signIn("another horse battery");
  await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
});

test("an account goes with all its data", async ({ page, problems }) => {
  problems.expect(/422/);
  const eve = await Person.member("eve", page, server, mailbox);
  const exported = await page.request.get(`${server.url}/account/export`);
  expect((await exported.json()).account.address).toBe(eve.email);
  await eve.goTo("/account");
  await page.locator("#delete").getByLabel("Your password").fill(PASSWORD);
  await page.getByRole("button", { name: "Delete the account" }).click();
  await expect(page.getByRole("heading", { name: "Your account is deleted" })).toBeVisible();
  await eve.signIn();
  await expect(page.getByText("Address and password do not belong together.")).toBeVisible();
});

test("axe finds nothing serious where members and operators go, and a phone scrolls nothing sideways", async ({ page }) => {
  const gil = await Person.member("gil", page, server, mailbox);
  await gil.followBitcoin();
  gil.becomeOperator();
  for (const path of [
    "/account",
    "/account/alerts",
    "/account/notifications",
    "/feedback?coin=BTC&horizon=24h",
    "/operator",
    "/operator/feedback",
    "/operator/outbox",
    "/operator/jobs",
  ]) {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await gil.goTo(path);
      await expectNothingGrave(page);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await gil.goTo(`/fr${path}`);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(sideways, path).toBeLessThanOrEqual(0);
    await page.setViewportSize({ width: 1280, height: 800 });
  }
});

test("without JavaScript a wrong form says so beside the field and loses nothing", async ({ browser }) => {
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
