interface Measured {
  readonly median: number;
}
interface Figures {
  readonly madeAt: string;
  readonly calls: readonly {
    readonly cell: { readonly wire: string; readonly bytes: number; readonly inFlight: number };
    readonly contenders: readonly {
      readonly contender: string;
      readonly callsPerSecond: Measured;
      readonly cpuUs: Measured;
      readonly p50Ms: Measured;
    }[];
  }[];
}

const WIRES = { stdio: '`stdio`', json: '`http`, JSON answers', sse: '`http`, event streams' } as const;

const rounded = (value: number): string =>
  value >= 100 ? Math.round(value).toLocaleString('en').replaceAll(',', ' ') : value.toPrecision(2);

/** What one small call costs over each wire that the benchmark has measured. */
export function costTable(json: string): string {
  const { calls, madeAt } = JSON.parse(json) as Figures;
  const columns = Object.entries(WIRES).flatMap(([wire, title]) => {
    const measured = calls.find(
      ({ cell }) => cell.wire === wire && cell.bytes === 100 && cell.inFlight === 16,
    );
    const own = measured?.contenders.find(({ contender }) => contender === 'signalbox');
    return own === undefined ? [] : [{ title, ...own }];
  });
  const row = (name: string, value: (column: (typeof columns)[number]) => number): string =>
    `| ${[name, ...columns.map((column) => rounded(value(column)))].join(' | ')} |`;
  return [
    `| made ${madeAt.slice(0, 10)} | ${columns.map(({ title }) => title).join(' | ')} |`,
    `| --- |${' ---: |'.repeat(columns.length)}`,
    row('calls per second', ({ callsPerSecond }) => callsPerSecond.median),
    row('processor, µs a call', ({ cpuUs }) => cpuUs.median),
    row('p50, ms', ({ p50Ms }) => p50Ms.median),
  ].join('\n');
}
