// The conversation with the Buddy, against the real server with its composer: no key, no network, no model.

import type { Page } from "@playwright/test";

import {
  answer,
  answerWith,
  answered,
  ask,
  askFrameByFrame,
  box,
  citation,

  done,
  log,
  started,
  token,
  watchGrowth,
} from "../lib/chat.ts";
import { expect, open, test } from "../lib/test.ts";

const LONG = Array.from({ length: 60 }, (_, index) => `Paragraph ${index} says something about volatility.\n\n`).join("");

/** Conversations are this visitor's own; a row of the list by its title. */
const row = (page: Page, title: RegExp) =>
  page.getByRole("complementary", { name: "Conversations" }).getByRole("listitem").filter({ hasText: title });

for (const [path, question, sources] of [
  ["/buddy", "What is realised volatility?", "Sources"],
  ["/fr/buddy", "C’est quoi la volatilité réalisée ?", "Sources"],
] as const) {
  test(`a question on ${path} gets an answer with sources that streams in and is kept`, async ({ page }) => {
    await page.clock.install();
    await open(page, path);
    const growth = await watchGrowth(page);
    await askFrameByFrame(page, question);
    const lengths = await growth();
    expect(lengths.length, `lengths ${lengths.join(" ")}`).toBeGreaterThan(10);
    expect(lengths.at(-1)).toBeGreaterThan(80);
    await expect(answer(page).getByRole("region", { name: sources }).getByRole("listitem").first()).toBeVisible();
    await expect(page).toHaveURL(new RegExp(`${path}/[0-9a-f]{32}$`));
    const text = await answer(page).locator(".markdown").innerText();
    await page.reload();
    await expect(answer(page).locator(".markdown")).toHaveText(text.replace(/\s+/g, " "), { useInnerText: true });
  });
}

test("the example questions ask with one touch", async ({ page }) => {
  await open(page, "/buddy");
  await page.getByRole("button", { name: "What does a funding rate tell me?" }).click();
  await answered(page);
  await expect(page.getByText("For example")).toHaveCount(0);
});

test("a number in an answer opens its source, with the keyboard as well", async ({ page }) => {
  await open(page, "/buddy");
  await answerWith(page, [started(), citation(1), token("It **moved** [1], not [7].\n"), done]);
  await ask(page, "Why?");
  await answered(page);
  const cite = answer(page).getByRole("link", { name: "Source 1: Realised volatility" });
  await cite.focus();
  await page.keyboard.press("Enter");
  const source = answer(page).locator("details.source");
  await expect(source).toHaveAttribute("open", "");
  await expect(source).toContainText("CC BY 4.0");
  await expect(source.locator("summary")).toBeFocused();
  // A number that was never given is text.
  await expect(answer(page).locator(".markdown")).toContainText("[7]");
  await expect(answer(page).locator(".markdown").getByRole("link")).toHaveCount(1);
});

test("nothing in an answer becomes HTML", async ({ page }) => {
  await open(page, "/buddy");
  const text = `<img src=x onerror="window.harmed = 1"> [x](javascript:window.harmed=1) ![i](https://example.org/i.png)\n`;
  await answerWith(page, [started(), token(text), done]);
  await ask(page, "Harm?");
  await answered(page);
  await expect(answer(page).locator("img, script, .markdown a")).toHaveCount(0);
  await expect(answer(page)).toContainText("<img src=x");
  expect(await page.evaluate(() => "harmed" in window)).toBe(false);
});

test("a connection that is cut leaves what was shown, and trying again replaces it", async ({ page }) => {
  await open(page, "/buddy");
  await answerWith(page, [started(), token("The first half")], [started(3), token("All of it.\n"), done]);
  await ask(page, "Cut?");
  await expect(answer(page)).toContainText("The first half");
  await expect(answer(page).getByRole("alert")).toContainText("This answer broke off.");
  const request = page.waitForRequest("**/ui/ask");
  await answer(page).getByRole("button", { name: "Try again" }).click();
  const { question } = (await request).postDataJSON() as { question: { instead_of: string } };
  expect(question.instead_of).toBe("2".padStart(32, "0"));
  await answered(page);
  await expect(log(page).locator("article")).toHaveCount(1);
  await expect(answer(page)).toContainText("All of it.");
  await expect(answer(page)).not.toContainText("The first half");
});

