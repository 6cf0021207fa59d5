import { useActionState } from "react";
import { useFormStatus } from "react-dom";

function Submit() {
  const { pending, data, method } = useFormStatus();
  return <button disabled={pending}>{String(data)} {String(method)}</button>;
}

/** Functions as form actions. They have no URL without a bundler, so React makes the browser replay the event. */
export default function Forms() {
  const [state, action, pending] = useActionState(async (before: { n: number }, _data: FormData) => ({ n: before.n + 1 }), { n: 0 });
  const [other, toPage] = useActionState((before: number) => before + 1, 1, "/permanent");
  return (
    <>
      <form action={action}><input name="a" defaultValue={state.n} /><Submit />{String(pending)}</form>
      <form action={async () => {}}><button formAction={toPage} name="b" value="1">{other}</button><input type="submit" formAction={() => {}} /></form>
      <form action="/plain" method="post" encType="multipart/form-data"><input type="file" multiple accept="image/*" /></form>
    </>
  );
}
