import {
  Area, AreaChart, Bar, BarChart, CartesianGrid, Cell, ComposedChart, Cross, Curve, Dot, Funnel, FunnelChart, LabelList, Legend, Line, LineChart, Pie, PieChart, PolarAngleAxis,
  PolarGrid, Polygon, Radar, RadarChart, RadialBar, RadialBarChart, Rectangle, ReferenceLine, ResponsiveContainer, Sankey, Scatter,
  ScatterChart, Sector, Surface, Symbols, Text, Tooltip, Trapezoid, Treemap, XAxis, YAxis,
} from "recharts";

const data = ["Jan", "Feb", "Mar", "Apr", "May"].map((month, at) => ({ month, uv: 400 - at * 37, pv: 2400 + at * 211, z: at ** 2 }));
const size = { width: 480, height: 240, data };

/** Charts and shapes of recharts 3. Charts draw in an effect, so a server renders only their frame; shapes render completely. */
function Shapes() {
  const points = data.map((row, at) => ({ x: at * 40, y: row.uv / 4 }));
  return (
    <Surface width={300} height={200} viewBox={{ x: 0, y: 0, width: 300, height: 200 }} title="shapes">
      {(["linear", "monotone", "basis", "natural", "stepAfter", "cardinal" as "linear"] as const).map((type) => <Curve key={type} type={type} points={points} stroke="red" />)}
      <Curve type="monotoneX" points={points} baseLine={100} layout="horizontal" />
      <Sector cx={50} cy={50} innerRadius={10} outerRadius={40} startAngle={30} endAngle={200} cornerRadius={4} />
      <Rectangle x={1} y={2} width={30} height={40} radius={[4, 4, 0, 0]} isAnimationActive={false} />
      <Trapezoid x={1} y={2} upperWidth={30} lowerWidth={10} height={20} />
      {(["circle", "cross", "diamond", "square", "star", "triangle", "wye"] as const).map((type) => <Symbols key={type} type={type} size={64} cx={10} cy={10} />)}
      <Polygon points={points} /><Cross x={5} y={6} width={7} height={8} /><Dot cx={1} cy={2} r={3} />
      <Text x={10} y={10} width={100} angle={30} textAnchor="end" verticalAnchor="middle" scaleToFit>some words to break</Text>
    </Surface>
  );
}

export default function Charts() {
  return (
    <>
      <Shapes />
      <LineChart {...size} id="line">
        <CartesianGrid strokeDasharray="3 3" /><XAxis dataKey="month" /><YAxis yAxisId="a" domain={[0, "dataMax + 100"]} /><Tooltip /><Legend />
        <Line yAxisId="a" type="monotone" dataKey="pv" stroke="#8884d8" isAnimationActive={false} /><ReferenceLine yAxisId="a" y={2500} label="goal" />
      </LineChart>
      <BarChart {...size} layout="vertical" id="bar">
        <XAxis type="number" /><YAxis type="category" dataKey="month" /><Bar dataKey="uv" stackId="s" fill="#82ca9d" isAnimationActive={false}>{data.map((row) => <Cell key={row.month} fill={row.z > 4 ? "red" : "blue"} />)}<LabelList dataKey="uv" /></Bar>
      </BarChart>
      <AreaChart {...size} id="area"><defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="5%" stopOpacity={0.8} /></linearGradient></defs><Area type="basis" dataKey="uv" fill="url(#g)" isAnimationActive={false} /></AreaChart>
      <PieChart width={300} height={300} id="pie"><Pie data={data} dataKey="uv" nameKey="month" innerRadius={40} label isAnimationActive={false} /></PieChart>
      <RadarChart {...size} id="radar"><PolarGrid /><PolarAngleAxis dataKey="month" /><Radar dataKey="uv" isAnimationActive={false} /></RadarChart>
      <RadialBarChart {...size} id="radial" innerRadius="10%" outerRadius="80%"><RadialBar dataKey="uv" background isAnimationActive={false} /></RadialBarChart>
      <ScatterChart width={300} height={200} id="scatter"><XAxis type="number" dataKey="uv" /><YAxis type="number" dataKey="pv" /><Scatter data={data} isAnimationActive={false} shape="star" /></ScatterChart>
      <ComposedChart {...size} id="composed"><XAxis dataKey="month" scale="band" /><Bar dataKey="z" isAnimationActive={false} /><Line dataKey="uv" isAnimationActive={false} /></ComposedChart>
      <FunnelChart width={300} height={200} id="funnel"><Funnel data={data} dataKey="uv" isAnimationActive={false} /></FunnelChart>
      <Treemap width={300} height={200} data={data} dataKey="pv" nameKey="month" isAnimationActive={false} id="tree" />
      <Sankey width={300} height={200} data={{ nodes: [{ name: "a" }, { name: "b" }], links: [{ source: 0, target: 1, value: 3 }] }} />
      <ResponsiveContainer width={320} height={160}><LineChart data={data}><Line dataKey="uv" /></LineChart></ResponsiveContainer>
      <ResponsiveContainer initialDimension={{ width: 200, height: 100 }}><BarChart data={data}><Bar dataKey="uv" /></BarChart></ResponsiveContainer>
    </>
  );
}
