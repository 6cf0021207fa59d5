// @vitest-environment happy-dom
import {
  act,
  cleanup,
  fireEvent,
  screen,
  within,
} from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  AutoForm,
  FormComponents,
  contactForm,
  everythingForm,
  useContactForm,
  type FieldProps,
} from "../../../tests/cases/forms/expected/forms";
import {
  control,
  createFormServer,
  errorOf,
  fillIn,
  press,
  show,
  type FormServer,
} from "../support/formPage";
import { json } from "../support/server";

let server: FormServer;

beforeEach(() => {
  server = createFormServer();
});
afterEach(cleanup);

async function submitted(): Promise<Record<string, unknown>> {
  await press("Submit");
  await vi.waitFor(() =>
    expect(server.calls("everything.submit")).toHaveLength(1),
  );
  return server.calls("everything.submit")[0]?.body as Record<string, unknown>;
}

async function click(element: HTMLElement): Promise<void> {
  await act(async () => {
    fireEvent.click(element);
  });
}

const needed = {
  password: "correct horse",
  tel: "+49 30",
  number: 5,
  decimal: "1.50",
  date: "2026-01-31",
  plan: "free",
  level: 1,
  days: [1],
  secret: "s",
  address: { street: "Main", city: "Town" },
};

async function chooseDays(...days: number[]): Promise<void> {
  const select = screen.getByLabelText<HTMLSelectElement>("Days");
  await act(async () => {
    for (const option of select.options)
      option.selected = days.includes(Number(option.value));
    fireEvent.change(select);
  });
}

describe("fields of each kind", () => {
  it("hold typed values, and send empty values as the server expects them", async () => {
    server.state = { values: { ...needed, id: "shown" } };
    await show(server, <AutoForm of={everythingForm} />);
    await fillIn("Share", "0.5");
    await fillIn("Number", "7");
    await fillIn("Color", "#aabbcc");
    await fillIn("Moment", "2026-01-31T18:30");
    await fillIn("Level", "2");
    await fillIn("Size", "l");
    await click(control("Checkbox"));
    await click(control("Paid"));
    const tags = screen.getByRole("group", { name: "Tags" });
    await click(within(tags).getByLabelText("Large"));
    await click(within(tags).getByLabelText("Small"));
    await click(within(tags).getByLabelText("Large"));
    await chooseDays(1, 2);
    await fillIn("Title", "Team");
    expect(await submitted()).toEqual({
      ...needed,
      text: "",
      url: null,
      search: "",
      number: 7,
      share: 0.5,
      range: 6,
      checkbox: true,
      time: null,
      moment: "2026-01-31T18:30",
      plan: "paid",
      size: "l",
      level: 2,
      tags: ["s"],
      days: [1, 2],
      notes: "",
      color: "#aabbcc",
      files: [],
      billing: null,
      teams: [{ title: "Team", members: [] }],
      words: [],
    });
  });

  it("show the server's messages", async () => {
    server.state = { values: { url: "nowhere", share: 2, time: "25:00" } };
    await show(server, <AutoForm of={everythingForm} />);
    await fillIn("Number", "12");
    await press("Submit");
    expect(errorOf("Password")).toContain("This field is required.");
    expect(errorOf("Url")).toBe("Enter a valid URL.");
    expect(errorOf("Number")).toBe("one to nine");
    expect(errorOf("Share")).toBe("Must be at least 0.0 and at most 1.0.");
    expect(errorOf("Date")).toBe("This field is required.");
    expect(errorOf("Time")).toBe("Enter a time, such as 18:30.");
    expect(errorOf("Level")).toBe("This field is required.");
    expect(errorOf("Days")).toBe("Must have at least 1 item.");
    const plan = screen.getByRole("radiogroup", { name: "Plan" });
    expect(plan.getAttribute("aria-invalid")).toBe("true");
    expect(within(plan).getByText("This field is required.")).toBeDefined();
    expect(server.calls("everything.submit")).toEqual([]);
  });

  it("have the attributes that assistive technology and browsers need", async () => {
    await show(server, <AutoForm of={everythingForm} />);
    const attributes = (label: string, ...names: string[]): unknown[] =>
      names.map((name) => control(label).getAttribute(name));
    expect(
      attributes("Password", "type", "name", "autocomplete", "aria-required"),
    ).toEqual(["password", "password", "new-password", "true"]);
    expect(attributes("Number", "type", "min", "max", "step")).toEqual([
      "number",
      "1",
      "9",
      null,
    ]);
    expect(attributes("Share", "step")).toEqual(["any"]);
    expect(attributes("Decimal", "type", "inputmode")).toEqual([
      "text",
      "decimal",
    ]);
    expect(attributes("Moment", "type")).toEqual(["datetime-local"]);
    expect(attributes("Files", "type", "multiple")).toEqual(["file", ""]);
    expect(attributes("Id", "disabled")).toEqual([""]);
    expect(attributes("Range", "aria-required")).toEqual([null]);
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const described = [...document.querySelectorAll("[aria-describedby]")];
    for (const id of described.flatMap(
      (element) => element.getAttribute("aria-describedby")?.split(" ") ?? [],
    ))
      expect(document.getElementById(id)).not.toBeNull();
    const names = [...document.querySelectorAll("fieldset")].map(
      (group) => group.querySelector("legend")?.textContent,
    );
    expect(names).toEqual([
      "Plan",
      "Tags",
      "Address",
      "Billing",
      "Teams",
      "Teams 1",
      "Members",
      "Words",
    ]);
    // Enter submits the form instead of adding a row.
    const [first] = document.querySelectorAll("form button");
    expect(first?.hasAttribute("name")).toBe(false);
  });

  it("supports lists in the rows of lists", async () => {
    server.state = { values: needed };
    await show(server, <AutoForm of={everythingForm} />);
    const team = screen.getByRole("group", { name: "Teams 1" });
    expect(within(team).queryByText("Remove")).toBeNull();
    await click(within(team).getByRole("button", { name: "Add" }));
    await fillIn("Title", "Team");
    const member = screen.getByRole("group", { name: "Members 1" });
    expect(within(member).getByRole("textbox").getAttribute("name")).toBe(
      "teams.0.members.0.name",
    );
    await act(async () => {
      fireEvent.change(within(member).getByRole("textbox"), {
        target: { value: "Ada" },
      });
    });
    expect((await submitted())["teams"]).toEqual([
      { title: "Team", members: [{ name: "Ada" }] },
    ]);
  });
});

