import { parseJson, stringifyJson } from "../transport/json";
import { newest, type ChannelLog, type PersistedLog } from "./log";

/** The limits of an entry: one subscription. */
const maxMessages = 200;
const maxEntryChars = 256 * 1024;
/** The maximum number of entries. The oldest ones are removed. */
const maxEntries = 20;
const keyPrefix = "mizan.channel:";
/** The delay between a change and the write, in milliseconds. */
const writeDelayMs = 1_000;

/** The owner of an entry. Another user, or a client for another version of the channel, must not read it. */
export interface Owner {
  readonly user: string | undefined;
  readonly contract: string | undefined;
}

type Entry = PersistedLog & Owner & { readonly writtenAt: number };

/** Reads the log that an earlier page in this tab persisted, if it belongs to `owner`. */
export function readPersistedLog(
  key: string,
  owner: Owner,
  isExact = false,
): PersistedLog | undefined {
  const entry = read(keyPrefix + key, isExact);
  const isOwners =
    entry?.user === owner.user && entry?.contract === owner.contract;
  return isOwners ? entry : undefined;
}

/** Persists a log for the next page in this tab, with as many messages as the limits allow. */
export function writePersistedLog(
  key: string,
  log: PersistedLog,
  owner: Owner,
): void {
  let count = maxMessages;
  let text: string;
  // Omitted messages can be loaded from the server again.
  do {
    const messages = newest(log.messages, count);
    const entry: Entry = { ...log, messages, ...owner, writtenAt: Date.now() };
    text = stringifyJson(entry) ?? "";
    count = Math.floor(messages.length / 2);
  } while (text.length > maxEntryChars && count > 0);
  try {
    if (text.length > maxEntryChars) sessionStorage.removeItem(keyPrefix + key);
    else sessionStorage.setItem(keyPrefix + key, text);
    removeOldest();
  } catch {
    // The storage is full or disabled.
    removePersistedLog(key);
  }
}

/**
 * Persists a log when it changes and when the page is unloaded. Returns a function that stops it.
 *
 * `owner` returns `undefined` until the owner is known.
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
    const currentOwner = owner();
    const persisted = log.toPersisted();
    if (currentOwner && persisted)
      writePersistedLog(key, persisted, currentOwner);
  };
  const stop = log.onChange(() => {
    timer ??= setTimeout(write, writeDelayMs);
  });
  const listening = new AbortController();
  if (typeof window !== "undefined")
    window.addEventListener("pagehide", write, { signal: listening.signal });
  return () => {
    stop();
    listening.abort();
    write();
  };
}

/** Removes the persisted log of a subscription. */
export function removePersistedLog(key: string): void {
  try {
    sessionStorage.removeItem(keyPrefix + key);
  } catch {
    // The storage is disabled, so nothing was persisted.
  }
}

function removeOldest(): void {
  const keys = Object.keys(sessionStorage).filter((key) =>
    key.startsWith(keyPrefix),
  );
  if (keys.length <= maxEntries) return;
  const age = (key: string): number => read(key)?.writtenAt ?? 0;
  keys.sort((one, other) => age(other) - age(one));
  for (const key of keys.slice(maxEntries)) sessionStorage.removeItem(key);
}

function read(key: string, isExact = false): Entry | undefined {
  try {
    const text = sessionStorage.getItem(key) ?? "null";
    const entry: unknown = isExact ? parseJson(text) : JSON.parse(text);
    return (entry as Entry | null) ?? undefined;
  } catch {
    return undefined;
  }
}
