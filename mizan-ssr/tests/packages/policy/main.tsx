/// <reference types="vite/client" />
import { hydratePage } from "../../../../mizan-codegen/runtime/react/hydratePage";

await hydratePage(import.meta.glob("./pages/*.tsx"));
