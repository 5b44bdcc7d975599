import { AxeBuilder } from "@axe-core/playwright";

import { PAGES } from "../lib/product.ts";
import { expect, open, test } from "../lib/test.ts";

for (const path of [...PAGES, "/fr", "/fr/coins/BTC", "/fr/how-good?coin=ETH&horizon=48h"]) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing serious on ${path}, ${colorScheme}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme });
      await open(page, path);
      const { violations } = await new AxeBuilder({ page }).analyze();
      const grave = violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`));
      expect(grave, grave.join("\n\n")).toEqual([]);
    });
  }
}
