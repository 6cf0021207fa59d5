// @vitest-environment happy-dom
import { act, cleanup } from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { hydrateRoot, type Root } from "react-dom/client";
import { renderToReadableStream } from "react-dom/server.edge";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AutoForm,
  contactForm,
  everythingForm,
  useContactForm,
} from "../../../tests/cases/forms/expected/forms";
import { MizanProvider } from "../../../tests/cases/forms/expected/react";
import type { FormState } from "../../forms/definition";
import { control, errorOf, stateOf } from "../support/formPage";
import { fakeServer, json, settled } from "../support/server";

const functions = Symbol.for("mizan.functions");
let root: Root | undefined;
let warnings: string[];

beforeEach(() => {
  warnings = [];
  vi.spyOn(console, "error").mockImplementation((message: string) => {
    // Only this test renders server and browser in one process, which is not an edge runtime.
    if (!/multiple renderers|empty buffer/.test(message))
      warnings.push(message);
  });
  vi.stubGlobal("fetch", fetch);
});
afterEach(async () => {
  await act(async () => root?.unmount());
  root = undefined;
  cleanup();
  document.body.innerHTML = "";
  sent.length = 0;
});

/** Returns the page as mizan-ssr renders it, with the state of the form. */
async function htmlOf(page: ReactNode, state: FormState): Promise<string> {
  const call = async (): Promise<object> => ({
    answered: true,
    json: JSON.stringify(state),
  });
  Object.defineProperty(globalThis, functions, {
    configurable: true,
    value: { call },
  });
  try {
    const stream = await renderToReadableStream(page, {
      onError: (error) => {
        throw error;
      },
    });
    await stream.allReady;
    return await new Response(stream).text();
  } finally {
    Reflect.deleteProperty(globalThis, functions);
  }
}

/** Hydrates the page of the server, and returns the markup before and after. */
async function hydrate(
  name: string,
  page: ReactNode,
  state: FormState,
  meanwhile: () => void = () => undefined,
): Promise<{ before: string; after: string }> {
  const html = await htmlOf(page, state);
  const answers = [{ name: `${name}.state`, output: state }];
  document.body.innerHTML = `<script type="application/json" data-mizan-answers>${JSON.stringify(answers)}</script><div id="root">${html}</div>`;
  const element = document.getElementById("root");
  if (!element) throw new Error("the root element is missing");
  meanwhile();
  const before = element.innerHTML;
  await act(async () => {
    root = hydrateRoot(element, page, {
      onRecoverableError: (error) => {
        throw error;
      },
    });
    await settled();
  });
  return { before, after: element.innerHTML };
}

const { fetch, sent } = fakeServer(() => json({}));

function pageOf(form: ReactNode): ReactNode {
  return (
    <StrictMode>
      <MizanProvider>{form}</MizanProvider>
    </StrictMode>
  );
}

const failed = stateOf(
  {
    page: "/contact/?a=b",
    values: { name: "Ada", email: "ada.example", phones: [{ kind: "work" }] },
    errors: {
      email: ["Enter a valid email address."],
      "phones.0.number": ["This field is required."],
      __all__: ["try again"],
    },
  },
  "token-1",
);

describe("a form that the server rendered", () => {
  it.each([
    ["contact", <AutoForm of={contactForm} />, stateOf({}, "token-1")],
    ["contact", <AutoForm of={contactForm} />, failed],
    ["everything", <AutoForm of={everythingForm} />, stateOf({}, "token-1")],
  ])("has the same markup before and after hydration (%s)", async (...args) => {
    const [name, form, state] = args;
    const { before, after } = await hydrate(name, pageOf(form), state);
    expect(warnings).toEqual([]);
    expect(sent).toEqual([]);
    // The only difference: the browser no longer validates the form.
    expect(after.replace(' novalidate=""', "")).toBe(before);
    expect(after).not.toBe(before);
  });

  it("shows the values and errors of a post without JavaScript", async () => {
    const html = await htmlOf(pageOf(<AutoForm of={contactForm} />), failed);
    document.body.innerHTML = html;
    expect(control("Email").value).toBe("ada.example");
    expect(control("Email").getAttribute("aria-invalid")).toBe("true");
    expect(errorOf("Email")).toBe("Enter a valid email address.");
    expect(errorOf("Number")).toBe("This field is required.");
    expect(document.querySelector("[role=alert]")?.textContent).toBe(
      "try again",
    );
    const form = document.querySelector("form");
    expect(form?.getAttribute("action")).toBe("/api/mizan/form/contact");
    expect(form?.getAttribute("method")).toBe("post");
    const hidden = [...document.querySelectorAll("input[type=hidden]")].map(
      (input) => [input.getAttribute("name"), input.getAttribute("value")],
    );
    expect(hidden).toEqual([
      ["__token", "token-1"],
      ["__page", "/contact/?a=b"],
    ]);
  });

  it("reports the success of the submission that led to the page", async () => {
    const page = pageOf(<AutoForm of={contactForm} sent="Thank you!" />);
    const html = await htmlOf(page, stateOf({ sent: true }, "token-1"));
    expect(html).toContain('<div role="status" tabindex="-1">Thank you!</div>');
  });

  it("shows the errors of fields that are not rendered, before and after hydration", async () => {
    const state = stateOf(
      {
        errors: {
          email: ["must be an email address"],
          message: ["is required"],
          "phones.1.number": ["is not connected"],
        },
      },
      "token-1",
    );
    function Short(): ReactNode {
      const form = useContactForm();
      return (
        <form.Form>
          <form.Errors />
          <form.Field name="email" />
        </form.Form>
      );
    }
    const html = await htmlOf(pageOf(<Short />), state);
    const said = (element: Element): string[] =>
      [...element.querySelectorAll("[role=alert] p")].map(
        ({ innerHTML }) => innerHTML,
      );
    const without = document.createElement("div");
    without.innerHTML = html;
    const undrawn = [
      "Message: is required",
      "Phones, row 2, Number: is not connected",
    ];
    expect(said(without).sort()).toEqual(undrawn);
    await hydrate("contact", pageOf(<Short />), state);
    expect(warnings).toEqual([]);
    const [top, ...others] = document.querySelectorAll("[role=alert]");
    expect(others).toEqual([]);
    expect(said(document.body).sort()).toEqual(undrawn);
    expect(top?.textContent).not.toContain("email");
    expect(errorOf("Email")).toBe("must be an email address");
  });

  it("shows the errors of hidden fields at the top", async () => {
    const state = stateOf(
      { errors: { secret: ["is out of date"], text: ["is too short"] } },
      "token-1",
    );
    const page = pageOf(<AutoForm of={everythingForm} />);
    const { before, after } = await hydrate("everything", page, state);
    for (const markup of [before, after]) {
      document.body.innerHTML = markup;
      const [top, ...others] = document.querySelectorAll("[role=alert]");
      expect(top?.textContent).toBe("Secret: is out of date");
      expect(others).toEqual([]);
    }
    expect(warnings).toEqual([]);
  });

  it("keeps text that was entered before hydration", async () => {
    let values: object = {};
    function Contact(): ReactNode {
      const form = useContactForm();
      values = form.rhf.watch();
      return (
        <form.Form>
          <form.Field name="name" />
        </form.Form>
      );
    }
    await hydrate(
      "contact",
      pageOf(<Contact />),
      stateOf({}, "token-1"),
      () => {
        control("Your name").value = "typed early";
      },
    );
    expect(control("Your name").value).toBe("typed early");
    expect(values).toMatchObject({ name: "typed early" });
    expect(warnings).toEqual([]);
  });
});
