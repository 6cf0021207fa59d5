import { HttpResponse, delay, getResponse, http } from "msw";
import { use } from "react";

const handlers = [
  http.get("https://api.example.com/users/:id", async ({ params, request, cookies }) => {
    await delay(1);
    return HttpResponse.json({ id: params.id, page: new URL(request.url).searchParams.get("page"), cookies }, { status: 201 });
  }),
  http.post("https://api.example.com/users", async ({ request }) => HttpResponse.text(`created ${(await request.formData()).get("name")}`)),
];
const load = async () => {
  const user = await getResponse(handlers, new Request("https://api.example.com/users/7?page=2"));
  const body = new URLSearchParams({ name: "Ada" });
  const created = await getResponse(handlers, new Request("https://api.example.com/users", { method: "POST", body }));
  const other = await getResponse(handlers, new Request("https://other.example.com/"));
  return [user?.status, user?.headers.get("content-type"), await user?.text(), await created?.text(), String(other)].join(" | ");
};
const loaded = load();

export default function Mocks() {
  return <p>{use(loaded)}</p>;
}
