import { StrictMode } from "react";
import { hydratePage } from "./mizan/page";

await hydratePage(import.meta.glob("./pages/*.tsx"), {
  wrap: (page) => <StrictMode>{page}</StrictMode>,
});
