import { type } from "arktype";

const User = type({ name: "string > 1", "age?": "number.integer >= 0", email: "string.email", "file?": "Blob | File" });

export default function Arktype() {
  const valid = User({ name: "Ada", age: 36, email: "ada@example.com", file: new File(["x"], "x.txt") });
  const invalid = User({ name: "A", age: -1.5, email: "invalid" });
  return (
    <dl>
      <dt>{valid instanceof type.errors ? valid.summary : valid.name}</dt>
      <dd>{invalid instanceof type.errors ? invalid.summary : "valid"}</dd>
      <dd>{User.expression}</dd>
    </dl>
  );
}
