import type { ReactNode } from "react";
import { Layout } from "../components/Layout";
import { Rooms as AllRooms } from "../components/Rooms";

/** Rooms to talk in, in step on every screen. */
export default function Rooms(): ReactNode {
  return (
    <Layout title="Rooms">
      <p className="lead">
        A channel knows what each page has seen. Whoever was away gets what was
        said meanwhile, or is told that something is missing.
      </p>
      <AllRooms />
    </Layout>
  );
}
