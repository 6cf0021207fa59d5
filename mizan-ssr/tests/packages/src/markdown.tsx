import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";

const text = `
# Title *with* \`code\`

A [link](https://example.com "t"), <b>raw html</b>, an image ![alt](/a.png), www.example.com and &copy; 🎉.
[bad](javascript:alert(1)) footnote[^1] ~~gone~~

| a | b |
|:--|--:|
| 1 | \`x|y\` |

- [x] done
- [ ] open
  1. nested

> quote

\`\`\`ts
const a: number = 1 < 2 ? 3 : 4;
\`\`\`

[^1]: The note.
`;

export default function Page() {
  return (
    <article>
      <Markdown
        remarkPlugins={[[remarkGfm, { singleTilde: false }]]}
        components={{ h1: "h2", code: ({ node: _, className, ...rest }) => <code data-language={className?.replace("language-", "")} {...rest} /> }}
      >
        {text}
      </Markdown>
      <Markdown skipHtml allowedElements={["p", "em"]} unwrapDisallowed>{"*a* **b** <i>c</i>"}</Markdown>
    </article>
  );
}
