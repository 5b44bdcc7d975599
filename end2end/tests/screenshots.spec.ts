// Pictures of every page for people to look at: `make screenshots` puts them into target/screenshots.

import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { answered, ask } from "../lib/chat.ts";
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
