import { QueryClientProvider } from "@tanstack/react-query";
import { useId } from "react";
import { GreetProvider, MizanProvider, createQueryClient, useApi, useCurrentUser, useEcho, useGreet, useMembersOnly } from "../../../../examples/chat/web/src/mizan";
import { echoInputSchema } from "../../../../examples/chat/web/src/mizan/schemas";

function Echo() {
  const echo = useEcho();
  const id = useId();
  const checked = echoInputSchema.safeParse({ text: "" });
  return (
    <form onSubmit={(event) => { event.preventDefault(); echo.mutate({ text: "a" }); }}>
      <label htmlFor={id}>Text</label>
      <textarea id={id} defaultValue="b" aria-invalid={echo.error?.fields.text !== undefined} />
      <button disabled={echo.isPending}>{echo.status}</button>
      {checked.error?.issues.map((issue) => <p key={issue.code}>{issue.message}</p>)}
    </form>
  );
}

function Greeting() {
  return <p>{useGreet().greeting}, {useCurrentUser()?.name ?? "anonymous"}</p>;
}

function Members() {
  return <p>{useMembersOnly({ enabled: false }).fetchStatus} {String(useApi().membersOnly.queryKey())}</p>;
}

/** The generated client with cached data. The tests of pages cover its calls of server functions. */
export default function Client() {
  const queryClient = createQueryClient();
  queryClient.setQueryData(["mizan", "current_user"], null);
  queryClient.setQueryData(["mizan", "greet", { name: "Ada" }], { greeting: "Hello, Ada" });
  return (
    <MizanProvider fallback={<p>wait</p>}>
      <QueryClientProvider client={queryClient}>
        <Echo />
        <GreetProvider name="Ada" fallback="wait"><Greeting /></GreetProvider>
        <Members />
      </QueryClientProvider>
    </MizanProvider>
  );
}
