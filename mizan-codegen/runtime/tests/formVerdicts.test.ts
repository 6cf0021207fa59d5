import { describe, expect, it } from "vitest";
import { ServerVerdicts } from "../formVerdicts";

const ada = { name: "ada", email: "a@b.c" };
const bob = { ...ada, name: "bob" };

describe("a verdict of the server", () => {
  it("holds for the value that it is about", () => {
    const verdicts = new ServerVerdicts();
    verdicts.addCheck("name", ada, ["is taken"]);
    expect(verdicts.about(ada)).toEqual({ name: ["is taken"] });
    expect(verdicts.about(bob)).toEqual({});
    expect(verdicts.isJudged("name", ada)).toBe(true);
    expect(verdicts.isJudged("name", bob)).toBe(false);
    expect(verdicts.isJudged("email", ada)).toBe(false);
  });

  it("of a check is replaced by a newer one", () => {
    const verdicts = new ServerVerdicts();
    verdicts.addCheck("name", ada, ["is taken"]);
    verdicts.addCheck("name", ada);
    expect(verdicts.about(ada)).toEqual({});
    expect(verdicts.isJudged("name", ada)).toBe(true);
  });

  it("of a submission stays, whatever a check of the same value says later", () => {
    const verdicts = new ServerVerdicts();
    verdicts.addCheck("email", ada, ["is old news"]);
    verdicts.beginSubmission(ada);
    expect(verdicts.about(ada)).toEqual({});
    expect(verdicts.isJudged("name", ada)).toBe(true);
    verdicts.addCheck("name", ada);
    verdicts.refuseSubmission({ name: ["is not yours"] });
    verdicts.addCheck("name", ada);
    expect(verdicts.about(ada)).toEqual({ name: ["is not yours"] });
    verdicts.addCheck("name", bob, ["is taken"]);
    expect(verdicts.about(bob)).toEqual({ name: ["is taken"] });
    expect(verdicts.about(ada)).toEqual({ name: ["is not yours"] });
    verdicts.beginSubmission(ada);
    expect(verdicts.about(ada)).toEqual({});
  });

  it("is about the values as they were sent, though the form changes them in place", () => {
    const verdicts = new ServerVerdicts();
    const values = { phones: [{ number: "1" }] };
    verdicts.beginSubmission(values);
    verdicts.refuseSubmission({ "phones.0.number": ["is not connected"] });
    values.phones[0] = { number: "2" };
    expect(verdicts.about(values)).toEqual({});
    const same = { phones: [{ number: "1" }] };
    expect(verdicts.about(same)).toEqual({
      "phones.0.number": ["is not connected"],
    });
  });

  it("tells one file from another, in a list too", () => {
    const verdicts = new ServerVerdicts();
    const [one, other] = [new File(["1"], "1"), new File(["2"], "2")];
    verdicts.addCheck("file", { file: one }, ["is no image"]);
    verdicts.addCheck("files", { files: [one] }, ["are too many"]);
    expect(verdicts.about({ file: other, files: [other] })).toEqual({});
    expect(verdicts.about({ file: one, files: [one] })).toEqual({
      file: ["is no image"],
      files: ["are too many"],
    });
  });
});
