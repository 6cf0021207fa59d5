import { api } from "../mizan";

export async function signIn(user: string): Promise<string> {
  const result = await api.signIn.safe({ user });
  if (result.ok) return `Welcome, ${result.value.name}`;
  const { error } = result;
  switch (error.code) {
    case "unknown_user":
      return `Known are ${error.known.join(", ")}`;
    case "too_many_sessions":
      return "Come back in a minute";
    default:
      return error.message;
  }
}
