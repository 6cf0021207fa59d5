import { readdir, readFile } from "node:fs/promises";
import { expect } from "@playwright/test";

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** The folder to which the server writes mail. */
export class Mailbox {
  private readonly seen = new Set<string>();

  constructor(private readonly folder = process.env.MIZAN_MAIL ?? "") {
    if (this.folder === "")
      throw new Error("set MIZAN_MAIL to the folder of the mail files");
  }

  /** Waits for the next unread mail to `address`. */
  async next(address: string): Promise<Mail> {
    let found: Mail | undefined;
    await expect(async () => {
      for (const name of (await readdir(this.folder)).sort()) {
        if (!name.endsWith(".json") || this.seen.has(name)) continue;
        const text = await readFile(`${this.folder}/${name}`, "utf8");
        const mail = JSON.parse(text) as Mail;
        if (mail.to !== address) continue;
        this.seen.add(name);
        found = mail;
        return;
      }
      throw new Error(`no mail to ${address}`);
    }).toPass({ timeout: 10_000 });
    return found as unknown as Mail;
  }

  /** Returns the code in the next mail to `address`. */
  async code(address: string): Promise<string> {
    const { text } = await this.next(address);
    return text.match(/\b\d{6}\b/)?.[0] ?? "none";
  }

  /** Returns the path of the link in the next mail to `address`. */
  async link(address: string): Promise<string> {
    const { text } = await this.next(address);
    const { pathname, search } = new URL(
      text.match(/^http\S+$/m)?.[0] ?? "none",
    );
    return pathname + search;
  }
}
