export default function Text({ n }: { n: number }) {
  return (
    <p>
      a{n}{null}{false}{true}{0}{""}{["x", "y"]}{"<&\"'>"}{10n}{-0}{NaN} ü 🎉 {"\u2028\0"}
      <b>{" "}</b>{[[["deep"]], new Set(["set"])]}{`a`}{`b`}
    </p>
  );
}
