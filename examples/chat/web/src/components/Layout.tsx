import type { ReactNode } from "react";
import { MizanProvider } from "../mizan";
import "../styles/base.css";
import "../styles/controls.css";
import "../styles/form.css";
import "../styles/page.css";
import "../styles/panel.css";
import "../styles/room.css";
import { Footer } from "./Footer";
import { Header } from "./Header";

interface LayoutProps {
  /** The path of the current page, marked in the navigation. */
  readonly path: string;
  readonly title: string;
  /** The title of the browser tab, if it differs from the heading. */
  readonly tab?: string;
  /** Makes the page as high as the window, so that its parts scroll instead. */
  readonly fill?: boolean;
  readonly children: ReactNode;
}

/** The layout of all pages except the front page. */
export function Layout(props: LayoutProps): ReactNode {
  const { path, title, tab = title, fill = false, children } = props;
  return (
    <MizanProvider>
      <title>{`${tab} · mizan`}</title>
      <div className="site" data-fill={fill}>
        <Header path={path} />
        <main id="main" className="page narrow" tabIndex={-1}>
          <h1>{title}</h1>
          {children}
        </main>
        {!fill && <Footer />}
      </div>
    </MizanProvider>
  );
}
