import { createMemoryRouter, isRouteErrorResponse, RouterProvider, useLoaderData, useRouteError } from "react-router";

const routes = [
  {
    path: "/",
    errorElement: <Failed />,
    children: [
      { path: "posts/:slug", Component: Post, loader: ({ params }: { params: { slug?: string } }) => ({ title: params.slug }) },
    ],
  },
];

function Post() {
  return <article>{useLoaderData<{ title: string }>().title}</article>;
}

function Failed() {
  const error = useRouteError();
  return <p>{isRouteErrorResponse(error) ? `${error.status} ${error.statusText}` : "failed"}</p>;
}

/** A data router with the data of a page, and one whose page does not exist. */
export default function RouterRoutes() {
  const found = createMemoryRouter(routes, { initialEntries: ["/posts/hello"], hydrationData: { loaderData: { "0-0": { title: "hello" } } } });
  const missing = createMemoryRouter(routes, { initialEntries: ["/nowhere"], hydrationData: {} });
  return <><RouterProvider router={found} /><RouterProvider router={missing} /></>;
}
