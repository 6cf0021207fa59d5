const nothing = { onClick() {}, unknown: undefined, "data-symbol": undefined };

export default function Attributes({ n }: { n: number }) {
  return (
    <div
      className="a b" id="&quot;" data-a={n} data-b data-c={false} hidden tabIndex={0} aria-label={'"<'} aria-hidden={false} lang="en" dir="rtl"
      style={{ marginTop: 3, zIndex: 2, lineHeight: 1.5, "--x": "1;", WebkitFlex: 1, msFlex: 1, color: "", width: undefined, content: '"</style>"' } as React.CSSProperties}
      contentEditable spellCheck={false} draggable="true" suppressHydrationWarning inert popover="auto" {...nothing}
    >
      <label htmlFor="q">l</label>
      <input defaultValue="v" readOnly autoFocus maxLength={3} step={0.1} type="number" inputMode="numeric" enterKeyHint="go" />
      <input type="checkbox" defaultChecked value="" />
      <input type="radio" checked readOnly name="r" />
      <input value={"a\"b"} onChange={() => {}} disabled={false} />
      <select defaultValue="b" multiple={false}><optgroup label="g"><option value="a">A</option><option value="b">B {n}</option></optgroup></select>
      <select multiple defaultValue={["1", "3"]}>{["1", "2", "3"].map((k) => <option key={k}>{k}</option>)}</select>
      <textarea defaultValue={"\n<t>"} rows={2} />
      <textarea value="fixed" readOnly />
      <a href="javascript:void(0)" target="_blank" rel="noopener" download>a</a>
      <img src="/a.png" srcSet="/b.png 2x" alt="" width={10} loading="lazy" fetchPriority="low" crossOrigin="anonymous" />
      <video autoPlay muted controls playsInline src="/v.mp4"><track kind="captions" default /></video>
      <iframe srcDoc="<p>" allowFullScreen sandbox="" title="t" />
      <button type="submit" formNoValidate disabled>b</button>
      <table><caption>c</caption><colgroup><col span={2} /></colgroup><tbody><tr><td colSpan={2} headers="h">x</td></tr></tbody></table>
      <pre>{"\nfirst line"}</pre>
      <details open><summary>s</summary></details>
      <meter value={0.5} /><progress /><br /><wbr /><hr />
      <div dangerouslySetInnerHTML={{ __html: "<u>raw</u> &amp;" }} />
      <script type="application/json" dangerouslySetInnerHTML={{ __html: '{"a":"<\\/script>"}' }} />
      <style>{"a > b { content: '<'; }"}</style>
      <my-element class="own" some-text="t" flag={true} off={false} object={{ a: 1 }} method={() => {}} number={5}><slot name="s" /></my-element>
      <svg viewBox="0 0 1 1" xmlns="http://www.w3.org/2000/svg" focusable="false" preserveAspectRatio="none">
        <path d="M0 0" strokeWidth={2} xlinkHref="#a" fillOpacity={0.5} strokeDasharray="1 2" clipPath="url(#c)" />
        <text xmlSpace="preserve" textAnchor="middle">t<tspan dx={1}>u</tspan></text>
        <foreignObject><p className="html">p</p></foreignObject>
        <title>svg title</title><style>{".a{}"}</style><a href="#x">x</a>
      </svg>
      <math display="block"><mfrac><mi>a</mi><mn>2</mn></mfrac><annotation-xml encoding="text/html"><b>h</b></annotation-xml></math>
    </div>
  );
}
