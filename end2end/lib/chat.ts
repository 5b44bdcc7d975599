// The Buddy's page as a reader uses it, and answers that a test writes itself.

import type { Locator, Page, Route } from "@playwright/test";

import { expect } from "./test.ts";

export const CONVERSATION = "0".repeat(30) + "c0";

/** The conversation on the page. */
export const log = (page: Page): Locator => page.getByRole("log");

/** The newest answer. */
export const answer = (page: Page): Locator => log(page).locator("article").last().locator(".said--buddy");

/** The box for a question. */
export const box = (page: Page, name: RegExp = /^Your question$|^Votre question$/): Locator =>
  page.getByRole("textbox", { name });

/** Asks and waits until the answer has begun. */
export async function ask(page: Page, question: string): Promise<void> {
  await box(page).fill(question);
  await box(page).press("Enter");
  await expect(log(page).getByText(question).last()).toBeVisible();
}

/** Waits until the newest answer is complete: it can be judged. */
export async function answered(page: Page): Promise<void> {
  await expect(answer(page).getByRole("button", { name: /^(Copy|Copier)$/ })).toBeVisible({ timeout: 12_000 });
}

/** One frame of an answer's stream. */
export type Frame = Record<string, unknown> & { type: string };

export const started = (message = 2): Frame => ({
  type: "started",
  conversation: CONVERSATION,
  message: message.toString(16).padStart(32, "0"),
  language: "en",
});
export const token = (text: string): Frame => ({ type: "token", text });
export const done: Frame = {
  type: "done",
  usage: { writer: "composer", prompt_tokens: 0, answer_tokens: 0, dropped_sentences: 0, took_ms: 1 },
};
export const citation = (number: number): Frame => ({
  type: "citation",
  number,
  title: "Realised volatility",
  excerpt: "How much a price did move.",
  source: "Glossary",
  licence: "CC BY 4.0",
  url: null,
  symbol: null,
});

/** Answers the next questions with frames of the test's own; a stream without an end is a connection that was cut. */
export async function answerWith(page: Page, ...answers: Frame[][]): Promise<void> {
  const left = [...answers];
  await page.route("**/ui/ask", async (route: Route) => {
    const frames = left.shift();
    if (frames === undefined) return route.continue();
    const body = frames.map((frame) => `${JSON.stringify(frame)}\n`).join("");
    await route.fulfill({ status: 200, contentType: "application/octet-stream", body });
  });
}

/**
 * Asks, and lets the page's clock run frame by frame, sixty a second, until the newest answer is complete: in how many
 * pieces it appears must not depend on what else the machine does. The page was opened with `page.clock.install()`.
 */
export async function askFrameByFrame(page: Page, question: string): Promise<void> {
  await page.clock.pauseAt(Date.now() + 60_000);
  await ask(page, question);
  const isComplete = () => answer(page).getByRole("button", { name: /^(Copy|Copier)$/ }).isVisible();
  for (let frame = 0; frame < 1_200 && !(await isComplete()); frame += 1) await page.clock.runFor(1_000 / 60);
  await page.clock.resume();
  await answered(page);
}

/** How long the newest answer was at each change, from now on. */
export async function watchGrowth(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const seen: number[] = [];
    const look = () => {
      const all = document.querySelectorAll(".said--buddy .markdown");
      const length = all[all.length - 1]?.textContent?.length ?? 0;
      if (length > 0 && seen[seen.length - 1] !== length) seen.push(length);
    };
    new MutationObserver(look).observe(document.querySelector("[role=log]") as Node, {
      childList: true,
      subtree: true,
      characterData: true,
    });
    Object.assign(window, { seenLengths: seen });
  });
  return () => page.evaluate(() => (window as unknown as { seenLengths: number[] }).seenLengths);
}
