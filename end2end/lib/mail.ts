// The letters that a server without SMTP leaves in its data folder.

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import PostalMime, { type Email } from "postal-mime";

import type { Server } from "./server.ts";

/** How long a letter may take. */
const WITHIN_MS = 30_000;

/** Every letter so far, oldest first. */
async function letters(server: Server): Promise<Email[]> {
  const folder = join(server.data, "letters");
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder).filter((name) => name.endsWith(".eml")).map((name) => join(folder, name));
  files.sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  return Promise.all(files.map((file) => PostalMime.parse(readFileSync(file))));
}

/** The newest letter to an address whose subject matches; waits for it. */
export async function letterTo(server: Server, address: string, subject: RegExp): Promise<Email> {
  const until = Date.now() + WITHIN_MS;
  for (;;) {
    const all = await letters(server);
    const found = all.filter((letter) => letter.to?.some((to) => to.address === address));
    const last = found.filter((letter) => subject.test(letter.subject ?? "")).at(-1);
    if (last !== undefined) return last;
    if (Date.now() > until) {
      const subjects = found.map((letter) => letter.subject).join(", ");
      throw new Error(`no letter about ${subject} to ${address}; there are: ${subjects}`);
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** The first link of a letter's text whose address matches, as a path of the server under test. */
export function link(letter: Email, pattern: RegExp): string {
  const links = (letter.text ?? "").match(/https?:\/\/\S+/g) ?? [];
  const found = links.find((one) => pattern.test(one));
  if (found === undefined) throw new Error(`no link like ${pattern} in:\n${letter.text}`);
  const { pathname, search } = new URL(found);
  return pathname + search;
}
