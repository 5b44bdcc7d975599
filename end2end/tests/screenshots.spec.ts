// Pictures of every page for people to look at: `make screenshots` puts them into target/screenshots.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { answered, ask } from "../lib/chat.ts";
import { folderOf } from "../lib/mail.ts";
import { Person, REPLAY, SIMULATED } from "../lib/people.ts";
import { Server, archive } from "../lib/server.ts";
import { open, test } from "../lib/test.ts";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const FOLDER = process.env.SCREENSHOTS ?? join(ROOT, "target/screenshots");

const SHOWN = {
  overview: "/",
  coin: "/coins/BTC",
  "how-good": "/how-good",
  "how-good-coin": "/how-good?coin=ETH&horizon=48h",
  models: "/models",
  "how-it-works": "/how-it-works",
  buddy: "/buddy",
};

const QUESTION = { en: "Why might ETH be volatile tomorrow?", fr: "Pourquoi ETH pourrait-il être agité demain ?" };

for (const [name, path] of Object.entries(SHOWN)) {
  for (const language of ["en", "fr"] as const) {
    for (const width of [1280, 390]) {
      for (const colorScheme of ["light", "dark"] as const) {
        test(`${name}, ${language}, ${width} px, ${colorScheme}`, async ({ page }) => {
          await page.setViewportSize({ width, height: width > 600 ? 800 : 844 });
          await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
          await open(page, language === "en" ? path : `/fr${path === "/" ? "" : path}`);
          await page.waitForLoadState("networkidle");
          const picture = (what: string) =>
            page.screenshot({ path: join(FOLDER, `${what}-${language}-${width}-${colorScheme}.png`), fullPage: true });
          await picture(name);
          if (name === "buddy") {
            await ask(page, QUESTION[language]);
            await answered(page);
            await picture("buddy-answer");
          }
        });
      }
    }
  }
}

const DOCUMENTS = {
  "sign-up": "/account/sign-up",
  account: "/account",
  alerts: "/account/alerts",
  notifications: "/account/notifications",
  feedback: "/feedback?coin=BTC&horizon=24h&v=right",
  operator: "/operator",
  "operator-feedback": "/operator/feedback",
  "operator-outbox": "/operator/outbox",
  "operator-jobs": "/operator/jobs",
};

test("what a member and an operator see", async ({ page }) => {
  test.setTimeout(300_000);
  const real = archive() !== undefined;
  const server = await Server.start(real ? "archive" : "simulated", real ? REPLAY : SIMULATED);
  try {
    const ann = await Person.member("ann", page, server, folderOf(server));
    await ann.followBitcoin();
    ann.becomeOperator();
    for (const [name, path] of Object.entries(DOCUMENTS)) {
      for (const language of ["en", "fr"] as const) {
        for (const width of [1280, 390]) {
          for (const colorScheme of ["light", "dark"] as const) {
            await page.setViewportSize({ width, height: width > 600 ? 800 : 844 });
            await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
            await ann.goTo(language === "en" ? path : `/fr${path}`);
            const file = `${name}-${language}-${width}-${colorScheme}.png`;
            await page.screenshot({ path: join(FOLDER, file), fullPage: true });
          }
        }
      }
    }
  } finally {
    await server.remove();
  }
});
