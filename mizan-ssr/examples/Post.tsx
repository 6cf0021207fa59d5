import { use } from "react";

interface ServerFunctions {
  call(name: string, input?: string): Promise<{ json: string }>;
}

/** Calls a server function, as the generated client does. */
function query(name: string, input?: object): string {
  const key = Symbol.for("mizan.functions");
  const functions = (globalThis as unknown as Record<symbol, ServerFunctions>)[
    key
  ];
  return JSON.parse(use(functions.call(name, JSON.stringify(input))).json);
}

/** A page whose component asks for the post only after it has the user. */
export default function Post({ id }: { id: number }) {
  const user = query("current_user");
  const post = query("post", { id });
  return (
    <article>
      <p>Signed in as {user}</p>
      <p>{post}</p>
    </article>
  );
}
