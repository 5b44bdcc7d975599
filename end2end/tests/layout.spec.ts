import { PAGES } from "../lib/product.ts";
import { expect, test } from "../lib/test.ts";

for (const path of [...PAGES, "/fr", "/fr/coins/DOGE", "/fr/buddy", "/fr/how-good?coin=DOGE", "/fr/models"]) {
  test(`${path} fits its window without scrolling sideways`, async ({ page }) => {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    // Without JavaScript a page cannot be asked; a picture of all of it can.
    const shot = await page.screenshot({ fullPage: true, scale: "css" });
    const width = shot.readUInt32BE(16);
    expect(width).toBe(page.viewportSize()?.width);
  });
}
