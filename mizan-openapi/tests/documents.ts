import { readFileSync, readdirSync } from "node:fs";

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** Reads the expected documents of a format, as pairs of file name and document. */
export function documents(format: "asyncapi" | "openapi"): [string, Json][] {
  const folder = new URL("./expected/", import.meta.url);
  return readdirSync(folder)
    .filter((name) => name.endsWith(`.${format}.json`))
    .map((name) => [name, readJson(new URL(name, folder))]);
}

export function readJson(file: URL): Json {
  return JSON.parse(readFileSync(file, "utf8")) as Json;
}
