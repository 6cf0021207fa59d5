import { useId, type ReactNode } from "react";
import { Boundary } from "./Boundary";
import { Code } from "./Code";

interface PanelProps {
  /** The function's name on the wire. */
  readonly name: string;
  readonly kind:
    "form" | "global context" | "local context" | "mutation" | "query";
  readonly about: string;
  readonly rust: string;
  readonly typescript: string;
  /** Takes the whole width, with the code of the two sides side by side. */
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/** One function: what it is, what it does here, and its code on both sides. */
export function Panel(props: PanelProps): ReactNode {
  const { name, kind, about, rust, typescript, wide = false, children } = props;
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
        <Boundary>{children}</Boundary>
      </div>
      <div className="panel-code">
        <Code language="Rust" of={name} text={rust} />
        <Code language="TypeScript" of={name} text={typescript} />
      </div>
    </article>
  );
}
