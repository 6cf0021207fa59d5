import createCache from "@emotion/cache";
import { CacheProvider } from "@emotion/react";
import { useState, type ReactNode } from "react";
import { pageNonce } from "../../../../mizan-codegen/runtime/react/pageNonce";

/** The set-up of the README for emotion and MUI. */
export function EmotionStyles({ children }: { readonly children: ReactNode }): ReactNode {
  const [cache] = useState(() => createCache({ key: "css", nonce: pageNonce() }));
  return <CacheProvider value={cache}>{children}</CacheProvider>;
}
