import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { functionPath } from "../catalogue";
import { Page } from "../components/Page";
import { Policy } from "../components/Policy";
import { SchemaSection } from "../components/SchemaSection";
import { InlineText, Text } from "../components/Text";
import { TryFunction } from "../components/TryFunction";
import { useApi, type FunctionDetails } from "../mizan";
import { Link } from "../mizan/navigation";

export { Layout as layout } from "../components/Layout";

interface FunctionProps {
  /** The name of the function on the wire. */
  readonly name: string;
}

/** A function: its documentation, its schema, and a form that calls it. */
export default function Function({ name }: FunctionProps): ReactNode {
  const api = useApi();
  const { data } = useSuspenseQuery(
    api.describeFunction.queryOptions({ name }),
  );
  return (
    <Page
      title={name}
      item={name}
      eyebrow={
        <p className="eyebrow">
          {data.form ? `form, ${data.kind}` : data.kind}
        </p>
      }
    >
      {data.form && <FormFunctions details={data} />}
      <Text>{data.docs}</Text>
      <Facts details={data} />
      <TryFunction key={name} details={data} />
      <Errors details={data} />
      {data.form && <FormFields details={data} />}
      <SchemaSection
        definitions={data.definitions}
        schemas={[
          { title: "Input", schema: data.input },
          {
            title: data.returns === "stream" ? "Part of the stream" : "Output",
            schema: data.output,
          },
        ]}
      />
    </Page>
  );
}

interface DetailsProps {
  readonly details: FunctionDetails;
}

function FormFunctions({ details }: DetailsProps): ReactNode {
  return (
    <nav className="tabs" aria-label="Functions of the form">
      {details.form?.functions.map((name) => (
        <Link
          key={name}
          href={functionPath(name)}
          aria-current={name === details.name ? "page" : undefined}
        >
          {name.slice(name.lastIndexOf(".") + 1)}
        </Link>
      ))}
    </nav>
  );
}

function Facts({ details }: DetailsProps): ReactNode {
  return (
    <dl className="facts">
      <div>
        <dt>Policy</dt>
        <dd>
          <Policy policy={details.policy} />
        </dd>
      </div>
      {details.limits.length > 0 && (
        <div>
          <dt>Rate limits</dt>
          <dd>{details.limits.join(", ")}</dd>
        </div>
      )}
      {details.affects.length > 0 && (
        <div>
          <dt>Invalidates</dt>
          <dd>
            <code>{details.affects.join(", ")}</code>
          </dd>
        </div>
      )}
      {details.source !== null && (
        <div>
          <dt>Source</dt>
          <dd>
            <code>{details.source}</code>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Errors({ details }: DetailsProps): ReactNode {
  if (details.errors.length === 0) return null;
  return (
    <section aria-labelledby="errors">
      <h2 id="errors">Declared errors</h2>
      <ul className="rows">
        {details.errors.map(({ code, status, docs }) => (
          <li key={code}>
            <div className="row-head">
              <code className="name">{code}</code>
              <span className="badge">{status}</span>
            </div>
            <p>
              <InlineText>{docs}</InlineText>
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function FormFields({ details }: DetailsProps): ReactNode {
  return (
    <section aria-labelledby="fields">
      <h2 id="fields">Fields of the form</h2>
      <div
        className="scroll"
        role="region"
        aria-label="Table of fields"
        tabIndex={0}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Label</th>
              <th scope="col">Control</th>
              <th scope="col">Required</th>
            </tr>
          </thead>
          <tbody>
            {details.form?.fields.map((field) => (
              <tr key={field.name}>
                <th scope="row">{field.name}</th>
                <td>{field.label}</td>
                <td>{field.widget}</td>
                <td>{field.required ? "yes" : "no"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
