import { api } from "../mizan";

export async function signIn(email: string, password: string) {
  const result = await api.forms.signIn.submit.safe({
    email,
    password,
  });
  if (!result.ok)
    return result.error.code === "wrong_credentials"
      ? "Try another password"
      : result.error.message;
  switch (result.value.step) {
    case "signed_in":
      return `Go to ${result.value.next}`;
    case "verify_email":
      return `Enter the code for ${result.value.ticket}`;
    default:
      return result.value.step;
  }
}
