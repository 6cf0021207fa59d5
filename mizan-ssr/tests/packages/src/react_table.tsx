export default function Table({ n }: { n: number }) {
  return (
    <table>
      <tbody>{Array.from({ length: 200 }, (_, at) => <tr key={at}><td>{at}</td><td>row {at * n}</td><td>{at % 2 ? "odd" : null}</td></tr>)}</tbody>
    </table>
  );
}
