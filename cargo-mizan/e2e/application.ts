import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

/** The interval at which a condition is checked. */
const POLL_MS = 50;

/** Returns a variable that `cargo xtask template` sets. */
export function setting(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`set ${name}, or run \`cargo xtask template\``);
  return value;
}

/** The sources of an application. */
export class Sources {
  constructor(private readonly folder: string) {}

  /** Returns the path of a file. */
  path(file: string): string {
    return `${this.folder}/${file}`;
  }

  /** Returns the text of a file. */
  read(file: string): Promise<string> {
    return readFile(this.path(file), "utf8");
  }

  /** Replaces text of a file, and returns its old text. */
  async edit(file: string, from: string, to: string): Promise<string> {
    const old = await this.read(file);
    if (!old.includes(from)) throw new Error(`${file} has no text ${from}`);
    await this.write(file, old.replace(from, to));
    return old;
  }

  /** Writes a file. */
  write(file: string, text: string): Promise<void> {
    return writeFile(this.path(file), text);
  }

  /** Returns the number of the first line that contains `text`. */
  async line(file: string, text: string): Promise<number> {
    const lines = (await this.read(file)).split("\n");
    const index = lines.findIndex((line) => line.includes(text));
    if (index < 0) throw new Error(`${file} has no line with ${text}`);
    return index + 1;
  }
}

/** A running `cargo mizan dev`. */
export class Development {
  /** Everything that it has printed. */
  printed = "";

  private constructor(private readonly process: ChildProcess) {
    process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.printed += text;
    });
  }

  /** Starts it on free ports. */
  static start(
    folder: string,
    environment: Record<string, string>,
  ): Development {
    const options = ["mizan", "dev", "--port", "0", "--vite-port", "0"];
    return new Development(
      spawn(setting("CARGO_MIZAN"), options, {
        cwd: folder,
        env: { ...process.env, ...environment },
        stdio: ["ignore", "ignore", "pipe"],
      }),
    );
  }

  /** Waits until it has printed a text, and returns the match. */
  async until(text: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = text.exec(this.printed);
      if (found) return found;
      if (this.process.exitCode !== null)
        throw new Error(`it ended before ${text}:\n${this.printed}`);
      await setTimeout(POLL_MS);
    }
  }

  /** Sends Ctrl-C, and returns the exit code. */
  async stop(): Promise<unknown> {
    const exit = once(this.process, "exit");
    this.process.kill("SIGINT");
    return (await exit)[0];
  }
}
