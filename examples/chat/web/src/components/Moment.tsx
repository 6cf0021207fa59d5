import type { ReactNode } from "react";
import { useHydrated } from "../hydrated";
import { ago, inLocalZone, inUtc } from "../time";

/** A date and time, in UTC in the server's HTML and in the visitor's time zone after hydration. */
export function Moment({ at }: { readonly at: string }): ReactNode {
  const date = new Date(at);
  return (
    <time dateTime={at}>
      {useHydrated() ? (
        <>
          {inLocalZone(date)} <span className="unbroken">({ago(date)})</span>
        </>
      ) : (
        inUtc(date)
      )}
    </time>
  );
}
