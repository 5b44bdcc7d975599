// The same on real engines by settings alone: MariaDB keeps everything, and an SMTP server takes the letters.

import { takenBy } from "../lib/mail.ts";
import { MariaDb, SmtpServer } from "../lib/peers.ts";
import { REPLAY, SIMULATED, theWholeStory } from "../lib/people.ts";
import { Server, archive } from "../lib/server.ts";
import { expect, test } from "../lib/test.ts";

let database: MariaDb;
let smtp: SmtpServer;
let server: Server;
test.describe.configure({ timeout: 180_000 });
test.beforeAll(async () => {
  test.setTimeout(300_000);
  [database, smtp] = await Promise.all([MariaDb.start(), SmtpServer.start()]);
  const engines = {
    INVESTBUDDY_DATABASE_URL: database.url,
    INVESTBUDDY_MAIL__HOST: "127.0.0.1",
    INVESTBUDDY_MAIL__PORT: String(smtp.port),
    INVESTBUDDY_MAIL__TLS: "none",
  };
  const real = archive() !== undefined;
  server = await Server.start(real ? "archive" : "simulated", { ...engines, ...(real ? REPLAY : SIMULATED) });
});
test.afterAll(async () => {
  const log = server?.log ?? "";
  await server?.remove();
  await Promise.all([database?.end(), smtp?.end()]);
  expect(log, "addresses are nobody's business in a log").not.toMatch(/@example\.org/);
});

test("an account, an alert and its feedback on MariaDB, with letters by SMTP", async ({ page, browser, problems }) => {
  problems.expect(/403/);
  await theWholeStory(page, browser, server, takenBy(smtp));
  expect(smtp.letters().flatMap(({ defects }) => defects)).toEqual([]);
});
