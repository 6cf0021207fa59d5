import { createApi } from "./mizan";

/** The functions of the explorer. Those of the application have another address. */
export const explorerApi = createApi({ baseUrl: "/_mizan/api" });
