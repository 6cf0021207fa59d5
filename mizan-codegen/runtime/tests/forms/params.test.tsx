// @vitest-environment happy-dom
import {
  act,
  cleanup,
  fireEvent,
  render,
  screen,
} from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AutoForm,
  editProjectForm,
  useEditProjectForm,
} from "../../../tests/cases/forms/expected/forms";
import { createApi } from "../../../tests/cases/forms/expected/client";
import { MizanProvider } from "../../../tests/cases/forms/expected/react";
import {
  control,
  createFormServer,
  fillIn,
  press,
  show,
  stateOf,
  type FormServer,
} from "../support/formPage";
import { fakeServer, json, type Sent } from "../support/server";

let server: FormServer;

beforeEach(() => {
  server = createFormServer();
});
afterEach(cleanup);

function inputOf({ url }: Sent): unknown {
  return JSON.parse(new URL(url, "http://x").searchParams.get("input") ?? "");
}

function Edit({ id }: { readonly id: bigint }): ReactNode {
  const form = useEditProjectForm({ id });
  return (
    <form.Form>
      <form.Errors />
      <form.Field name="title" />
      <form.Submit>Submit</form.Submit>
      <form.Sent>Saved.</form.Sent>
    </form.Form>
  );
}

describe("a form with params", () => {
  it("loads the state of its object", async () => {
    server.state = { values: { title: "Rocket" } };
    await show(server, <AutoForm of={editProjectForm} params={{ id: 7n }} />);
    expect(control("Title").value).toBe("Rocket");
    expect(server.calls("edit_project.state").map(inputOf)).toContainEqual({
      id: 7,
    });
  });

  it("sends its params with every call", async () => {
    await show(server, <Edit id={7n} />);
    await fillIn("Title", "New");
    await vi.waitFor(() =>
      expect(server.calls("edit_project.validate")[0]?.body).toEqual({
        values: { id: 7, title: "New" },
        fields: ["title"],
      }),
    );
    await press("Submit");
    await vi.waitFor(() => expect(screen.getByText("Saved.")).toBeDefined());
    expect(server.calls("edit_project.submit")[0]?.body).toEqual({
      id: 7,
      title: "New",
    });
  });

  it("posts its params without JavaScript", async () => {
    await show(server, <Edit id={7n} />);
    const hidden = document.querySelector<HTMLInputElement>("input[name=id]");
    expect([hidden?.type, hidden?.value]).toEqual(["hidden", "7"]);
  });

  it("can be loaded without React", async () => {
    const { fetch, sent } = fakeServer(() => json(stateOf({}, "token")));
    await createApi({ fetch }).forms.editProject.state({ id: 7n });
    expect(sent.map(inputOf)).toEqual([{ id: 7 }]);
  });
});

describe("a form whose params change", () => {
  const titles: Record<number, string> = { 7: "Seven", 8: "Eight" };
  const { fetch, sent } = fakeServer((request) => {
    if (!request.url.includes(".state")) return json(null);
    const { id } = inputOf(request) as { id: number };
    return json(stateOf({ values: { title: titles[id] } }, `token-${id}`));
  });
  const api = createApi({ fetch });

  function page(id: bigint): ReactNode {
    return (
      <MizanProvider api={api} fallback="loading">
        <Edit id={id} />
      </MizanProvider>
    );
  }

  it("shows the new object, without the changes to the earlier one", async () => {
    const { rerender } = render(page(7n));
    await vi.waitFor(() => expect(control("Title").value).toBe("Seven"));
    await act(async () => {
      fireEvent.change(control("Title"), { target: { value: "changed" } });
    });
    await act(async () => rerender(page(8n)));
    await vi.waitFor(() => expect(control("Title").value).toBe("Eight"));
    await press("Submit");
    await vi.waitFor(() =>
      expect(sent.find(({ url }) => url.includes(".submit"))?.body).toEqual({
        id: 8,
        title: "Eight",
      }),
    );
  });
});
