import type { ReactNode } from "react";
import { Notes } from "../components/Notes";

export { Layout as layout } from "../components/Layout";

const parts = [
  {
    file: "src/notes.rs",
    title: "A query, a form, a channel",
    text: "Async functions and structs in Rust. The client calls them with their types.",
  },
  {
    file: "web/src/pages/Home.tsx",
    title: "This page",
    text: "React renders it on the server with its data. Save the file, and the browser shows the change.",
  },
  {
    file: "src/lib.rs",
    title: "Accounts",
    text: "Sign-up, confirmation by mail, password reset and sessions. The terminal shows the mails.",
  },
];

/** The start page. */
export default function Home(): ReactNode {
  return (
    <>
      <title>Mizan Template</title>
      <meta name="description" content="Notes that everyone sees at once." />
      <main id="main" className="page" tabIndex={-1}>
        <div className="hero">
          <div>
            <h1>Your application is running.</h1>
            <p className="lead">
              Open this page in a second window, write a note, and both show it.
              Then edit a file, and watch it change.
            </p>
            <ul className="parts">
              {parts.map(({ file, title, text }) => (
                <li key={file}>
                  <h2>{title}</h2>
                  <p>{text}</p>
                  <code>{file}</code>
                </li>
              ))}
            </ul>
          </div>
          <Notes />
        </div>
      </main>
    </>
  );
}
