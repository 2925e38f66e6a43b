/** Draws lines in a coordinate system, as SVG. */

/** What is drawn. */
export interface LineChart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly lines: readonly { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] }[];
}

interface Axis {
  readonly label: string;
  /** Where there are marks; the first and the last one are the ends of the axis. */
  readonly marks: readonly number[];
  /** Whether each doubling takes as much room. */
  readonly isLogarithmic?: true;
}

const width = 760;
const height = 400;
const area = { left: 70, right: 540, top: 50, bottom: 340 }; // what is right of it names the lines
const colors = ['#0b66c3', '#c2410c', '#15803d', '#7e22ce', '#525252']; // told apart by those who see few colors, too
const dashes = ['', '7 3', '2 3', '9 3 2 3', '4 4'];

/** The text of the picture: the same for the same numbers. */
export function drawLineChart({ title, x, y, lines }: LineChart): string {
  const toX = scale(x, area.left, area.right);
  const toY = scale(y, area.bottom, area.top);
  const parts = [
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(area.left, 28, title, 'font-size="16" font-weight="bold"'),
    ...x.marks.flatMap((mark) => [
      line(toX(mark), area.top, toX(mark), area.bottom),
      text(toX(mark), area.bottom + 18, String(mark), 'text-anchor="middle"'),
    ]),
    ...y.marks.flatMap((mark) => [
      line(area.left, toY(mark), area.right, toY(mark)),
      text(area.left - 8, toY(mark) + 4, String(mark), 'text-anchor="end"'),
    ]),
    text((area.left + area.right) / 2, area.bottom + 42, x.label, 'text-anchor="middle"'),
    text(0, 0, y.label, `text-anchor="middle" transform="translate(18 ${(area.top + area.bottom) / 2}) rotate(-90)"`),
    ...lines.flatMap(({ name, points }, at) => {
      const stroke = `stroke="${colors[at % colors.length]}" stroke-width="2.5" stroke-dasharray="${dashes[at % dashes.length]}"`;
      const path = points.map(([one, other]) => `${toX(one).toFixed(1)},${toY(other).toFixed(1)}`).join(' ');
      const legendY = area.top + 16 + 24 * at;
      return [
        `<polyline points="${path}" fill="none" ${stroke}/>`,
        `<line x1="${area.right + 14}" y1="${legendY}" x2="${area.right + 44}" y2="${legendY}" ${stroke}/>`,
        text(area.right + 50, legendY + 4, name, ''),
      ];
    }),
  ];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" font-family="sans-serif" font-size="12" fill="#1f2937">`;
  return `${head}\n<title>${title}</title>\n${parts.join('\n')}\n</svg>\n`;
}

/** From values of an axis to places; what is beyond its ends is put there. */
function scale({ marks, isLogarithmic }: Axis, from: number, to: number): (value: number) => number {
  const place = isLogarithmic ? Math.log2 : (value: number) => value;
  const first = place(marks[0] as number);
  const last = place(marks.at(-1) as number);
  return (value) => from + (to - from) * Math.min(1, Math.max(0, (place(value) - first) / (last - first)));
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="#d1d5db"/>`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${content}</text>`;
}
