import {
  Activity, Children, Component, Fragment, Profiler, StrictMode, Suspense, cloneElement, createContext, createElement, forwardRef, isValidElement, memo, use, useActionState,
  useCallback, useContext, useDebugValue, useDeferredValue, useEffect, useId, useImperativeHandle, useInsertionEffect, useLayoutEffect, useMemo,
  useOptimistic, useReducer, useRef, useState, useSyncExternalStore, useTransition,
} from "react";
import type { ContextType, ReactElement, ReactNode, Ref } from "react";

const Theme = createContext("light");
const Level = createContext(0);
Theme.displayName = "Theme";

const Id = () => <i id={useId()}>{useContext(Theme)}{use(Level)}</i>;
const Nested = ({ depth }: { depth: number }): ReactNode => (
  <Level.Provider value={depth}><Id /><Id />{depth < 4 && <Nested depth={depth + 1} />}<Id /></Level.Provider>
);
const Forwarded = memo(forwardRef<HTMLInputElement, { label: string }>(function Forwarded({ label }, ref) {
  const id = useId();
  useImperativeHandle(ref, () => null as never);
  return <><label htmlFor={id}>{label}</label><input id={id} /></>;
}));
const RefAsProp = ({ ref }: { ref?: Ref<HTMLElement> }) => <em ref={ref}>ref</em>;

class Counter extends Component<{ start?: number; children?: ReactNode }, { n: number; double?: number }> {
  static contextType = Theme;
  static defaultProps = { start: 5 };
  static getDerivedStateFromProps(_: unknown, state: { n: number }) {
    return { double: state.n * 2 };
  }
  declare context: ContextType<typeof Theme>;
  #secret = "private";
  state: { n: number; double?: number } = { n: this.props.start ?? 0 };
  constructor(props: { start?: number }) {
    super(props);
    this.read = this.read.bind(this);
  }
  UNSAFE_componentWillMount() {
    this.setState({ n: this.state.n + 1 });
  }
  componentDidMount() {
    throw new Error("not on a server");
  }
  read() {
    return this.#secret;
  }
  render() {
    return <u title={this.context} onClick={this.read}>{this.state.n} {this.state.double} {this.read()}{this.props.children}</u>;
  }
}

class Old extends Component {
  render() {
    return <Theme.Consumer>{(theme) => <s>{theme}</s>}</Theme.Consumer>;
  }
}

function Hooks() {
  const [n, set] = useState(() => 1);
  if (n < 4) set(n + 1);
  const [state, dispatch] = useReducer((sum: number, by: number) => sum + by, 10, (start) => start * 2);
  if (state < 22) dispatch(1);
  const ref = useRef(0);
  ref.current++;
  const [pending, startTransition] = useTransition();
  const store = useSyncExternalStore(() => () => {}, () => "browser", () => "server");
  const [optimistic] = useOptimistic("real");
  const [action, , busy] = useActionState(async (before: string) => before, "initial");
  const call = useCallback(() => startTransition(() => {}), []);
  useDebugValue(n);
  useEffect(() => { throw new Error("not on a server"); });
  useLayoutEffect(() => {});
  useInsertionEffect(() => {});
  const memoized = useMemo(() => [n, typeof call].join("/"), [n, call]);
  return <q>{n} {state} {ref.current} {String(pending)} {store} {useDeferredValue("now", "first")} {optimistic} {action} {String(busy)} {memoized}</q>;
}

const Numbered = ({ children }: { children: ReactNode }) => (
  <ol>{Children.map(children, (child, at) => (isValidElement(child) ? cloneElement(child as ReactElement<{ value?: number }>, { value: at }) : <li>{child}</li>))}{Children.count(children)}</ol>
);

export default function App({ n }: { n: number }) {
  return (
    <StrictMode>
      <Theme value="dark">
        <Nested depth={0} />
        <Forwarded label="a" /><Forwarded label="b" /><RefAsProp />
        <Counter>{n}</Counter><Counter start={1} /><Old />
      </Theme>
      <Id />
      <Hooks />
      <Profiler id="p" onRender={() => {}}><Fragment key="f"><Numbered><li>x</li>{null}text{[<li key="y">y</li>]}</Numbered></Fragment></Profiler>
      <Suspense fallback="f"><Id /><Suspense><Id /></Suspense></Suspense>
      <Activity mode="visible"><b>visible</b></Activity>
      <Activity mode="hidden"><b>hidden</b></Activity>
      {Array.from({ length: 40 }, (_, at) => <Id key={at} />)}
      {createElement("p", { key: "k", children: "made" })}
    </StrictMode>
  );
}
