import { createClient } from "@supabase/supabase-js";

export default function Supabase() {
  const client = createClient("https://example.supabase.co", "public-key", {
    auth: { persistSession: false, autoRefreshToken: false },
    // Node.js 20 has no WebSocket.
    realtime: { transport: globalThis.WebSocket ?? class {} },
  });
  const { data } = client.storage.from("avatars").getPublicUrl("folder/ä.png");
  return <img alt={typeof client.from("posts").select} src={data.publicUrl} />;
}
