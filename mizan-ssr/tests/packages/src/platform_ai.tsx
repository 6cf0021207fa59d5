import { useChat } from "@ai-sdk/react";
import { type UIMessage, createUIMessageStream, readUIMessageStream, simulateReadableStream } from "ai";
import { use } from "react";

const stream = createUIMessageStream({
  execute({ writer }) {
    writer.write({ type: "text-start", id: "1" });
    writer.write({ type: "text-delta", id: "1", delta: "streamed " });
    writer.write({ type: "text-delta", id: "1", delta: "text" });
    writer.write({ type: "text-end", id: "1" });
  },
});
const read = async () => {
  let last = "";
  for await (const message of readUIMessageStream({ stream })) last = message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const chunks: string[] = [];
  for await (const chunk of simulateReadableStream({ chunks: ["a", "b"], initialDelayInMs: null, chunkDelayInMs: null })) chunks.push(chunk);
  return `${last} ${chunks.join()}`;
};
const result = read();
const messages: UIMessage[] = [{ id: "m", role: "user", parts: [{ type: "text", text: "Hello" }] }];

export default function Chat() {
  const chat = useChat({ id: "chat", messages });
  return (
    <ul data-status={chat.status}>
      {chat.messages.map((message) => <li key={message.id}>{message.parts.map((part) => (part.type === "text" ? part.text : null))}</li>)}
      <li>{use(result)}</li>
    </ul>
  );
}
