// @vitest-environment happy-dom
import { act, cleanup, screen, waitFor, within } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  useContactForm,
  type ContactFormTypes,
  type Form,
  type FormOptions,
} from "../../../tests/cases/forms/expected/forms";
import { createQueryClient } from "../../react";
import {
  control,
  createFormServer,
  errorOf,
  fillIn,
  leave,
  press,
  show,
  type FormServer,
} from "../support/formPage";
import { json, problem } from "../support/server";

let server: FormServer;
let form: Form<ContactFormTypes>;
let errors: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  server = createFormServer();
  errors = vi.spyOn(console, "error");
});
afterEach(() => {
  cleanup();
  expect(errors).not.toHaveBeenCalled();
});

function Contact(options: FormOptions<ContactFormTypes>): ReactNode {
  form = useContactForm(options);
  return (
    <form.Form>
      <form.Errors />
      <form.Field name="name" />
      <form.Field name="email" />
      <form.Field name="country" />
      <form.Field name="message" />
      <form.Field name="image" />
      <form.Array name="phones">
        {(row) => (
          <>
            <row.Field name="kind" />
            <row.Field name="number" label={`Number ${row.index}`} />
            <button type="button" onClick={() => row.move(0)}>
              First
            </button>
          </>
        )}
      </form.Array>
      <form.Submit>Send</form.Submit>
    </form.Form>
  );
}

const right = { name: "Ada", email: "ada@example.com", message: "Hello" };

async function fillInRight(): Promise<void> {
  await fillIn("Your name", right.name);
  await fillIn("Email", right.email);
  await fillIn("Message", right.message);
}

