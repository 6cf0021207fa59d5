import { preconnect, prefetchDNS, preinit, preinitModule, preload, preloadModule } from "react-dom";

function Deep() {
  preload("/font.woff2", { as: "font", type: "font/woff2", crossOrigin: "" });
  preinit("/late.css", { as: "style", precedence: "low" });
  return (
    <>
      <title>{`Deep & "quoted"`}</title>
      <link rel="stylesheet" href="/deep.css" precedence="high" />
      <link rel="stylesheet" href="/plain.css" />
      <style href="inline" precedence="low">{"b { color: red }"}</style>
      <script async src="/deep.js" />
      <img src="/hero.png" fetchPriority="high" alt="" />
    </>
  );
}

/** Elements that React hoists, in a page that is not a complete document. */
export default function Head() {
  prefetchDNS("https://dns.example");
  preconnect("https://cdn.example", { crossOrigin: "use-credentials" });
  preinit("/first.js", { as: "script", fetchPriority: "high" });
  preinitModule("/module.js");
  preloadModule("/preloaded.js");
  preload("/image.png", { as: "image", imageSrcSet: "/image.png 1x, /big.png 2x", imageSizes: "50vw" });
  return (
    <main>
      <title>Title</title>
      <meta name="description" content="<b>" />
      <meta property="og:title" content="o" />
      <link rel="icon" href="/icon.svg" />
      <link rel="canonical" href="https://example.com/" itemProp="url" />
      <link rel="stylesheet" href="/a.css" precedence="low" media="print" />
      <Deep />
      <Deep />
      <script src="/sync.js" defer />
      <svg><title>not hoisted</title></svg>
      <noscript><link rel="stylesheet" href="/no.css" /></noscript>
    </main>
  );
}
