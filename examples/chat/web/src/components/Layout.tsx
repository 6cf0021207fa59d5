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
  /** The path of the current page, marked in the navigation. Missing if a page without this layout failed. */
  readonly path?: string;
  /** The room of the page, which is as high as the window, so that its parts scroll instead. */
  readonly room?: string;
  readonly children?: ReactNode;
}

/** The layout of all pages. It persists while the user navigates, and receives the props of the page. */
export function Layout({ path = "/", room, children }: LayoutProps): ReactNode {
  const fill = room !== undefined;
  return (
    <MizanProvider>
      <div className="site" data-fill={fill}>
        <Header path={path} />
        {children}
        {!fill && <Footer />}
      </div>
    </MizanProvider>
  );
}
