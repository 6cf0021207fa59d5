import type { ReactNode } from "react";
import { MizanProvider, useAccount, useSignOut } from "../mizan";
import { Link } from "../mizan/navigation";
import "../styles/index.css";
import { Boundary } from "./Boundary";

interface LayoutProps {
  /** The path of the current page. */
  readonly path: string;
  readonly children?: ReactNode;
}

/** The layout of all pages. It stays in place while the user navigates. */
export function Layout({ path, children }: LayoutProps): ReactNode {
  return (
    <MizanProvider>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <header className="header">
        <Link className="brand" href="/">
          <img src="/favicon.svg" alt="" width="28" height="28" />
          Mizan Template
        </Link>
        <nav aria-label="Account">
          <Boundary>
            <Session path={path} />
          </Boundary>
        </nav>
      </header>
      {children}
      <footer className="footer">
        <p>Rust on the server, React in the browser, one set of types.</p>
      </footer>
    </MizanProvider>
  );
}

function Session({ path }: { readonly path: string }): ReactNode {
  const account = useAccount();
  const signOut = useSignOut();
  const current = (href: string) => (path === href ? "page" : undefined);
  if (account)
    return (
      <>
        <Link href="/account/" aria-current={current("/account/")}>
          Account
        </Link>
        <button
          type="button"
          disabled={signOut.isPending}
          onClick={() => signOut.mutate()}
        >
          Sign out
        </button>
      </>
    );
  return (
    <>
      <Link href="/sign-in/" aria-current={current("/sign-in/")}>
        Sign in
      </Link>
      <Link className="button primary" href="/sign-up/">
        Sign up
      </Link>
    </>
  );
}
