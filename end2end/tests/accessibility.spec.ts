import { answered, answerWith, ask, citation, done, started, token } from "../lib/chat.ts";
import { expectNothingGrave } from "../lib/axe.ts";
import { PAGES } from "../lib/product.ts";
import { open, test } from "../lib/test.ts";

for (const path of [...PAGES, "/fr", "/fr/coins/BTC", "/fr/buddy", "/fr/how-good?coin=ETH&horizon=48h"]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing serious on ${path}, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await open(page, path);
      await expectNothingGrave(page);
    });
  }
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing serious in a conversation, ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await open(page, "/buddy");
    const text = "# Why\n\nIt **moved** [1].\n\n| Coin | RV |\n|---|--:|\n| BTC | 2% |\n\n> Said\n\n```\nsqrt(x)\n```\n";
    // The answers are the test's own, so the server does not know the message that is judged.
    await page.route("**/ui/judge", (route) => route.fulfill({ json: null }));
    await answerWith(page, [started(), citation(1), token(text), done], [started(3), token("Half")]);
    await ask(page, "Why?");
    await answered(page);
    await page.getByRole("button", { name: "Not helpful" }).click();
    await ask(page, "And then?");
    await page.getByText("This answer broke off.").waitFor();
    await page.locator("details.source").evaluate((source) => source.setAttribute("open", ""));
    await expectNothingGrave(page);
  });
}

for (const path of ["/account/sign-up", "/account/sign-in", "/fr/account/forgot"]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing serious on the form ${path}, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(path);
      await expectNothingGrave(page);
    });
  }
}