test("a model that fails halfway and too many questions are said in words", async ({ page, problems }) => {
  problems.expect(/429/);
  await open(page, "/buddy");
  await answerWith(page, [
    started(),
    token("Half of"),
    { type: "failed", failure: { code: "writer_unavailable", retry_after_s: 3 } },
  ]);
  await ask(page, "Fail?");
  await expect(answer(page).getByRole("alert")).toContainText("in 3 seconds");
  await expect(answer(page)).toContainText("Half of");
  await page.route("**/ui/ask", (route) =>
    route.fulfill({ status: 429, json: { Failure: { code: "too_many", retry_after_s: 7 } } }),
  );
  await answer(page).getByRole("button", { name: "Try again" }).click();
  await expect(answer(page).getByRole("alert")).toContainText("in 7 seconds");
});

test("Enter sends, Shift and Enter begin a line, Up brings the last question back", async ({ page }) => {
  await open(page, "/buddy");
  await answerWith(page, [started(), token("Yes.\n"), done]);
  await box(page).focus();
  await page.keyboard.type("One");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("two");
  await expect(box(page)).toHaveValue("One\ntwo");
  await page.keyboard.press("Enter");
  await expect(box(page)).toHaveValue("");
  await expect(box(page)).toBeFocused();
  await answered(page);
  await page.keyboard.press("ArrowUp");
  await expect(box(page)).toHaveValue("One\ntwo");
});

test("8,000 characters can be sent, and one more says why it cannot", async ({ page }) => {
  await open(page, "/buddy");
  await box(page).fill("x".repeat(8_001));
  await expect(page.getByText("8,001 of 8,000 characters")).toBeVisible();
  await expect(page.getByRole("button", { name: "Send" })).toBeDisabled();
  await box(page).fill("x".repeat(8_000));
  await expect(page.getByRole("button", { name: "Send" })).toBeEnabled();
});

test("the typewriter is steady, and still for whoever wants no motion", async ({ page }) => {
  const burst = [started(), token(LONG.slice(0, 1_500)), done];
  await page.clock.install();
  await open(page, "/buddy");
  await answerWith(page, burst, burst);
  let growth = await watchGrowth(page);
  await askFrameByFrame(page, "Moving?");
  expect((await growth()).length).toBeGreaterThan(8);

  await page.emulateMedia({ reducedMotion: "reduce" });
  await open(page, "/buddy");
  growth = await watchGrowth(page);
  await ask(page, "Still?");
  await answered(page);
  expect((await growth()).length).toBeLessThanOrEqual(3);
});

test("finished blocks stay in place while the next ones are written", async ({ page }) => {
  await open(page, "/buddy");
  await answerWith(page, [started(), token("First paragraph.\n\n"), token(LONG.slice(0, 900)), done]);
  await ask(page, "Stable?");
  await answer(page).locator(".markdown > p").nth(1).waitFor();
  await page.evaluate(() => document.querySelector(".markdown > p")?.setAttribute("data-mark", "first"));
  await answered(page);
  await expect(answer(page).locator(".markdown > p").first()).toHaveAttribute("data-mark", "first");
});

test("the page follows the answer until the reader scrolls up, and a button goes back", async ({ page }) => {
  await open(page, "/buddy");
  await answerWith(page, [started(), token(LONG), done], [started(3), token(LONG), done]);
  await ask(page, "Long?");
  await answered(page);
  const last = answer(page).getByText("Paragraph 59 says");
  await expect(last).toBeInViewport();
  await page.mouse.move(600, 300);
  await page.mouse.wheel(0, -1_200);
  const jump = page.getByRole("button", { name: "Jump to the newest" });
  await expect(jump).toBeVisible();
  await expect(last).not.toBeInViewport();
  await jump.click();
  await expect(last).toBeInViewport();
  await expect(jump).toBeHidden();
});

test("screen readers hear whole sentences", async ({ page }) => {
  await open(page, "/buddy");
  await answerWith(page, [started(), token("It **mov"), token("ed** by 3.2% [1]. "), token("That is a lot.\n"), done]);
  await ask(page, "Heard?");
  await answered(page);
  const heard = page.locator("[aria-live=polite] p");
  await expect(heard).toHaveText(["It moved by 3.2% .", "That is a lot."]);
  await expect(log(page)).toHaveAttribute("aria-live", "off");
});

