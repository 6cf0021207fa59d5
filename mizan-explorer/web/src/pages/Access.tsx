import { useState, type ReactNode } from "react";
import { Page } from "../components/Page";
import { Problem } from "../components/Problem";
import { InlineText } from "../components/Text";
import { useAccess, type AccessSection } from "../mizan";

export { Layout as layout } from "../components/Layout";

/** The table of callers. */
export default function Access(): ReactNode {
  return (
    <Page title="Access">
      <p className="lead">
        Who may call what, as the policies declare it. A cell other than yes and
        no names what a caller of this kind needs; <code>code</code> is a check
        that decides by itself. <code>cargo mizan access</code> writes the same
        table as a file to review.
      </p>
      <Tables />
    </Page>
  );
}

function Tables(): ReactNode {
  const access = useAccess();
  const [search, setSearch] = useState("");
  if (access.error) return <Problem error={access.error} />;
  if (!access.data) return <p className="waiting">Loading…</p>;
  return (
    <>
      <div className="field">
        <label htmlFor="search">Filter by name or policy</label>
        <input
          id="search"
          type="search"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
      </div>
      {access.data.map((section) => (
        <Table
          key={section.title}
          section={section}
          search={search.toLowerCase()}
        />
      ))}
    </>
  );
}

interface TableProps {
  readonly section: AccessSection;
  readonly search: string;
}

function Table({ section, search }: TableProps): ReactNode {
  const lines = section.lines.filter((line) =>
    `${line.name} ${line.policy}`.toLowerCase().includes(search),
  );
  const id = `access-${section.title.toLowerCase()}`;
  if (lines.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>
        {section.title} <span className="count">{lines.length}</span>
      </h2>
      <div
        className="scroll"
        role="region"
        aria-label={`Table of ${section.title}`}
        tabIndex={0}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Anonymous</th>
              <th scope="col">Signed in</th>
              <th scope="col">Staff</th>
              <th scope="col">Superuser</th>
              <th scope="col">Policy</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <tr key={line.name}>
                <th scope="row">{line.name}</th>
                <Cell access={line.anonymous} />
                <Cell access={line.signed_in} />
                <Cell access={line.staff} />
                <Cell access={line.superuser} />
                <td data-access={line.is_unspecified ? "needs" : undefined}>
                  <InlineText>{line.policy}</InlineText>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Cell({ access }: { readonly access: string }): ReactNode {
  const state = access === "yes" || access === "no" ? access : "needs";
  return <td data-access={state}>{access}</td>;
}
