// Somebody with an account: what he does on the pages and what he finds in his mailbox.

import { execFileSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { type Browser, type Page, expect, test } from "@playwright/test";

import { type Letter, type Mailbox, letterTo, link } from "./mail.ts";
import type { Server } from "./server.ts";

export const PASSWORD = "correct horse battery";

/** The evening before the crash of 5 August 2024, in the archive. */
export const REPLAY = { INVESTBUDDY_MARKET__REPLAY_FROM: "2024-08-04T18:10:00Z" };

/** A made-up market alerts nobody unless somebody asked for just that. */
export const SIMULATED = { INVESTBUDDY_MARKET__SIMULATE: "always" };

/** Subjects of letters about alerts name the coin. */
export const ALERT = /Bitcoin|BTC/;

let people = 0;

export class Person {
  readonly email: string;
  readonly #page: Page;
  readonly #server: Server;
  readonly #mailbox: Mailbox;

  constructor(name: string, page: Page, server: Server, mailbox: Mailbox) {
    this.email = `${name}-${++people}-${test.info().workerIndex}@example.org`;
    this.#page = page;
    this.#server = server;
    this.#mailbox = mailbox;
  }

  /** Somebody who has signed up, confirmed and signed in. */
  static async member(name: string, page: Page, server: Server, mailbox: Mailbox): Promise<Person> {
    const person = new Person(name, page, server, mailbox);
    await person.signUp();
    await person.signIn();
    await expect(page.getByRole("heading", { name: "Your account" })).toBeVisible();
    return person;
  }

  async signUp(): Promise<void> {
    const page = this.#page;
    await this.goTo("/account/sign-up");
    await page.getByLabel("E-mail address").fill(this.email);
    await page.getByLabel("Password").fill(PASSWORD);
    await page.getByRole("button", { name: "Create an account" }).click();
    await expect(page.getByRole("heading", { name: "Look into your mailbox" })).toBeVisible();
    await this.goTo(link(await this.letter(/confirm/i), /\/account\/confirm\?/));
    await page.getByRole("button", { name: "Yes, this is my address" }).click();
    await expect(page.getByRole("heading", { name: "Your address is confirmed" })).toBeVisible();
  }

  async signIn(password = PASSWORD): Promise<void> {
    await this.goTo("/account/sign-in");
    await this.#page.getByLabel("E-mail address").fill(this.email);
    await this.#page.getByLabel("Password").fill(password);
    await this.#page.getByRole("button", { name: "Sign in" }).click();
  }

  /** Follows Bitcoin from the lowest chance on: it fires on whatever is forecast now. */
  async followBitcoin(): Promise<void> {
    const page = this.#page;
    await this.goTo("/account/alerts");
    await page.getByLabel("From this percentage on").fill("5");
    await page.getByRole("button", { name: "Preview" }).click();
    await expect(page.getByText(/This rule would (not )?have written to you/)).toBeVisible();
    await page.getByRole("button", { name: "Save the alert" }).click();
    await expect(page.getByText("Your alert is saved.")).toBeVisible();
    await expect(page.getByText(/Bitcoin, next 24 hours: a chance of 5% or more/)).toBeVisible();
  }

  async wantNoQuietHours(): Promise<void> {
    await this.goTo("/account/alerts");
    await this.#page.getByLabel("Quiet from").fill("00:00");
    await this.#page.getByLabel("until").fill("00:00");
    await this.#page.getByRole("button", { name: "Save", exact: true }).click();
    await expect(this.#page.getByText("Saved.")).toBeVisible();
  }

  /** Made an operator by somebody on the machine. */
  becomeOperator(): void {
    const target = resolve(dirname(fileURLToPath(import.meta.url)), "../..", process.env.CARGO_TARGET_DIR ?? "target");
    const binary = process.env.E2E_BINARY ?? join(target, "release/investbuddy");
    execFileSync(binary, ["operator", this.email], { env: { ...process.env, ...this.#server.environment } });
  }

  letter(subject: RegExp): Promise<Letter> {
    return letterTo(this.#mailbox, this.email, subject);
  }

  async goTo(path: string) {
    return this.#page.goto(this.#server.url + path);
  }
}

/** From signing up to an alert, its feedback given by whoever holds the letter, and the operator who reads it. */
export async function theWholeStory(page: Page, browser: Browser, server: Server, mailbox: Mailbox): Promise<void> {
  const ann = await Person.member("ann", page, server, mailbox);
  await ann.wantNoQuietHours();
  await ann.followBitcoin();

  const letter = await ann.letter(ALERT);
  expect(letter.headers["list-unsubscribe-post"]).toBe("List-Unsubscribe=One-Click");
  expect(letter.pictures).toBe(1);
  await lookAt(browser, letter);

  await ann.goTo("/account/notifications");
  await expect(page.getByText(/chance of a high-volatility period/).first()).toBeVisible();

  const elsewhere = await browser.newPage();
  await elsewhere.goto(server.url + link(letter, /\/feedback\?.*v=right/));
  await expect(elsewhere.getByRole("radio", { name: "right" })).toBeChecked();
  await elsewhere.getByLabel(/own words/i).fill("It was rough <b>indeed</b>.");
  await elsewhere.getByRole("button", { name: "Send" }).click();
  await expect(elsewhere.getByRole("heading", { name: "Thank you" })).toBeVisible();
  await elsewhere.close();

  expect((await ann.goTo("/operator/feedback"))?.status()).toBe(403);
  ann.becomeOperator();
  await ann.goTo("/operator/feedback");
  await expect(page.getByText("It was rough <b>indeed</b>.")).toBeVisible();
  await ann.goTo("/operator/outbox");
  await expect(page.getByText(/sent/i).first()).toBeVisible();
  await expect(page.locator("body")).not.toContainText(ann.email);
  const production = await page.request.get(`${server.url}/api/v1/monitoring/prod_data.csv`);
  expect(await production.text()).toContain("confirmed");
}

/** The letter as a picture, on a phone and on a desk, where somebody asked for pictures. */
async function lookAt(browser: Browser, letter: Letter): Promise<void> {
  const folder = process.env.E2E_LETTERS;
  if (folder === undefined) return;
  for (const width of [390, 900]) {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
      await page.setContent(letter.html);
      await page.screenshot({ path: join(folder, `letter-${width}-${colorScheme}.png`), fullPage: true });
      await page.close();
    }
  }
}
