import type { ReactNode } from "react";

/** Documentation: paragraphs with code. Other Markdown is shown as it is written. */
export function Text({ children }: { readonly children: string }): ReactNode {
  if (!children) return null;
  return (
    <div className="text">
      {children.split(/\n{2,}/).map((paragraph, index) => (
        <p key={index}>
          <InlineText>{paragraph}</InlineText>
        </p>
      ))}
    </div>
  );
}

/** A text in which backticks enclose code. */
export function InlineText({
  children,
}: {
  readonly children: string;
}): ReactNode {
  return children
    .split("`")
    .map((part, index) =>
      index % 2 === 1 ? <code key={index}>{part}</code> : part,
    );
}
