import { Fragment, type ReactNode } from "react";
import { highlight } from "../highlight";

interface CodeProps {
  readonly language: "Rust" | "TypeScript";
  /** The function that the code belongs to. */
  readonly of: string;
  readonly text: string;
}

/** A piece of source code with syntax highlighting. Wide code can be scrolled with the keyboard. */
export function Code({ language, of, text }: CodeProps): ReactNode {
  return (
    <figure className="code">
      <figcaption data-language={language}>{language}</figcaption>
      <pre tabIndex={0} aria-label={`${language} of ${of}`}>
        <code>
          {highlight(text).map(({ kind, text }, index) =>
            kind === "plain" ? (
              <Fragment key={index}>{text}</Fragment>
            ) : (
              <span key={index} className={`token-${kind}`}>
                {text}
              </span>
            ),
          )}
        </code>
      </pre>
    </figure>
  );
}
