import type { CatalogueEntry, CatalogueOut } from "./mizan";

/** A group of the catalogue. */
export interface Section {
  readonly title: string;
  readonly entries: readonly CatalogueEntry[];
}

/** Returns the groups of the catalogue that are not empty. */
export function sections(catalogue: CatalogueOut): readonly Section[] {
  const all: readonly Section[] = [
    { title: "Functions", entries: catalogue.functions },
    { title: "Contexts", entries: catalogue.contexts },
    { title: "Forms", entries: catalogue.forms },
    { title: "Channels", entries: catalogue.channels },
  ];
  return all.filter(({ entries }) => entries.length > 0);
}

/** Returns the path of the page of an entry. */
export function entryPath(entry: CatalogueEntry): string {
  return entry.function === null
    ? `/_mizan/channels/${encodeURIComponent(entry.name)}/`
    : functionPath(entry.function);
}

/** Returns the path of the page of a function. */
export function functionPath(name: string): string {
  return `/_mizan/functions/${encodeURIComponent(name)}/`;
}

/** Returns whether the name, the documentation or the policy of an entry contains all words of a search. */
export function matches(entry: CatalogueEntry, search: string): boolean {
  const { name, summary, policy } = entry;
  const text = `${name} ${summary} ${policy ?? ""}`.toLowerCase();
  const words = search.toLowerCase().split(/\s+/);
  return words.every((word) => text.includes(word));
}
