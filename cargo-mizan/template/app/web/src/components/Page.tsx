import type { ReactNode } from "react";

interface PageProps {
  readonly title: string;
  readonly children: ReactNode;
}

/** The content of a page with one column: its title, its heading and what follows. */
export function Page({ title, children }: PageProps): ReactNode {
  return (
    <>
      <title>{`${title} · Mizan Template`}</title>
      <main id="main" className="page narrow" tabIndex={-1}>
        <h1>{title}</h1>
        {children}
      </main>
    </>
  );
}
