type Row = { id: number; name: string; email: string; score: number };

const rowOf = (id: number): Row => ({ id, name: `Name ${id}`, email: `${id}@example.com`, score: (id * 7919) % 1000 });

function TableRow({ row }: { row: Row }) {
  return (
    <tr className={row.id % 2 ? "odd" : "even"}>
      <td>{row.id}</td>
      <td>{row.name}</td>
      <td><a href={`mailto:${row.email}`}>{row.email}</a></td>
      <td>{row.score}</td>
    </tr>
  );
}

export default function Table({ rows }: { rows: number }) {
  return (
    <table>
      <thead><tr><th>Id</th><th>Name</th><th>Mail</th><th>Score</th></tr></thead>
      <tbody>{Array.from({ length: rows }, (_, id) => <TableRow key={id} row={rowOf(id)} />)}</tbody>
    </table>
  );
}
