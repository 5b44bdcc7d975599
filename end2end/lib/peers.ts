// Real servers beside ours: an SMTP server that takes letters, and a MariaDB. Each ends with this process.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const SCRIPTS = resolve(dirname(fileURLToPath(import.meta.url)), "../../scripts");

/** A program whose first line tells that it is ready, and that ends when its input does. */
class Peer {
  readonly folder: string;
  readonly #process: ChildProcess;

  protected constructor(folder: string, command: string[]) {
    this.folder = folder;
    const [program, ...given] = command;
    this.#process = spawn(program as string, given, { stdio: ["pipe", "pipe", "ignore"] });
  }

  protected async firstLine(): Promise<string> {
    const output = this.#process.stdout;
    if (output === null) throw new Error("a peer without output");
    for await (const line of createInterface(output)) return line;
    throw new Error("a peer ended without a word; run scripts/setup test");
  }

  async end(): Promise<void> {
    const ended = once(this.#process, "exit");
    this.#process.stdin?.end();
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** aiosmtpd on the loopback, in the clear. */
export class SmtpServer extends Peer {
  port = 0;

  static async start(): Promise<SmtpServer> {
    const folder = mkdtempSync(join(tmpdir(), "investbuddy-smtp-"));
    const server = new SmtpServer(folder, ["python3", join(SCRIPTS, "mail-peers"), "smtp", folder, "none"]);
    server.port = Number(await server.firstLine());
    return server;
  }

  /** Every letter so far, in the order of their arrival, as Python's parser reads it. */
  letters(): TakenLetter[] {
    const files = readdirSync(this.folder).filter((name) => name.endsWith(".json")).sort();
    return files.map((name) => JSON.parse(readFileSync(join(this.folder, name), "utf8")) as TakenLetter);
  }
}

/** A letter as the SMTP server took it. */
export interface TakenLetter {
  to: string[];
  headers: Record<string, string>;
  texts: Record<string, string>;
  pictures: { id: string; type: string; bytes: number }[];
  defects: string[];
}

/** A private MariaDB with one empty database. */
export class MariaDb extends Peer {
  port = 0;

  static async start(): Promise<MariaDb> {
    const folder = mkdtempSync(join(tmpdir(), "investbuddy-mariadb-"));
    const port = await freePort();
    const server = new MariaDb(folder, ["sh", join(SCRIPTS, "mariadb-peer"), folder, String(port)]);
    const said = await server.firstLine();
    if (said !== "started") throw new Error(`MariaDB: ${said}; run scripts/setup test`);
    server.port = port;
    await server.#create();
    return server;
  }

  get url(): string {
    return `mysql://root@127.0.0.1:${this.port}/investbuddy`;
  }

  /** The database, as soon as the server takes connections. */
  async #create(): Promise<void> {
    const client = ["mariadb", "--no-defaults", "--user=root", `--socket=${join(this.folder, "socket")}`];
    for (let tries = 0; tries < 300; tries++) {
      if (existsSync(join(this.folder, "socket"))) {
        const [program, ...given] = [...client, "--execute=create database if not exists investbuddy"];
        const [code] = await once(spawn(program as string, given, { stdio: "ignore" }), "exit");
        if (code === 0) return;
      }
      await new Promise((wake) => setTimeout(wake, 100));
    }
    throw new Error("MariaDB does not come up");
  }
}

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer();
    probe.once("error", fail);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === "object" ? done(address.port) : fail(new Error("no port"))));
    });
  });
}
