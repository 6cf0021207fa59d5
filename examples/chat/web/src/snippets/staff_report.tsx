import { useStaffReport } from "../mizan";

export function StaffReport() {
  const { data, error } = useStaffReport();
  if (error?.code === "forbidden") return <p>Staff only</p>;
  return <h1>{data?.title}</h1>;
}
