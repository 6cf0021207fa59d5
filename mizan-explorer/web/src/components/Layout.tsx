import { useState, type ReactNode } from "react";
import { explorerApi } from "../api";
import { MizanProvider, useCatalogue } from "../mizan";
import { Link } from "../mizan/navigation";
import { PrincipalContext } from "../principal";
import "../styles/base.css";
import "../styles/layout.css";
import "../styles/call.css";

interface LayoutProps {
  /** The path of the current page, marked in the navigation. */
  readonly path?: string;
  readonly children?: ReactNode;
}

/** The layout of all pages. It persists while the user navigates, and so does the selected principal. */
export function Layout({
  path = "/_mizan/",
  children,
}: LayoutProps): ReactNode {
  const selection = useState<string | null>(null);
  return (
    <MizanProvider api={explorerApi}>
      <PrincipalContext value={selection}>
        <a className="skip" href="#main">
          Skip to content
        </a>
        <Header path={path} />
        {children}
      </PrincipalContext>
    </MizanProvider>
  );
}

function Header({ path }: { readonly path: string }): ReactNode {
  const { has_mailbox } = useCatalogue();
  const isAccess = path.startsWith("/_mizan/access/");
  const isMail = path.startsWith("/_mizan/mail/");
  return (
    <header className="header">
      <div className="header-row">
        <Link className="brand" href="/_mizan/">
          <img src="/_mizan/files/favicon.svg" alt="" width="24" height="24" />
          mizan explorer
        </Link>
        <nav className="nav" aria-label="Explorer">
          <PageLink href="/_mizan/" isCurrent={!isAccess && !isMail}>
            Catalogue
          </PageLink>
          <PageLink href="/_mizan/access/" isCurrent={isAccess}>
            Access
          </PageLink>
          {has_mailbox && (
            <PageLink href="/_mizan/mail/" isCurrent={isMail}>
              Mail
            </PageLink>
          )}
        </nav>
      </div>
    </header>
  );
}

interface PageLinkProps {
  readonly href: string;
  readonly isCurrent: boolean;
  readonly children: ReactNode;
}

function PageLink({ href, isCurrent, children }: PageLinkProps): ReactNode {
  return (
    <Link href={href} aria-current={isCurrent ? "page" : undefined}>
      {children}
    </Link>
  );
}
