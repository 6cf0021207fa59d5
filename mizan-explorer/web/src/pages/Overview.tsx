import { useState, type ReactNode } from "react";
import { entryPath, matches, sections, type Section } from "../catalogue";
import { Page } from "../components/Page";
import { Policy } from "../components/Policy";
import { InlineText } from "../components/Text";
import { useCatalogue } from "../mizan";
import { Link } from "../mizan/navigation";

export { Layout as layout } from "../components/Layout";

/** The list of everything that clients can call. */
export default function Overview(): ReactNode {
  return (
    <Page title="Catalogue">
      <Lists />
    </Page>
  );
}

function Lists(): ReactNode {
  const catalogue = useCatalogue();
  const [search, setSearch] = useState("");
  const found = sections(catalogue)
    .map(({ title, entries }) => ({
      title,
      entries: entries.filter((entry) => matches(entry, search)),
    }))
    .filter(({ entries }) => entries.length > 0);
  return (
    <>
      <p className="lead">
        Everything that clients of this application can call. Open an item to
        read its schema and to try it.
      </p>
      <div className="field">
        <label htmlFor="search">Filter by name, documentation or policy</label>
        <input
          id="search"
          type="search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      {found.map((section) => (
        <List key={section.title} section={section} />
      ))}
      {found.length === 0 && (
        <p className="notice">
          {search
            ? "No item matches the filter."
            : "The application registers no functions."}
        </p>
      )}
    </>
  );
}

function List({ section }: { readonly section: Section }): ReactNode {
  const id = section.title.toLowerCase();
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {section.title} <span className="count">{section.entries.length}</span>
      </h2>
      <ul className="rows">
        {section.entries.map((entry) => (
          <li key={entry.name}>
            <div className="row-head">
              <Link className="name" href={entryPath(entry)}>
                {entry.name}
              </Link>
              <span className="badges">
                {isFunction(entry.kind) && (
                  <span className="badge kind">{entry.kind}</span>
                )}
                <Policy policy={entry.policy} />
              </span>
            </div>
            {entry.summary && (
              <p>
                <InlineText>{entry.summary}</InlineText>
              </p>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Returns whether the kind of an entry says more than the title of its section. */
function isFunction(kind: string): boolean {
  return kind !== "form" && kind !== "channel";
}
