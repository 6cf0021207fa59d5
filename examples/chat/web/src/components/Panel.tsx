import { useId, type ReactNode } from "react";
import { Boundary } from "./Boundary";
import { Code } from "./Code";
import { Failure } from "./Failure";

interface PanelProps {
  /** The name of the function. */
  readonly name: string;
  readonly kind:
    "form" | "global context" | "local context" | "mutation" | "query";
  readonly about: string;
  readonly rust: string;
  readonly typescript: string;
  /** Uses the whole width, with Rust and TypeScript side by side. */
  readonly wide?: boolean;
  /** Shows the code initially. */
  readonly open?: boolean;
  readonly children: ReactNode;
}

/** A panel for a function: its description, a demo, and its code in Rust and TypeScript. */
export function Panel(props: PanelProps): ReactNode {
  const { name, kind, about, rust, typescript, open = false } = props;
  const { wide = false, children } = props;
  const heading = useId();
  return (
    <article
      className="panel"
      id={name}
      data-wide={wide}
      aria-labelledby={heading}
    >
      <div className="panel-head">
        <h3 id={heading}>{name}</h3>
        <span className="kind">{kind}</span>
        <p>{about}</p>
        <code className="request">
          {kind === "mutation" || kind === "form" ? "POST" : "GET"}{" "}
          /api/mizan/call/{kind === "form" ? `${name}.submit` : name}
        </code>
      </div>
      <div className="panel-live">
        <Boundary fallback={Failure}>{children}</Boundary>
      </div>
      <details className="panel-code" open={open}>
        <summary>
          Code <span className="visually-hidden">of {name}</span>
          <span className="languages">Rust and TypeScript</span>
        </summary>
        <div className="codes">
          <Code language="Rust" of={name} text={rust} />
          <Code language="TypeScript" of={name} text={typescript} />
        </div>
      </details>
    </article>
  );
}