describe("a list of single fields", () => {
  it("sends values instead of rows, and shows the error of each", async () => {
    server.state = {
      values: { ...needed, teams: [{ title: "T" }], words: ["one"] },
    };
    server.validate = () => json({ errors: { "words.1": ["is taken"] } });
    await show(server, <AutoForm of={everythingForm} />);
    expect(control("Words 1").value).toBe("one");
    expect(control("Words 1").name).toBe("words.0");
    const list = screen.getByRole("group", { name: "Words" });
    await click(within(list).getByRole("button", { name: "Add" }));
    await fillIn("Words 2", " ");
    expect(errorOf("Words 2")).toBe("This field is required.");
    await fillIn("Words 2", "two");
    await vi.waitFor(() => expect(errorOf("Words 2")).toBe("is taken"));
    const [question] = server.calls("everything.validate");
    expect(question?.body).toMatchObject({ fields: ["words.1"] });
    expect((await submitted())["words"]).toEqual(["one", "two"]);
  });
});

describe("custom components", () => {
  function Loud({ inputProps, label, help, error }: FieldProps): ReactNode {
    return (
      <label>
        {label}! ({help})
        <input {...inputProps} />
        {error && <strong>{error}!</strong>}
      </label>
    );
  }

  function Stars({ label, value, setValue }: FieldProps): ReactNode {
    return (
      <button type="button" onClick={() => setValue(Number(value) + 1)}>
        {label}: {String(value)}
      </button>
    );
  }

  const components = { email: Loud, number: Stars };

  it("replace the default components by widget", async () => {
    await show(
      server,
      <FormComponents.Provider value={components}>
        <AutoForm of={contactForm} />
      </FormComponents.Provider>,
    );
    const email = screen.getByLabelText(/Email! \(We answer/);
    await act(async () => {
      fireEvent.change(email, { target: { value: "ada.example" } });
      fireEvent.blur(email);
    });
    expect(
      await screen.findByText("Enter a valid email address.!"),
    ).toBeDefined();
    expect(control("Your name").type).toBe("text");
  });

  it("do not need an HTML element", async () => {
    server.state = { values: needed };
    await show(
      server,
      <FormComponents.Provider value={components}>
        <AutoForm of={everythingForm} />
      </FormComponents.Provider>,
    );
    await fillIn("Title", "Team");
    await click(screen.getByRole("button", { name: "Number: 5" }));
    expect((await submitted())["number"]).toBe(6);
  });

  it("keep their state when the form renders again", async () => {
    const mounted = vi.fn();
    function Counted({ inputProps }: FieldProps): ReactNode {
      return (
        <input
          {...inputProps}
          aria-label="counted"
          onFocus={() => mounted(inputProps.id)}
        />
      );
    }
    const own = { text: Counted };
    function Page(): ReactNode {
      const form = useContactForm();
      form.rhf.watch();
      return (
        <form.Form>
          <form.Field name="name" />
        </form.Form>
      );
    }
    await show(
      server,
      <FormComponents.Provider value={own}>
        <Page />
      </FormComponents.Provider>,
    );
    const before = screen.getByLabelText("counted");
    await fillIn("counted", "Ada");
    expect(screen.getByLabelText("counted")).toBe(before);
  });
});
