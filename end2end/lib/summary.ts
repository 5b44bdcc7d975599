// The last line of a run, for people and scripts: `12 passed, 0 failed`.

import type { Reporter, TestCase, TestResult } from "@playwright/test/reporter";

export default class Summary implements Reporter {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  onTestEnd(_test: TestCase, result: TestResult): void {
    if (result.status === "passed") this.#passed += 1;
    else if (result.status === "skipped") this.#skipped += 1;
    else this.#failed += 1;
  }

  onEnd(): void {
    const skipped = this.#skipped > 0 ? `, ${this.#skipped} skipped` : "";
    console.log(`browser tests: ${this.#passed} passed, ${this.#failed} failed${skipped}`);
  }
}
