import { useEcho } from "../mizan";

export function Echo({ text }: { text: string }) {
  const echo = useEcho();
  if (echo.error) return <p>{echo.error.fields.text}</p>;
  if (echo.data) return <p>{echo.data.message}</p>;
  return (
    <button onClick={() => echo.mutate({ text })}>Send</button>
  );
}
