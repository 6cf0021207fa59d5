import { use } from "react";
import { createHighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import tsx from "shiki/langs/tsx.mjs";
import light from "shiki/themes/github-light.mjs";

const highlighted = createHighlighterCore({ engine: createJavaScriptRegexEngine(), langs: [tsx], themes: [light] }).then((highlighter) =>
  highlighter.codeToHtml('const a: number = 1; // "é"\n<b>{`${a}`}</b>;', { lang: "tsx", theme: "github-light", tokenizeTimeLimit: 0 }),
);

export default function Code() {
  return <div dangerouslySetInnerHTML={{ __html: use(highlighted) }} />;
}
