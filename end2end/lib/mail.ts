// The letters of a server: those that it leaves in its data folder, or those that an SMTP server took.

import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import PostalMime from "postal-mime";

import type { SmtpServer } from "./peers.ts";
import type { Server } from "./server.ts";

/** How long a letter may take. */
const WITHIN_MS = 45_000;

/** What a reader finds in a letter. */
export interface Letter {
  to: string[];
  subject: string;
  text: string;
  html: string;
  /** By their names in lower case. */
  headers: Record<string, string>;
  pictures: number;
}

/** Where letters arrive. */
export interface Mailbox {
  letters(): Promise<Letter[]>;
}

/** The folder of a server without SMTP. */
export function folderOf(server: Server): Mailbox {
  const folder = join(server.data, "letters");
  const read = async (file: string): Promise<Letter> => {
    const { to, subject, text, html, headers, attachments } = await PostalMime.parse(readFileSync(file));
    const pictures = attachments.filter(({ mimeType }) => mimeType === "image/png");
    const withPictures = pictures.reduce(
      (shown, { contentId, content }) =>
        shown.replaceAll(`cid:${contentId?.replace(/[<>]/g, "")}`, `data:image/png;base64,${base64(content)}`),
      html ?? "",
    );
    return {
      to: (to ?? []).map(({ address }) => address ?? ""),
      subject: subject ?? "",
      text: text ?? "",
      html: withPictures,
      headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
      pictures: pictures.length,
    };
  };
  return {
    async letters() {
      if (!existsSync(folder)) return [];
      const files = readdirSync(folder).filter((name) => name.endsWith(".eml")).map((name) => join(folder, name));
      files.sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
      return Promise.all(files.map(read));
    },
  };
}

function base64(content: ArrayBuffer | Uint8Array | string): string {
  return typeof content === "string" ? content : Buffer.from(content as Uint8Array).toString("base64");
}

/** What an SMTP server took. */
export function takenBy(smtp: SmtpServer): Mailbox {
  return {
    async letters() {
      return smtp.letters().map(({ to, headers, texts, pictures }) => ({
        to,
        subject: headers["subject"] ?? "",
        text: texts["text/plain"] ?? "",
        html: texts["text/html"] ?? "",
        headers,
        pictures: pictures.length,
      }));
    },
  };
}

/** The newest letter to an address whose subject matches; waits for it. */
export async function letterTo(mailbox: Mailbox, address: string, subject: RegExp): Promise<Letter> {
  const until = Date.now() + WITHIN_MS;
  for (;;) {
    const found = (await mailbox.letters()).filter((letter) => letter.to.includes(address));
    const last = found.filter((letter) => subject.test(letter.subject)).at(-1);
    if (last !== undefined) return last;
    if (Date.now() > until) {
      const subjects = found.map((letter) => letter.subject).join(", ");
      throw new Error(`no letter about ${subject} to ${address}; there are: ${subjects}`);
    }
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** The first link of a letter's text whose address matches, as a path of the server under test. */
export function link(letter: Letter, pattern: RegExp): string {
  const links = letter.text.match(/https?:\/\/[^\s<>]+/g) ?? [];
  const found = links.find((one) => pattern.test(one));
  if (found === undefined) throw new Error(`no link like ${pattern} in:\n${letter.text}`);
  const { pathname, search } = new URL(found);
  return pathname + search;
}
