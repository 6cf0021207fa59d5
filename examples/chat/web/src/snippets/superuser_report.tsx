import { useQuery } from "@tanstack/react-query";
import { api } from "../mizan";

export function SuperuserReport() {
  const report = useQuery(api.superuserReport.queryOptions());
  return <h1>{report.data?.title ?? report.error?.message}</h1>;
}
