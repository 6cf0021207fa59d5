import type { ReactNode } from "react";
import { pageNonce } from "../../../../../mizan-codegen/runtime/react/pageNonce";
import { More } from "../More";

/** Style elements of React, hoisted and in place. */
export default function Precedence(): ReactNode {
  return (
    <>
      <style href="title" precedence="low" nonce={pageNonce()}>
        {".title { color: rgb(10, 120, 130); font-variant: small-caps; }"}
      </style>
      <style nonce={pageNonce()}>{".inline { border-left: 7px solid rgb(1, 2, 3); }"}</style>
      <h1 className="title">precedence</h1>
      <p className="inline" style={{ paddingLeft: 11 }}>
        text
      </p>
      <More>
        <style href="added" precedence="low" nonce={pageNonce()}>
          {".added { background: rgb(250, 240, 200); }"}
        </style>
        <p className="added">added</p>
      </More>
    </>
  );
}
