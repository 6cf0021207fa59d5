import type { ReactNode } from "react";
import { useHydrated } from "../hydrated";
import { ago, inLocalZone, inUtc } from "../time";

/** A date and time, in UTC in the server's HTML and in the visitor's time zone after hydration. */
export function Moment({ at }: { readonly at: Date }): ReactNode {
  return (
    <time dateTime={at.toISOString()}>
      {useHydrated() ? (
        <>
          {inLocalZone(at)} <span className="unbroken">({ago(at)})</span>
        </>
      ) : (
        inUtc(at)
      )}
    </time>
  );
}
