/** What Node.js itself makes and unmakes all the time. */
const PASSING: ReadonlySet<string> = new Set(['Immediate', 'TickObject', 'FSReqPromise', 'FSReqCallback']);

type Holdings = ReadonlyMap<string, number>;

/** What keeps this process busy: sockets, servers, processes, pipes, timers, and listeners on `process`. */
export function holdings(): Holdings {
  const found = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo()) {
    if (!PASSING.has(name)) found.set(name, (found.get(name) ?? 0) + 1);
  }
  for (const event of process.eventNames()) {
    found.set(`listener of process for "${String(event)}"`, process.listenerCount(event));
  }
  return found;
}

/** What is there now and was not before, in words; empty if nothing is. */
export function leftovers(before: Holdings): string[] {
  const left: string[] = [];
  for (const [name, count] of holdings()) {
    const more = count - (before.get(name) ?? 0);
    if (more > 0) left.push(`${more} × ${name}`);
  }
  return left;
}
