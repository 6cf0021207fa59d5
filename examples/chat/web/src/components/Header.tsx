import type { ReactNode } from "react";
import { useCurrentUser } from "../mizan";
import { Link } from "../mizan/navigation";
import { Boundary } from "./Boundary";
import { DemoBar } from "./DemoBar";
import { SignOutButton } from "./SignOutButton";

interface HeaderProps {
  /** The path of the current page, marked in the navigation. */
  readonly path: string;
}

/** The header: the name of the site, the navigation and the session. */
export function Header({ path }: HeaderProps): ReactNode {
  return (
    <>
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Boundary>
        <DemoBar path={path} />
      </Boundary>
      <header className="header">
        <div className="header-row">
          <Link className="brand" href="/">
            <img src="/favicon.svg" alt="" width="28" height="28" />
            mizan
          </Link>
          <Boundary>
            <Pages path={path} />
            <Session path={path} />
          </Boundary>
        </div>
      </header>
    </>
  );
}

function Pages({ path }: HeaderProps): ReactNode {
  const user = useCurrentUser();
  return (
    <nav className="nav" aria-label="Pages">
      <PageLink href="/" path={path} exact>
        Functions
      </PageLink>
      <PageLink href="/rooms/" path={path}>
        Rooms
      </PageLink>
      <PageLink href="/contact/" path={path}>
        Contact
      </PageLink>
      {user && (
        <>
          <PageLink href="/meetings/" path={path}>
            Meetings
          </PageLink>
          <PageLink href="/profile/" path={path}>
            Profile
          </PageLink>
          <PageLink href="/account/" path={path}>
            Account
          </PageLink>
        </>
      )}
      {user?.staff && (
        <PageLink href="/admin/" path={path}>
          Users
        </PageLink>
      )}
    </nav>
  );
}

function Session({ path }: HeaderProps): ReactNode {
  const user = useCurrentUser();
  if (user)
    return (
      <div className="session">
        <span className="session-name">{user.name}</span>
        <SignOutButton path={path} className="quiet" />
      </div>
    );
  return (
    <div className="session">
      <PageLink href="/sign-in/" path={path} className="button quiet">
        Sign in
      </PageLink>
      <PageLink href="/sign-up/" path={path} className="button primary small">
        Sign up
      </PageLink>
    </div>
  );
}

interface PageLinkProps extends HeaderProps {
  readonly href: string;
  readonly className?: string;
  /** Marks only this page, not those below it. */
  readonly exact?: boolean;
  readonly children: ReactNode;
}

function PageLink(props: PageLinkProps): ReactNode {
  const { href, path, className, exact = false, children } = props;
  const isCurrent = exact ? path === href : path.startsWith(href);
  return (
    <Link
      href={href}
      className={className}
      aria-current={isCurrent ? "page" : undefined}
    >
      {children}
    </Link>
  );
}
