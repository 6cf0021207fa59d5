import type { ReactNode } from "react";

interface PageProps {
  readonly title: string;
  /** The title of the browser tab, if it differs from the heading. */
  readonly tab?: string;
  readonly children: ReactNode;
}

/** The content of a page: its title, its heading and what follows. */
export function Page({ title, tab = title, children }: PageProps): ReactNode {
  return (
    <>
      <title>{`${tab} · mizan`}</title>
      <main id="main" className="page narrow" tabIndex={-1}>
        <h1>{title}</h1>
        {children}
      </main>
    </>
  );
}
