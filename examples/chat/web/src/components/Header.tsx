import type { ReactNode } from "react";
import { Boundary } from "./Boundary";
import { UserSwitch } from "./UserSwitch";

/** The name of the page, and the session, which stay in sight. */
export function Header(): ReactNode {
  return (
    <header className="header">
      <div className="header-row">
        <a className="brand" href="/">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          mizan
        </a>
        <nav className="nav" aria-label="Pages">
          <a href="/">Functions</a>
          <a href="/rooms/">Rooms</a>
          <a href="/contact/">Contact</a>
          <a href="/profile/">Profile</a>
          <a href="/account/">Account</a>
        </nav>
        <Boundary>
          <UserSwitch />
        </Boundary>
      </div>
    </header>
  );
}
