import type { QueryClient } from "@tanstack/react-query";
import {
  act,
  fireEvent,
  render,
  screen,
  waitFor,
} from "@testing-library/react";
import { StrictMode, type ReactNode } from "react";
import { vi } from "vitest";
import {
  createApi,
  type Api,
} from "../../../tests/cases/forms/expected/client";
import { MizanProvider } from "../../../tests/cases/forms/expected/react";
import type { FormState } from "../../forms/definition";
import { fakeServer, json, type Sent } from "./server";

export const tokens = ["token-1", "token-2", "token-3", "token-4"];

/** Fake server with the forms of the case `forms`. */
export interface FormServer {
  readonly api: Api;
  readonly sent: Sent[];
  /** State that the form starts with. */
  state: Partial<FormState>;
  /** Changes the JSON of the state. */
  stateText: (json: string) => string;
  validate: (input: Validation) => Response | Promise<Response>;
  submit: (sent: Sent) => Response | Promise<Response>;
  /** Returns the requests for a function. */
  calls(name: string): Sent[];
  /** Returns the JSON of the requests for a function. */
  texts(name: string): (string | undefined)[];
}

/** Input of a `validate` function. */
export interface Validation {
  readonly values: Record<string, unknown>;
  readonly fields: readonly string[];
}

export function createFormServer(): FormServer {
  let states = 0;
  const name = ({ url }: Sent): string =>
    url.replace("/api/mizan/call/", "").replace(/\?.*/, "");
  const { fetch, sent } = fakeServer((request) => {
    if (name(request).endsWith(".state"))
      return new Response(
        server.stateText(
          JSON.stringify(stateOf(server.state, tokens[states++] ?? "token-n")),
        ),
        { headers: { "content-type": "application/json" } },
      );
    if (name(request).endsWith(".validate"))
      return server.validate(request.body as Validation);
    return server.submit(request);
  });
  const server: FormServer = {
    api: createApi({ fetch }),
    sent,
    state: {},
    stateText: (json) => json,
    validate: () => json({ errors: {} }),
    submit: () => json({ sent: true }),
    calls: (wanted) => sent.filter((request) => name(request) === wanted),
    texts: (wanted) => server.calls(wanted).map(({ text }) => text),
  };
  return server;
}

export function stateOf(state: Partial<FormState>, token: string): FormState {
  return {
    values: {},
    choices: {
      country: [
        { value: "de", label: "Germany" },
        { value: "at", label: "Austria" },
      ],
    },
    token,
    page: "",
    errors: {},
    sent: false,
    ...state,
  };
}

/** Renders a page and waits for its form. */
export async function show(
  server: FormServer,
  page: ReactNode,
  queryClient?: QueryClient,
): Promise<void> {
  render(
    <StrictMode>
      <MizanProvider
        api={server.api}
        queryClient={queryClient}
        fallback="loading"
      >
        {page}
      </MizanProvider>
    </StrictMode>,
  );
  await waitFor(() => {
    if (!document.querySelector("form")) throw new Error("the form is missing");
  });
}

export function control(label: string): HTMLInputElement {
  return screen.getByLabelText(label);
}

/** Enters a value into a control and leaves it, as a user does. */
export async function fillIn(label: string, value: string): Promise<void> {
  await act(async () => {
    fireEvent.change(control(label), { target: { value } });
  });
  await leave(label);
}

export async function leave(label: string): Promise<void> {
  await act(async () => {
    fireEvent.blur(control(label));
  });
}

export async function press(label: string, index = 0): Promise<void> {
  await act(async () => {
    const button = screen.getAllByRole("button", { name: label })[index];
    if (!button) throw new Error(`missing button ${label}`);
    fireEvent.click(button);
  });
  await act(async () => {
    await vi.waitFor(() => undefined);
  });
}

/** Returns the error message of a control. */
export function errorOf(label: string): string | null {
  const ids = control(label).getAttribute("aria-describedby") ?? "";
  const id = ids.split(" ").find((id) => id.endsWith("-error"));
  return id ? (document.getElementById(id)?.textContent ?? null) : null;
}
