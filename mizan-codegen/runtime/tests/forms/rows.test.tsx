// @vitest-environment happy-dom
import {
  act,
  cleanup,
  fireEvent,
  screen,
  within,
} from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AutoForm,
  contactForm,
  everythingForm,
} from "../../../tests/cases/forms/expected/forms";
import type { FieldDefinition, FormDefinition } from "../../forms/definition";
import { parseControlValue } from "../../forms/values";
import {
  createFormServer,
  errorOf,
  fillIn,
  press,
  show,
  type FormServer,
} from "../support/formPage";

let server: FormServer;

beforeEach(() => {
  server = createFormServer();
});
afterEach(cleanup);

async function add(list: string): Promise<void> {
  const group = screen.getByRole("group", { name: list });
  await act(async () => {
    fireEvent.click(within(group).getByRole("button", { name: "Add" }));
  });
  // Pending validation would show its errors now.
  await act(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
  });
}

function invalid(): string[] {
  return [...document.querySelectorAll('[aria-invalid="true"]')].map(
    (element) => element.getAttribute("name") ?? "",
  );
}

describe("adding a row", () => {
  it("does not validate rows that the user has not filled in", async () => {
    await show(server, <AutoForm of={contactForm} />);
    await add("Phones");
    await add("Phones");
    expect(invalid()).toEqual([]);
  });

  it("keeps the errors that are shown", async () => {
    server.state = { values: { words: ["one"] } };
    await show(server, <AutoForm of={everythingForm} />);
    await fillIn("Words 1", " ");
    expect(errorOf("Words 1")).toBe("This field is required.");
    await add("Words");
    expect(errorOf("Words 1")).toBe("This field is required.");
    expect(errorOf("Words 2")).toBeNull();
  });

  it("does not validate the new row after a failed submission", async () => {
    await show(server, <AutoForm of={contactForm} />);
    await add("Phones");
    await press("Submit");
    await vi.waitFor(() => expect(invalid()).not.toEqual([]));
    const before = invalid();
    await add("Phones");
    expect(invalid()).toEqual(before);
  });
});

/** Returns the definition of a form with one list, whose schema accepts everything. */
function formWith(
  field: Omit<FieldDefinition, "name" | "label">,
): FormDefinition {
  return {
    name: "contact",
    fields: [{ name: "names", label: "Names", ...field }],
    schema: {
      "~standard": { validate: (value) => ({ value: value as object }) },
    },
  };
}

describe("an optional list with a minimum", () => {
  const list = formWith({
    widget: "list",
    nullable: true,
    list: { min: 1, max: 3 },
    item: { widget: "text", required: true },
  });

  it("starts without rows, and is left out", async () => {
    await show(server, <AutoForm of={list} />);
    expect(screen.queryByRole("textbox")).toBeNull();
    await press("Submit");
    await vi.waitFor(() =>
      expect(server.calls("contact.submit")[0]?.body).toEqual({ names: null }),
    );
  });

  it("can be left out again after a row was added", async () => {
    await show(server, <AutoForm of={list} />);
    await add("Names");
    await press("Remove");
    await press("Submit");
    await vi.waitFor(() =>
      expect(server.calls("contact.submit")[0]?.body).toEqual({ names: null }),
    );
  });

  it("is null if no choice is selected", async () => {
    const choices = formWith({
      widget: "checkboxes",
      nullable: true,
      multiple: true,
      choices: [{ value: "a", label: "A" }],
    });
    await show(server, <AutoForm of={choices} />);
    await press("Submit");
    await vi.waitFor(() =>
      expect(server.calls("contact.submit")[0]?.body).toEqual({ names: null }),
    );
  });
});

describe("several choices", () => {
  it("show the errors of single values at the field", async () => {
    const choices = formWith({
      widget: "checkboxes",
      multiple: true,
      choices: [
        { value: "a", label: "A" },
        { value: "b", label: "B" },
      ],
    });
    server.state = {
      values: { names: ["a", "b"] },
      errors: {
        "names.0": ["Choose one of the options."],
        "names.1": ["Choose one of the options."],
      },
    };
    await show(server, <AutoForm of={choices} />);
    const group = screen.getByRole("group", { name: "Names" });
    const messages = within(group).getAllByText("Choose one of the options.");
    expect(messages).toHaveLength(1);
  });
});

describe("the element of a field", () => {
  it("names the path and the widget of the field", async () => {
    server.state = { values: { words: ["one"], teams: [{ title: "A" }] } };
    await show(server, <AutoForm of={everythingForm} />);
    const of = (path: string): string | null =>
      document
        .querySelector(`[data-field="${path}"]`)
        ?.getAttribute("data-widget") ?? null;
    expect(of("text")).toBe("text");
    expect(of("address")).toBe("group");
    expect(of("address.street")).toBe("text");
    expect(of("teams")).toBe("list");
    expect(of("teams.0.title")).toBe("text");
    expect(of("teams.0.members")).toBe("list");
    expect(of("words.0")).toBe("text");
    expect(of("plan")).toBe("radio");
    expect(of("tags")).toBe("checkboxes");
  });
});

describe("numbers", () => {
  it.each([
    ["05", 5],
    [" 5 ", 5],
    [".5", 0.5],
    ["1.0", 1],
    ["1e1", 10],
    ["-0", -0],
    ["", null],
    [" ", " "],
    ["0x10", "0x10"],
    ["+5", "+5"],
    ["5.", "5."],
    ["1e400", "1e400"],
    ["Infinity", "Infinity"],
  ])("are parsed as on the server: %j", (text, value) => {
    expect(parseControlValue({ widget: "number", type: "number" }, text)).toBe(
      value,
    );
  });
});
