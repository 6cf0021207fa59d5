import { useSignOut } from "../mizan";

export function SignOut() {
  const signOut = useSignOut();
  return (
    <button onClick={() => signOut.mutate()}>Sign out</button>
  );
}
