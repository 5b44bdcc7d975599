// The real binary, started for tests: on a free port, with a data folder of its own, and cut off from exchanges.

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { freePort } from "./peers.ts";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? "target");
const BINARY = process.env.E2E_BINARY ?? join(TARGET, "release/investbuddy");

/** How long a server may take until it has read its market and shows forecasts. */
const READY_WITHIN_MS = 180_000;

export type Market = "archive" | "simulated";

/** The folder of real candles, where this machine has one. */
export function archive(): string | undefined {
  const candidates = [process.env.E2E_ARCHIVE, "data/market", "../shared/data/market"];
  return candidates.filter((path) => path !== undefined).map((path) => resolve(ROOT, path)).find(existsSync);
}

export class Server {
  readonly url: string;
  readonly #environment: NodeJS.ProcessEnv;
  readonly #data: string;
  #process: ChildProcess | undefined;
  #log: string[] = [];

  private constructor(port: number, market: Market, settings: NodeJS.ProcessEnv) {
    this.url = `http://127.0.0.1:${port}`;
    this.#data = mkdtempSync(join(tmpdir(), "investbuddy-e2e-"));
    const folder = market === "archive" ? archive() : undefined;
    this.#environment = {
      PATH: process.env.PATH,
      HOME: this.#data,
      INVESTBUDDY_ADDR: `127.0.0.1:${port}`,
      INVESTBUDDY_DATA_DIR: join(this.#data, "run"),
      INVESTBUDDY_LIVE: "false",
      // Without an archive the server looks for one in its usual places; a folder without files stops that.
      INVESTBUDDY_ARCHIVE: folder ?? join(this.#data, "no-archive"),
      ...settings,
    };
  }

  /** Starts a server of its own, with settings of the test's own, and waits until it shows forecasts. */
  static async start(market: Market, settings: NodeJS.ProcessEnv = {}): Promise<Server> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is missing; run \`make build\` first`);
    const server = new Server(await freePort(), market, settings);
    await server.up();
    return server;
  }

  /** The folder of what the server writes. */
  get data(): string {
    return join(this.#data, "run");
  }

  /** The environment in which it runs, for the verbs of the same install. */
  get environment(): NodeJS.ProcessEnv {
    return this.#environment;
  }

  /** Everything that the server has said so far. */
  get log(): string {
    return this.#log.join("");
  }

  /** Starts the process, again where it was down. */
  async up(): Promise<void> {
    const child = spawn(BINARY, ["serve"], { cwd: ROOT, env: this.#environment, stdio: ["ignore", "pipe", "pipe"] });
    this.#process = child;
    const remember = (chunk: Buffer) => this.#log.push(chunk.toString());
    child.stdout.on("data", remember);
    child.stderr.on("data", remember);
    const until = Date.now() + READY_WITHIN_MS;
    while (!(await isReady(this.url))) {
      if (child.exitCode !== null) throw new Error(`the server ended by itself:\n${this.#tail()}`);
      if (Date.now() > until) {
        await this.kill();
        throw new Error(`the server was not ready in time:\n${this.#tail()}`);
      }
      await new Promise((wake) => setTimeout(wake, 100));
    }
  }

  /** Ends the process at once, as a crash would; its data stays. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((wake) => child.once("exit", wake));
    child.kill("SIGKILL");
    await ended;
  }

  /** Ends the process and removes its data. */
  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#data, { recursive: true, force: true });
  }

  #tail(): string {
    return this.#log.join("").split("\n").slice(-30).join("\n");
  }
}

async function isReady(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/readyz`)).ok;
  } catch {
    return false;
  }
}
