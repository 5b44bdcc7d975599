// One server for every test that only reads. Tests that hurt a server start their own.

import { Server, archive } from "./server.ts";

export default async function start(): Promise<() => Promise<void>> {
  const market = archive() === undefined ? "simulated" : "archive";
  const server = await Server.start(market);
  process.env.E2E_URL = server.url;
  process.env.E2E_MARKET = market;
  console.log(`The server under test shows the ${market} market at ${server.url}`);
  return () => server.remove();
}
