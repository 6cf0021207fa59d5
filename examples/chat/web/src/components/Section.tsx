import { useId, type ReactNode } from "react";

interface SectionProps {
  readonly title: string;
  readonly lead: string;
  readonly children: ReactNode;
}

/** A group of panels. */
export function Section({ title, lead, children }: SectionProps): ReactNode {
  const heading = useId();
  return (
    <section className="section" aria-labelledby={heading}>
      <div className="section-head">
        <h2 id={heading}>{title}</h2>
        <p>{lead}</p>
      </div>
      <div className="panels">{children}</div>
    </section>
  );
}
