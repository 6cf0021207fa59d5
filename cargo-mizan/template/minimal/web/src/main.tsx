import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { MizanProvider } from "./mizan";
import "./app.css";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no element with the id `root`");
createRoot(root).render(
  <StrictMode>
    <MizanProvider>
      <App />
    </MizanProvider>
  </StrictMode>,
);
