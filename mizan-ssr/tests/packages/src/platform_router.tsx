import { Outlet, RouterProvider, createMemoryHistory, createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import { use } from "react";

const root = createRootRoute({ component: () => <main><Outlet /></main> });
const post = createRoute({
  getParentRoute: () => root,
  path: "/posts/$id",
  loader: async ({ params }) => ({ title: `Post ${params.id}`, tags: new Headers([["tag", "a"], ["tag", "b"]]).get("tag") }),
  component: function Post() {
    const { title, tags } = post.useLoaderData();
    return <article>{title} {tags}</article>;
  },
});
const old = createRoute({
  getParentRoute: () => root,
  path: "/old",
  loader: () => {
    throw redirect({ to: "/posts/$id", params: { id: "1" } });
  },
});
const router = createRouter({
  routeTree: root.addChildren([post, old]),
  history: createMemoryHistory({ initialEntries: ["/posts/7"] }),
});
const loaded = router.load();

export default function Router() {
  // The routes have loaded before the first render.
  use(loaded);
  return <RouterProvider router={router} />;
}
