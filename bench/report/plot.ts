import { cellLabel } from '../plan/cells.ts';
import type { CellFigures, Results } from './results.ts';
import { labelOf } from './tables.ts';

const WIDTH = 860;
const LABEL_WIDTH = 230;
const BAR_HEIGHT = 16;
const GAP = 6;
const TITLE_HEIGHT = 30;

const COLOURS: readonly (readonly [RegExp, string])[] = [
  [/^floor/u, '#8a8f98'],
  [/^(?:signalbox|registry)/u, '#2f7d4f'],
  [/^v/u, '#b5562b'],
];

/** CPU of each call as bars, one group for each cell of 100 B with 16 calls in flight: shorter is better. */
export function plotOf(results: Results): string {
  const groups = results.calls.filter(({ cell }) => cell.bytes === 100 && cell.inFlight === 16);
  let y = 34;
  const drawn = groups.map((figures) => {
    const text = group(figures, y);
    y += TITLE_HEIGHT + figures.contenders.length * (BAR_HEIGHT + GAP) + 14;
    return text;
  });
  const head = '<text x="10" y="22" class="head">Client CPU for each call, in µs (shorter is better)</text>';
  const style =
    '<style>text{font:12px system-ui,sans-serif;fill:#333}.head{font-weight:600;font-size:15px}.cell{font-weight:600}' +
    '@media (prefers-color-scheme:dark){text{fill:#ddd}}</style>';
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" role="img" aria-label="Client CPU for each call">${style}${head}${drawn.join('')}</svg>\n`;
}

function group(figures: CellFigures, top: number): string {
  const room = WIDTH - LABEL_WIDTH - 90;
  const most = Math.max(...figures.contenders.map(({ cpuUs }) => cpuUs.median));
  const bars = figures.contenders.map(({ contender, cpuUs }, index) => {
    const y = top + TITLE_HEIGHT + index * (BAR_HEIGHT + GAP);
    const width = Math.max(1, (cpuUs.median / most) * room).toFixed(1);
    const colour = COLOURS.find(([pattern]) => pattern.test(contender))?.[1] ?? '#555';
    const label = `<text x="10" y="${y + 12}">${labelOf(contender)}</text>`;
    const bar = `<rect x="${LABEL_WIDTH}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${colour}"/>`;
    const value = `<text x="${LABEL_WIDTH + Number(width) + 6}" y="${y + 12}">${cpuUs.median.toPrecision(3)}</text>`;
    return `${label}${bar}${value}`;
  });
  return `<text x="10" y="${top + 18}" class="cell">${cellLabel(figures.cell)}</text>${bars.join('')}`;
}
