import type { ReactNode } from "react";

interface HelloProps {
  readonly name: string;
}

/** The least that a page can be. */
export default function Hello({ name }: HelloProps): ReactNode {
  return <div>{`Hello, ${name}!`}</div>;
}
