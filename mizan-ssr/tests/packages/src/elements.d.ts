import type { HTMLAttributes } from "react";

type Any = HTMLAttributes<HTMLElement> & { [name: string]: unknown };

declare module "react" {
  namespace JSX {
    /** Attributes that React's types omit. */
    interface IntrinsicElements {
      "my-element": Any;
      math: Any;
      mfrac: Any;
      mi: Any;
      mn: Any;
      "annotation-xml": Any;
    }
  }
}
