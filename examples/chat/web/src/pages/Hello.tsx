import type { ReactNode } from "react";

interface HelloProps {
  readonly name: string;
}

/** A minimal page. */
export default function Hello({ name }: HelloProps): ReactNode {
  return <div>{`Hello, ${name}!`}</div>;
}
