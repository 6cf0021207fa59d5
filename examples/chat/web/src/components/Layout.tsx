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
  readonly title: string;
  readonly children: ReactNode;
}

/** What the pages with one thing on them share. */
export function Layout({ title, children }: LayoutProps): ReactNode {
  return (
    <MizanProvider>
      <title>{`${title} · mizan`}</title>
      <Header />
      <main className="page narrow">
        <h1>{title}</h1>
        {children}
      </main>
      <Footer />
    </MizanProvider>
  );
}
