/** Without a terminal a line now and then will do, in ms. */
const SPARSE_MS = 10_000;

/** Says on stderr how it goes: all of it on a terminal, sparsely elsewhere. */
export function progressPrinter(name: string): (line: string) => void {
  const isLive = process.stderr.isTTY;
  let lastAt = Number.NEGATIVE_INFINITY;
  return (line) => {
    const now = performance.now();
    if (!isLive && now - lastAt < SPARSE_MS) return;
    lastAt = now;
    process.stderr.write(`${name}: ${line}\n`);
  };
}