describe("a form", () => {
  it("starts with the typed state of the server, and submits the values of its fields", async () => {
    server.state = { values: { name: "Ada", country: "at" } };
    const onSuccess = vi.fn();
    await show(server, <Contact onSuccess={onSuccess} />);
    expect(control("Your name").value).toBe("Ada");
    expect(control("Country").value).toBe("at");
    expect(form.rhf.getValues()).toEqual({
      name: "Ada",
      email: "",
      country: "at",
      message: "",
      image: null,
      phones: [],
    });
    await fillIn("Email", right.email);
    await fillIn("Message", right.message);
    await fillIn("Country", "");
    await press("Send");
    await waitFor(() => expect(onSuccess).toHaveBeenCalledWith({ sent: true }));
    const [request] = server.calls("contact.submit");
    expect(request?.body).toEqual({
      ...right,
      country: null,
      image: null,
      phones: [],
    });
    expect(request?.headers.get("idempotency-key")).toBe("token-1");
  });

  it("validates a field in the browser after its first blur, then after each change", async () => {
    await show(server, <Contact />);
    await act(async () => {
      control("Email").focus();
    });
    expect(errorOf("Email")).toBeNull();
    await fillIn("Email", "ada");
    expect(errorOf("Email")).toBe("Enter a valid email address.");
    expect(control("Email").getAttribute("aria-invalid")).toBe("true");
    await fillIn("Email", right.email);
    expect(errorOf("Email")).toBeNull();
    expect(control("Email").hasAttribute("aria-invalid")).toBe(false);
    await leave("Your name");
    expect(errorOf("Your name")).toBe("please tell us your name");
    expect(errorOf("Message")).toBeNull();
  });

  it("does not send invalid values, shows the errors, and focuses the first", async () => {
    await show(server, <Contact />);
    await fillIn("Your name", "Ada");
    await press("Send");
    await waitFor(() => expect(document.activeElement).toBe(control("Email")));
    expect(errorOf("Email")).toBe("This field is required.");
    expect(errorOf("Message")).toBe("This field is required.");
    expect(server.calls("contact.submit")).toEqual([]);
    expect(form.isSubmitting).toBe(false);
  });

  it("resets to the server's new state after a success, with a new token", async () => {
    await show(server, <Contact onSuccess={() => undefined} />);
    await fillInRight();
    expect(form.isDirty).toBe(true);
    server.state = { values: { name: "Known now" } };
    await press("Send");
    await waitFor(() => expect(control("Your name").value).toBe("Known now"));
    expect(control("Email").value).toBe("");
    expect(form.isDirty).toBe(false);
    expect(form.sent).toBe(true);
    expect(errorOf("Email")).toBeNull();
    await fillInRight();
    await press("Send");
    await waitFor(() => expect(server.calls("contact.submit")).toHaveLength(2));
    const keys = server
      .calls("contact.submit")
      .map(({ headers }) => headers.get("idempotency-key"));
    expect(keys).toEqual(["token-1", "token-2"]);
  });

  it("keeps its values and its token when the server rejects it", async () => {
    const onError = vi.fn();
    server.submit = () =>
      problem(422, "invalid", {
        fields: {
          email: ["is not reachable"],
          "phones.0.number": ["is not connected"],
          __all__: ["try another day"],
          nickname: ["Unknown field."],
        },
      });
    await show(
      server,
      <Contact onError={onError} onSuccess={() => undefined} />,
    );
    await fillInRight();
    await press("Add");
    await fillIn("Number 0", "123");
    await press("Send");
    await waitFor(() => expect(errorOf("Email")).toBe("is not reachable"));
    expect(errorOf("Number 0")).toBe("is not connected");
    expect(screen.getByRole("alert").textContent).toContain("try another day");
    expect(screen.getByRole("alert").textContent).toContain(
      "nickname: Unknown field.",
    );
    expect(document.activeElement).toBe(control("Email"));
    expect(control("Your name").value).toBe("Ada");
    expect(form.isDirty).toBe(true);
    expect(onError.mock.calls[0]?.[0]).toMatchObject({ code: "invalid" });
    // The server's errors remain until the value changes.
    await leave("Email");
    expect(errorOf("Email")).toBe("is not reachable");
    await fillIn("Email", "bob@example.com");
    expect(errorOf("Email")).toBeNull();

    server.submit = () => json({ sent: true });
    await press("Send");
    await waitFor(() => expect(form.sent).toBe(true));
    expect(screen.getByRole("alert").textContent).toBe("");
    const keys = server
      .calls("contact.submit")
      .map(({ headers }) => headers.get("idempotency-key"));
    expect(keys).toEqual(["token-1", "token-1"]);
  });

  it("uses another token if the server knows its own with other values", async () => {
    await show(server, <Contact onSuccess={() => undefined} />);
    await fillInRight();
    server.submit = () => {
      throw new TypeError("the reply was lost");
    };
    await press("Send");
    await waitFor(() =>
      expect(screen.getByRole("alert").textContent).not.toBe(""),
    );
    server.submit = () =>
      problem(422, "invalid", {
        detail: "this was sent before with other values",
      });
    await fillIn("Your name", "Eve");
    await press("Send");
    await waitFor(() =>
      expect(screen.getByRole("alert").textContent).toContain("sent before"),
    );
    server.submit = () => json({ sent: true });
    await press("Send");
    await waitFor(() => expect(form.sent).toBe(true));
    const [lost, refused, taken] = server
      .calls("contact.submit")
      .map(({ headers }) => headers.get("idempotency-key"));
    expect([lost, refused]).toEqual(["token-1", "token-1"]);
    expect(taken).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("shows declared errors at their field, and others at the top", async () => {
    server.submit = () =>
      problem(403, "blocked", { fields: { email: ["is blocked by Bo"] } });
    await show(server, <Contact />);
    await fillInRight();
    await press("Send");
    await waitFor(() => expect(errorOf("Email")).toBe("is blocked by Bo"));
    server.submit = () => problem(503, "unavailable");
    await press("Send");
    await waitFor(() =>
      expect(screen.getByRole("alert").textContent).toBe("It was unavailable."),
    );
    expect(document.activeElement).toBe(screen.getByRole("alert"));
  });

  it("reports that it is submitting, and is not sent twice", async () => {
    let go = (): void => undefined;
    server.submit = () =>
      new Promise((resolve) => (go = () => resolve(json({ sent: true }))));
    await show(server, <Contact onSuccess={() => undefined} />);
    await fillInRight();
    await press("Send");
    await waitFor(() => expect(form.isSubmitting).toBe(true));
    const button = screen.getByRole("button", { name: "Send" });
    expect(button.getAttribute("aria-disabled")).toBe("true");
    await press("Send");
    await act(async () => go());
    await waitFor(() => expect(form.isSubmitting).toBe(false));
    expect(server.calls("contact.submit")).toHaveLength(1);
    expect(button.hasAttribute("aria-disabled")).toBe(false);
  });

  it("opens the target page after a success without `onSuccess`", async () => {
    const assign = vi.spyOn(location, "assign").mockReturnValue(undefined);
    await show(server, <Contact />);
    await fillInRight();
    await press("Send");
    await waitFor(() => expect(assign).toHaveBeenCalledWith("/thanks"));
    cleanup();
    await show(server, <Contact next="/elsewhere" />);
    await fillInRight();
    await press("Send");
    await waitFor(() => expect(assign).toHaveBeenCalledWith("/elsewhere"));
  });

  it("adopts newer state of the server, except over entered values", async () => {
    const queryClient = createQueryClient();
    const refetch = (): Promise<void> =>
      act(async () => {
        await queryClient.refetchQueries();
      });
    await show(server, <Contact />, queryClient);
    server.state = { values: { name: "Newer" } };
    await refetch();
    await waitFor(() => expect(control("Your name").value).toBe("Newer"));
    await fillIn("Your name", "Mine");
    server.state = { values: { name: "Newest" } };
    await refetch();
    expect(control("Your name").value).toBe("Mine");
  });

  it("has its own token if the page contains it twice", async () => {
    const two = (
      <>
        <Contact onSuccess={() => undefined} />
        <Contact onSuccess={() => undefined} />
      </>
    );
    await show(server, two);
    const [first, second] = document.querySelectorAll<HTMLInputElement>(
      "input[name=__token]",
    );
    expect(first?.value).toBe("token-1");
    expect(second?.value).toMatch(/^[0-9a-f-]{14}4[0-9a-f]{3}-[89ab]/);
  });
});

describe("the focus", () => {
  function Said(): ReactNode {
    form = useContactForm({ onSuccess: () => undefined });
    return (
      <>
        <input aria-label="Elsewhere" />
        {form.sent ? (
          <form.Sent className="card">Thank you!</form.Sent>
        ) : (
          <form.Form>
            <form.Errors />
            <form.Field name="name" />
            <form.Field name="email" />
            <form.Field name="message" />
            <form.Submit>Send</form.Submit>
          </form.Form>
        )}
      </>
    );
  }
  const elsewhere = (): HTMLElement => screen.getByLabelText("Elsewhere");

  it("moves to the message after a success", async () => {
    await show(server, <Said />);
    await fillInRight();
    screen.getByRole("button", { name: "Send" }).focus();
    await press("Send");
    await waitFor(() => screen.getByRole("status"));
    const status = screen.getByRole("status");
    expect(status.textContent).toBe("Thank you!");
    expect(status.className).toBe("card");
    await waitFor(() => expect(document.activeElement).toBe(status));
  });

  it("stays where the user has moved it", async () => {
    let answer: (response: Response) => void = () => undefined;
    server.submit = () => new Promise((resolve) => (answer = resolve));
    await show(server, <Said />);
    await fillInRight();
    screen.getByRole("button", { name: "Send" }).focus();
    await press("Send");
    elsewhere().focus();
    const fields = { email: ["is taken"] };
    await act(async () => answer(problem(422, "invalid", { fields })));
    await waitFor(() => expect(errorOf("Email")).toBe("is taken"));
    expect(document.activeElement).toBe(elsewhere());
    screen.getByRole("button", { name: "Send" }).focus();
    await press("Send");
    elsewhere().focus();
    await act(async () => answer(json({ sent: true })));
    await waitFor(() => screen.getByRole("status"));
    expect(document.activeElement).toBe(elsewhere());
  });

  it("moves to the error at the top about a field that is not rendered", async () => {
    await show(server, <Said />);
    await fillInRight();
    server.submit = () =>
      problem(422, "invalid", {
        fields: { country: ["is not served"], "phones.0.number": ["is lost"] },
      });
    await press("Send");
    const top = screen.getByRole("alert");
    await waitFor(() =>
      expect([...top.children].map((said) => said.textContent)).toEqual([
        "Phones, row 1, Number: is lost",
        "Country: is not served",
      ]),
    );
    expect(document.activeElement).toBe(top);
  });
});

describe("a form without a part for its errors", () => {
  it("shows its errors at the end", async () => {
    function Bare(): ReactNode {
      form = useContactForm();
      return (
        <form.Form>
          <form.Field name="name" />
          <form.Field name="email" />
          <form.Field name="message" />
          <form.Submit>Send</form.Submit>
        </form.Form>
      );
    }
    server.submit = () => problem(503, "unavailable");
    await show(server, <Bare />);
    expect(screen.queryByRole("alert")).toBeNull();
    await fillInRight();
    await press("Send");
    await waitFor(() => screen.getByText("It was unavailable."));
    expect(document.activeElement).toBe(screen.getByRole("alert"));
  });
});

describe("a list", () => {
  function numbers(): string[] {
    return form.rhf.getValues().phones.map(({ number }) => number);
  }

  it("adds, removes and moves rows, with their values and errors", async () => {
    await show(server, <Contact />);
    await press("Add");
    await waitFor(() =>
      expect(document.activeElement?.getAttribute("name")).toBe(
        "phones.0.kind",
      ),
    );
    expect(control("Kind").value).toBe("home");
    await press("Add");
    expect(screen.queryByRole("button", { name: "Add" })).toBeNull();
    await fillIn("Number 0", "1");
    await fillIn("Number 1", "2");
    await press("First", 1);
    expect(numbers()).toEqual(["2", "1"]);
    expect(control("Number 0").value).toBe("2");
    expect(control("Number 0").name).toBe("phones.0.number");
    await press("Remove");
    expect(numbers()).toEqual(["1"]);
    await waitFor(() =>
      expect(document.activeElement?.textContent).toBe("Add"),
    );
  });

  it("shows errors of the list and of a row in their places", async () => {
    server.state = {
      values: { ...right, phones: [{ number: "1" }, {}, { number: "3" }] },
    };
    await show(server, <Contact />);
    await press("Send");
    await waitFor(() => screen.getByText("two phones are enough"));
    const list = screen.getByRole("group", { name: "Phones" });
    expect(within(list).getByText("two phones are enough")).toBeDefined();
    expect(errorOf("Number 0")).toBeNull();
    expect(errorOf("Number 1")).toBe("This field is required.");
    expect(server.calls("contact.submit")).toEqual([]);
  });

  it("has buttons that work without JavaScript", async () => {
    server.state = { values: { phones: [{ number: "1" }] } };
    await show(server, <Contact />);
    const add = screen.getByRole("button", { name: "Add" });
    const remove = screen.getByRole("button", { name: "Remove" });
    const attributes = (button: Element): (string | null)[] =>
      ["type", "name", "value"].map((name) => button.getAttribute(name));
    expect(attributes(add)).toEqual(["submit", "__add", "phones"]);
    expect(attributes(remove)).toEqual(["submit", "__remove", "phones.0"]);
    expect(add.hasAttribute("formnovalidate")).toBe(true);
  });
});
