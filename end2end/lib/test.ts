// `test` and `expect` for all specs. Whatever a page complains about fails the test that opened it.

import { test as base, expect, type Page } from "@playwright/test";

/** Collects what goes wrong on a page; a test may say what it expects to go wrong. */
export class Problems {
  readonly #seen: string[] = [];
  readonly #expected: RegExp[] = [];

  watch(page: Page): void {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        this.#seen.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
      }
    });
    page.on("pageerror", (error) => this.#seen.push(`page error: ${error.message}`));
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText ?? "failed";
      // A page that is left gives up what it still asks for.
      if (reason !== "net::ERR_ABORTED") this.#seen.push(`request: ${reason} ${request.url()}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) this.#seen.push(`response: ${response.status()} ${response.url()}`);
    });
  }

  /** Lets problems pass that match. */
  expect(...patterns: RegExp[]): void {
    this.#expected.push(...patterns);
  }

  unexpected(): string[] {
    return this.#seen.filter((problem) => !this.#expected.some((pattern) => pattern.test(problem)));
  }
}

type Fixtures = {
  /** What went wrong on the page; checked after every test. */
  problems: Problems;
};

export const test = base.extend<Fixtures>({
  baseURL: async ({}, use) => {
    await use(process.env.E2E_URL);
  },
  problems: [
    async ({ page }, use) => {
      const problems = new Problems();
      problems.watch(page);
      await use(problems);
      expect(problems.unexpected(), "what the page complained about").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Whether the server under test shows the simulator's market. */
export const isSimulated = (): boolean => process.env.E2E_MARKET === "simulated";

/** Waits until the WebAssembly has taken over the page. */
export async function hydrated(page: Page): Promise<void> {
  await page.waitForFunction(() => document.documentElement.hasAttribute("data-hydrated"));
}

/** Opens a page and waits until it answers to touch. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await hydrated(page);
}
