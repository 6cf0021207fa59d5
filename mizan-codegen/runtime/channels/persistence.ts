import { newest, type ChannelLog, type PersistedLog } from "./log";

/** So many messages of a subscription outlive the page, in at most so many characters. */
const mostMessages = 200;
const mostCharacters = 256 * 1024;
/** So many subscriptions outlive it; the ones that were written first go first. */
const mostEntries = 20;
const prefix = "mizan.channel:";
/** How long changes are gathered before they are written, in milliseconds. */
const writeAfter = 1_000;

/** Whose subscription it was: somebody else, or another release of the client, must not see it. */
export interface Owner {
  readonly user: string | undefined;
  readonly contract: string;
}

type Entry = PersistedLog & Owner & { readonly writtenAt: number };

/** Takes what an earlier page of this tab kept of the subscription, if it is the owner's. */
export function readPersistedLog(
  key: string,
  owner: Owner,
): PersistedLog | undefined {
  const entry = read(prefix + key);
  const isOwners =
    entry?.user === owner.user && entry?.contract === owner.contract;
  return isOwners ? entry : undefined;
}

/** Keeps a subscription for the next page of this tab, as far as there is room. */
export function writePersistedLog(
  key: string,
  kept: PersistedLog,
  owner: Owner,
): void {
  let count = mostMessages;
  let text: string;
  // What was cut off can be had from the server again: the position is what counts.
  do {
    const messages = newest(kept.messages, count);
    const entry: Entry = { ...kept, messages, ...owner, writtenAt: Date.now() };
    text = JSON.stringify(entry);
    count = Math.floor(messages.length / 2);
  } while (text.length > mostCharacters && count > 0);
  try {
    if (text.length > mostCharacters) sessionStorage.removeItem(prefix + key);
    else sessionStorage.setItem(prefix + key, text);
    removeOldest();
  } catch {
    // Full, or forbidden: an old position with old messages would do no harm, and none does neither.
    removePersistedLog(key);
  }
}

/**
 * Keeps a subscription as it changes, and when the page goes away, until the returned function runs.
 * `owner` says whose it is, once that is known.
 */
export function persistChanges(
  key: string,
  log: ChannelLog,
  owner: () => Owner | undefined,
): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const whose = owner();
    const kept = log.toPersisted();
    if (whose && kept) writePersistedLog(key, kept, whose);
  };
  const stop = log.onChange(() => {
    timer ??= setTimeout(write, writeAfter);
  });
  const leaving = new AbortController();
  if (typeof window !== "undefined")
    window.addEventListener("pagehide", write, { signal: leaving.signal });
  return () => {
    stop();
    leaving.abort();
    write();
  };
}

/** Forgets what was kept of a subscription. */
export function removePersistedLog(key: string): void {
  try {
    sessionStorage.removeItem(prefix + key);
  } catch {
    // Where storage is forbidden, there is nothing to forget.
  }
}

function removeOldest(): void {
  const keys = Object.keys(sessionStorage).filter((key) =>
    key.startsWith(prefix),
  );
  if (keys.length <= mostEntries) return;
  const age = (key: string): number => read(key)?.writtenAt ?? 0;
  keys.sort((one, other) => age(other) - age(one));
  for (const key of keys.slice(mostEntries)) sessionStorage.removeItem(key);
}

function read(key: string): Entry | undefined {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "null") ?? undefined;
  } catch {
    return undefined;
  }
}
