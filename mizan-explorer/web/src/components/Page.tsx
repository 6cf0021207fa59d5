import type { ReactNode } from "react";
import { Sidebar } from "./Sidebar";

interface PageProps {
  readonly title: string;
  /** The text before the heading, such as the kind of a function. */
  readonly eyebrow?: ReactNode;
  /** The name of the item that the page shows, for a page beside the list of all items. */
  readonly item?: string;
  readonly children: ReactNode;
}

/** The content of a page: its title, its heading and what follows. */
export function Page({ title, eyebrow, item, children }: PageProps): ReactNode {
  return (
    <>
      <title>{`${title} · mizan explorer`}</title>
      <div className="columns" data-sidebar={item !== undefined}>
        {item !== undefined && <Sidebar current={item} />}
        <main id="main" className="page" tabIndex={-1}>
          <div className="heading">
            {eyebrow}
            <h1>{title}</h1>
          </div>
          {children}
        </main>
      </div>
    </>
  );
}
