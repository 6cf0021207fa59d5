import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ChannelConsole } from "../components/ChannelConsole";
import { Page } from "../components/Page";
import { SchemaSection } from "../components/SchemaSection";
import { Text } from "../components/Text";
import { useApi } from "../mizan";

export { Layout as layout } from "../components/Layout";

interface ChannelProps {
  /** The name of the channel on the wire. */
  readonly name: string;
}

/** A channel: its documentation, its schemas, and a console that subscribes to it. */
export default function Channel({ name }: ChannelProps): ReactNode {
  const api = useApi();
  const { data } = useSuspenseQuery(api.describeChannel.queryOptions({ name }));
  return (
    <Page title={name} item={name} eyebrow={<p className="eyebrow">channel</p>}>
      <Text>{data.docs}</Text>
      <dl className="facts">
        {data.limits.length > 0 && (
          <div>
            <dt>Rate limits</dt>
            <dd>{data.limits.join(", ")}</dd>
          </div>
        )}
        {data.source !== null && (
          <div>
            <dt>Source</dt>
            <dd>
              <code>{data.source}</code>
            </dd>
          </div>
        )}
      </dl>
      <ChannelConsole key={name} details={data} />
      <SchemaSection
        definitions={data.definitions}
        schemas={[
          { title: "Params", schema: data.params },
          { title: "Message of a client", schema: data.client_message },
          { title: "Reply", schema: data.reply },
          { title: "Message of the server", schema: data.server_message },
          { title: "Snapshot", schema: data.snapshot },
          { title: "Member", schema: data.member },
        ]}
      />
    </Page>
  );
}
