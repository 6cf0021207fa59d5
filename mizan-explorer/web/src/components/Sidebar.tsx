import { useEffect, useRef, useState, type ReactNode } from "react";
import { useCatalogue, type CatalogueEntry } from "../mizan";
import { Link } from "../mizan/navigation";
import { entryPath, matches, sections } from "../catalogue";

/** The names of everything that clients can call, beside a page on wide screens. */
export function Sidebar({ current }: { readonly current: string }): ReactNode {
  const catalogue = useCatalogue();
  const [search, setSearch] = useState("");
  const list = useRef<HTMLElement>(null);
  useEffect(() => {
    const link = list.current?.querySelector("[aria-current]");
    link?.scrollIntoView({ block: "nearest" });
  }, [current]);
  return (
    <nav className="sidebar" aria-label="Catalogue" ref={list}>
      <label className="visually-hidden" htmlFor="sidebar-search">
        Filter the catalogue
      </label>
      <input
        id="sidebar-search"
        type="search"
        placeholder="Filter"
        value={search}
        onChange={(event) => setSearch(event.target.value)}
      />
      {sections(catalogue).map(({ title, entries }) => (
        <Entries
          key={title}
          title={title}
          entries={entries.filter((entry) => matches(entry, search))}
          current={current}
        />
      ))}
    </nav>
  );
}

interface EntriesProps {
  readonly title: string;
  readonly entries: readonly CatalogueEntry[];
  readonly current: string;
}

function Entries({ title, entries, current }: EntriesProps): ReactNode {
  if (entries.length === 0) return null;
  return (
    <>
      <p className="sidebar-title">{title}</p>
      <ul>
        {entries.map((entry) => (
          <li key={entry.name}>
            <Link
              href={entryPath(entry)}
              aria-current={
                current === (entry.function ?? entry.name) ? "page" : undefined
              }
            >
              {entry.name}
            </Link>
          </li>
        ))}
      </ul>
    </>
  );
}
