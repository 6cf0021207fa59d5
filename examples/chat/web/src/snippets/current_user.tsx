import { useCurrentUser } from "../mizan";

export function Hello() {
  const user = useCurrentUser();
  return <p>Hello, {user?.name ?? "stranger"}</p>;
}
