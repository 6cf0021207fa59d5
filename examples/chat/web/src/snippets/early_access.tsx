import { useSuspenseQuery } from "@tanstack/react-query";
import { api } from "../mizan";

export function EarlyAccess() {
  const { data } = useSuspenseQuery(
    api.earlyAccess.queryOptions(),
  );
  return <h1>{data.title}</h1>;
}
