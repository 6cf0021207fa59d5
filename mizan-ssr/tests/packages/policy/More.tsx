import { useState, type ReactNode } from "react";

/** A button that renders `children` in the browser, after hydration. */
export function More({ children }: { readonly children: ReactNode }): ReactNode {
  const [isShown, setShown] = useState(false);
  return (
    <>
      <button id="more" onClick={() => setShown(true)}>
        more
      </button>
      {isShown && <div id="added">{children}</div>}
    </>
  );
}
