import { Link, NavLink, Navigate, Outlet, Route, Routes, StaticRouter, createSearchParams, useHref, useLocation, useMatch, useParams, useSearchParams } from "react-router";

function Layout() {
  const { pathname, search, hash } = useLocation();
  return (
    <>
      <nav>
        <NavLink to="/" end>Home</NavLink>
        <NavLink to="/users" className={({ isActive }) => (isActive ? "on" : "off")} style={({ isPending }) => ({ opacity: isPending ? 0.5 : 1 })}>Users</NavLink>
        <Link to={{ pathname: "../about", search: "?a=1&b=2", hash: "#ü" }} relative="path" reloadDocument>About</Link>
      </nav>
      <p>{pathname}|{search}|{hash}</p>
      <Outlet context={{ from: "layout" }} />
    </>
  );
}

function User() {
  const params = useParams();
  const [search] = useSearchParams();
  const match = useMatch("/users/:id/*");
  return (
    <section>
      <h2>{params.id} {params["*"]}</h2>
      <p>{search.getAll("tag").join(", ")} {match?.pathnameBase} {useHref("edit")}</p>
      <Link to={`.?${createSearchParams({ tag: ["x y", "&"] })}`} prefetch="none">more</Link>
    </section>
  );
}

export default function Router() {
  return (
    <StaticRouter location="/app/users/7%20a/notes/1?tag=a&tag=b%2Bc#end" basename="/app">
      <Routes>
        <Route element={<Layout />}>
          <Route index element="home" />
          <Route path="users"><Route path=":id/*" element={<User />} /></Route>
          <Route path="old" element={<Navigate to="/users" />} />
          <Route path="*" element="not found" />
        </Route>
      </Routes>
    </StaticRouter>
  );
}