test("an answer can be judged with a reason, and the judgement is kept", async ({ page }) => {
  await open(page, "/buddy");
  await ask(page, "What is drawdown?");
  await answered(page);
  await answer(page).getByRole("button", { name: "Not helpful" }).click();
  await expect(answer(page)).toContainText("Thank you.");
  await answer(page).getByRole("textbox", { name: "Why? (optional)" }).fill("Too long");
  await answer(page).getByRole("textbox", { name: "Why? (optional)" }).press("Enter");
  await expect(answer(page).getByRole("textbox", { name: "Why? (optional)" })).toHaveCount(0);
  await page.reload();
  await expect(answer(page).getByRole("button", { name: "Not helpful" })).toHaveAttribute("aria-pressed", "true");
});

test("conversations are listed, renamed, exported and deleted", async ({ page }) => {
  await open(page, "/buddy");
  await ask(page, "What is a stop-loss order?");
  await answered(page);
  const more = () => row(page, /./).first().locator("summary");
  await expect(row(page, /stop-loss/)).toHaveCount(1);
  await more().click();
  const markdown = row(page, /stop-loss/).getByRole("link", { name: "Markdown" });
  const exported = await page.request.get((await markdown.getAttribute("href")) ?? "");
  expect(exported.status()).toBe(200);
  expect(await exported.text()).toContain("What is a stop-loss order?");

  await page.getByRole("button", { name: "Rename" }).click();
  await page.getByRole("textbox", { name: "Title of the conversation" }).fill("Orders");
  await page.getByRole("textbox", { name: "Title of the conversation" }).press("Enter");
  await expect(row(page, /Orders/)).toHaveCount(1);
  await page.reload();
  await expect(row(page, /Orders/)).toHaveCount(1);

  await page.getByRole("link", { name: "New conversation" }).click();
  await expect(page).toHaveURL(/\/buddy$/);
  await expect(page.getByText("For example")).toBeVisible();
  await row(page, /Orders/).getByRole("link", { name: /Orders/ }).click();
  await expect(log(page)).toContainText("What is a stop-loss order?");

  await more().click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Keep it" }).click();
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("button", { name: "Delete it" }).click();
  await expect(page).toHaveURL(/\/buddy$/);
  await expect(row(page, /Orders/)).toHaveCount(0);
  await expect(page.getByText("For example")).toBeVisible();
});

test("one visitor never sees another one's conversation", async ({ page, browser, problems }) => {
  problems.expect(/404/);
  await open(page, "/buddy");
  await ask(page, "What is a bear market?");
  await answered(page);
  const other = await browser.newPage();
  const response = await other.goto(page.url());
  expect(response?.status()).toBe(404);
  await expect(other.getByRole("main")).not.toContainText("bear market");
  await other.close();
});

test("a coin's page says what to make of the forecast and brings its coin along", async ({ page }) => {
  await open(page, "/coins/ETH");
  const card = page.locator("section", { has: page.getByRole("heading", { name: "What to make of it" }) });
  await expect(card).toContainText("Stance");
  await expect(card.getByRole("list").getByRole("listitem").first()).toBeVisible();
  await card.getByRole("link", { name: "Ask the Buddy about ETH" }).click();
  await expect(box(page)).toHaveValue(/ETH/);
  await expect(box(page)).toBeFocused();
  const request = page.waitForRequest("**/ui/ask");
  await box(page).press("Enter");
  const { question } = (await request).postDataJSON() as { question: { about: string } };
  expect(question.about).toMatch(/^ETH/);
  await answered(page);
});

test("a narrow screen has everything, the list behind a button", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await open(page, "/buddy");
  await answerWith(page, [started(), token("| a | b | c | d |\n|---|---|---|---|\n| 1 | 2 | 3 | 4 |\n\n" + "w".repeat(200)), done]);
  await ask(page, "Narrow?");
  await answered(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBe(390);
  await expect(page.getByRole("link", { name: "New conversation" })).toBeHidden();
  await page.getByRole("button", { name: "Conversations" }).click();
  await expect(page.getByRole("link", { name: "New conversation" })).toBeVisible();
  await expect(box(page)).toBeInViewport();
});
