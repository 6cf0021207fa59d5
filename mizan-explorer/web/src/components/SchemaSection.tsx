import type { ReactNode } from "react";
import type { Definitions } from "../schema/schema";

interface NamedSchema {
  readonly title: string;
  /** `null` for a part that the item does not have. */
  readonly schema: unknown;
}

interface SchemaSectionProps {
  readonly schemas: readonly NamedSchema[];
  readonly definitions: Definitions;
}

/** JSON Schemas, and the named types to which they refer. */
export function SchemaSection({
  schemas,
  definitions,
}: SchemaSectionProps): ReactNode {
  const named = Object.entries(definitions);
  return (
    <section aria-labelledby="schema">
      <h2 id="schema">Schema</h2>
      {schemas
        .filter(({ schema }) => schema !== null && schema !== undefined)
        .map(({ title, schema }) => (
          <SchemaText key={title} title={title} schema={schema} />
        ))}
      {named.map(([name, schema]) => (
        <SchemaText key={name} title={name} schema={schema} />
      ))}
    </section>
  );
}

function SchemaText({ title, schema }: NamedSchema): ReactNode {
  return (
    <details className="schema">
      <summary>{title}</summary>
      <Code label={`Schema of ${title}`}>
        {JSON.stringify(schema, null, 2)}
      </Code>
    </details>
  );
}

interface CodeProps {
  readonly label: string;
  readonly children: string;
}

/** A text in a fixed-width font, which a keyboard can scroll. */
export function Code({ label, children }: CodeProps): ReactNode {
  return (
    <pre role="region" aria-label={label} tabIndex={0}>
      <code>{children}</code>
    </pre>
  );
}
