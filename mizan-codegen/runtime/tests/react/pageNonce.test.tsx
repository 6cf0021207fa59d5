// @vitest-environment happy-dom
import { act } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it } from "vitest";
import { hydratePage } from "../../react/hydratePage";
import { pageNonce } from "../../react/pageNonce";

const globals = globalThis as { __webpack_nonce__?: string };

afterEach(() => {
  document.head.innerHTML = "";
  document.body.innerHTML = "";
  delete globals.__webpack_nonce__;
});

function Page(): ReactNode {
  return <style>{"p {}"}</style>;
}

/** Hydrates a page whose server added a nonce to the style element. */
async function hydrate(): Promise<HTMLStyleElement> {
  document.body.innerHTML =
    '<div id="mizan-root"><style nonce="n0nce">p {}</style></div>' +
    '<script type="application/json" id="mizan-page">{"component":"Page","props":{}}</script>';
  await act(async () => {
    await hydratePage({ Page: () => Promise.resolve({ default: Page }) });
  });
  return document.querySelector("style") as HTMLStyleElement;
}

it("keeps the nonce of styles, and passes it to libraries", async () => {
  document.head.innerHTML = '<meta property="csp-nonce">';
  // The DOM of the test does not have the property.
  Object.defineProperty(document.querySelector("meta"), "nonce", {
    value: "n0nce",
  });
  const style = await hydrate();
  expect(style.hasAttribute("nonce")).toBe(false);
  expect(pageNonce()).toBe("n0nce");
  expect(globals.__webpack_nonce__).toBe("n0nce");
});

it("reads only the nonce that the server wrote into the head", async () => {
  await hydrate();
  document.body.insertAdjacentHTML(
    "beforeend",
    '<meta property="csp-nonce" nonce="forged">',
  );
  expect(pageNonce()).toBeUndefined();
  expect(globals.__webpack_nonce__).toBeUndefined();
});
