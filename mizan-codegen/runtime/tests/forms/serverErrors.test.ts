import { describe, expect, it } from "vitest";
import { ServerErrors } from "../../forms/serverErrors";

const ada = { name: "ada", email: "a@b.c" };
const bob = { ...ada, name: "bob" };

describe("errors of the server", () => {
  it("apply to the value that they belong to", () => {
    const serverErrors = new ServerErrors();
    serverErrors.recordCheck("name", ada, ["is taken"]);
    expect(serverErrors.messagesFor(ada)).toEqual({ name: ["is taken"] });
    expect(serverErrors.messagesFor(bob)).toEqual({});
    expect(serverErrors.isValidated("name", ada)).toBe(true);
    expect(serverErrors.isValidated("name", bob)).toBe(false);
    expect(serverErrors.isValidated("email", ada)).toBe(false);
  });

  it("of a check are replaced by those of a newer one", () => {
    const serverErrors = new ServerErrors();
    serverErrors.recordCheck("name", ada, ["is taken"]);
    serverErrors.recordCheck("name", ada);
    expect(serverErrors.messagesFor(ada)).toEqual({});
    expect(serverErrors.isValidated("name", ada)).toBe(true);
  });

  it("of a submission are not replaced by a later check of the same value", () => {
    const serverErrors = new ServerErrors();
    serverErrors.recordCheck("email", ada, ["is old news"]);
    serverErrors.beginSubmission(ada);
    expect(serverErrors.messagesFor(ada)).toEqual({});
    expect(serverErrors.isValidated("name", ada)).toBe(true);
    serverErrors.recordCheck("name", ada);
    serverErrors.recordRejection({ name: ["is not yours"] });
    serverErrors.recordCheck("name", ada);
    expect(serverErrors.messagesFor(ada)).toEqual({ name: ["is not yours"] });
    serverErrors.recordCheck("name", bob, ["is taken"]);
    expect(serverErrors.messagesFor(bob)).toEqual({ name: ["is taken"] });
    expect(serverErrors.messagesFor(ada)).toEqual({ name: ["is not yours"] });
    serverErrors.beginSubmission(ada);
    expect(serverErrors.messagesFor(ada)).toEqual({});
  });

  it("apply to the submitted values, even if the form mutates them", () => {
    const serverErrors = new ServerErrors();
    const values = { phones: [{ number: "1" }] };
    serverErrors.beginSubmission(values);
    serverErrors.recordRejection({ "phones.0.number": ["is not connected"] });
    values.phones[0] = { number: "2" };
    expect(serverErrors.messagesFor(values)).toEqual({});
    const same = { phones: [{ number: "1" }] };
    expect(serverErrors.messagesFor(same)).toEqual({
      "phones.0.number": ["is not connected"],
    });
  });

  it("distinguish files, also in lists", () => {
    const serverErrors = new ServerErrors();
    const [one, other] = [new File(["1"], "1"), new File(["2"], "2")];
    serverErrors.recordCheck("file", { file: one }, ["is no image"]);
    serverErrors.recordCheck("files", { files: [one] }, ["are too many"]);
    expect(serverErrors.messagesFor({ file: other, files: [other] })).toEqual(
      {},
    );
    expect(serverErrors.messagesFor({ file: one, files: [one] })).toEqual({
      file: ["is no image"],
      files: ["are too many"],
    });
  });
});
