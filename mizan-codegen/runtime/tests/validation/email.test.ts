import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { isEmail } from "../../validation/email";

/** Results of the `validator` crate, written by the Rust tests. */
const verdicts = JSON.parse(
  readFileSync(new URL("./emails.json", import.meta.url), "utf8"),
) as Record<string, boolean>;

it("accepts the addresses that the server accepts", () => {
  const addresses = Object.keys(verdicts);
  expect(addresses.length).toBeGreaterThan(80);
  const ours = addresses.map((address) => [address, isEmail(address)]);
  expect(Object.fromEntries(ours)).toEqual(verdicts);
});
