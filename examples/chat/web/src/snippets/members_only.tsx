import { useMembersOnly } from "../mizan";

export function MembersOnly() {
  const { data, error } = useMembersOnly();
  if (error?.code === "unauthenticated")
    return <a href="#sign_in">Sign in</a>;
  return <h1>{data?.title}</h1>;
}
