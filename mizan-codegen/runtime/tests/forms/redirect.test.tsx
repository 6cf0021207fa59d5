// @vitest-environment happy-dom
import {
  act,
  cleanup,
  fireEvent,
  render,
  screen,
} from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it, vi } from "vitest";
import { createApi } from "../../../tests/cases/redirects/expected/client";
import {
  useSignOutForm,
  type FormOptions,
  type SignOutFormTypes,
} from "../../../tests/cases/redirects/expected/forms";
import { MizanProvider } from "../../../tests/cases/redirects/expected/react";
import { stateOf } from "../support/formPage";
import { fakeServer, json } from "../support/server";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

function SignOut(options: FormOptions<SignOutFormTypes>): ReactNode {
  const form = useSignOutForm(options);
  return (
    <form.Form>
      <form.Submit>Sign out</form.Submit>
    </form.Form>
  );
}

/** Submits the form, to which the server replies with a redirect. Returns the documents that were opened. */
async function submit(
  options: FormOptions<SignOutFormTypes>,
): Promise<string[]> {
  const opened: string[] = [];
  vi.spyOn(location, "assign").mockImplementation((url) => {
    opened.push(String(url));
  });
  const { fetch, sent } = fakeServer(({ url }) =>
    url.includes(".submit")
      ? json({ location: "/goodbye" })
      : json(stateOf({}, "token-1")),
  );
  render(
    <MizanProvider api={createApi({ fetch })}>
      <SignOut {...options} />
    </MizanProvider>,
  );
  const button = await screen.findByRole("button");
  await act(async () => {
    fireEvent.click(button);
    await vi.waitUntil(() => sent.some(({ url }) => url.includes(".submit")));
  });
  return opened;
}

it("opens the redirect that a form returns", async () => {
  const opened = await submit({ next: "/elsewhere" });
  await vi.waitFor(() => expect(opened).toEqual(["/goodbye"]));
});

it("leaves the redirect to onSuccess", async () => {
  const onSuccess = vi.fn();
  const opened = await submit({ onSuccess });
  await vi.waitFor(() => expect(onSuccess).toHaveBeenCalledOnce());
  expect(onSuccess.mock.calls[0]?.[0]).toMatchObject({ location: "/goodbye" });
  expect(opened).toEqual([]);
});
