import { defineConfig } from "@playwright/test";

// Chromium of the system; Playwright's own download is never used.
const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";

const launchOptions = {
  executablePath,
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

const desktop = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  globalSetup: "./lib/global-setup.ts",
  workers: 2,
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [["list"], ["./lib/summary.ts"]],
  use: { browserName: "chromium", launchOptions, trace: "retain-on-failure", locale: "en-GB", timezoneId: "Asia/Tokyo" },
  projects: [
    { name: "desktop", use: desktop, testIgnore: ["html-only.spec.ts", "screenshots.spec.ts"] },
    {
      name: "phone",
      use: phone,
      testMatch: ["overview.spec.ts", "coin.spec.ts", "how-good.spec.ts", "layout.spec.ts", "accessibility.spec.ts"],
    },
    {
      name: "html-only",
      use: { ...desktop, javaScriptEnabled: false },
      testMatch: ["html-only.spec.ts", "layout.spec.ts"],
    },
    { name: "screenshots", use: desktop, testMatch: "screenshots.spec.ts" },
  ],
});
