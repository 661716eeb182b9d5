import { readdirSync, readFileSync } from 'node:fs';

/** A tick of the kernel's accounts, in ms: 100 a second on every Linux that Node.js runs on. */
const TICK_MS = 10;

/** CPU time that has gone by, in ms. */
interface Accounts {
  readonly atMs: number;
  readonly machineMs: number;
  readonly oursMs: number;
}

/**
 * How many cores others used meanwhile: what the machine did, less what the client, the servers and this process did.
 * Undefined where the system keeps no such accounts.
 */
export class OtherLoad {
  readonly #pids: readonly number[];
  readonly #before: Accounts | undefined;

  /** @param pids processes of the measurement; their children count as theirs */
  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#before = accounts(pids);
  }

  cores(): number | undefined {
    const before = this.#before;
    const after = before === undefined ? undefined : accounts(this.#pids);
    if (before === undefined || after === undefined) return undefined;
    const others = after.machineMs - before.machineMs - (after.oursMs - before.oursMs);
    return Math.max(0, others) / Math.max(1, after.atMs - before.atMs);
  }
}

function accounts(pids: readonly number[]): Accounts | undefined {
  try {
    const [, user, nice, system, , , irq, softIrq] = readFileSync('/proc/stat', 'utf8')
      .split(/\s+/u)
      .map(Number);
    const machineMs = (user! + nice! + system! + irq! + softIrq!) * TICK_MS;
    return { atMs: performance.now(), machineMs, oursMs: timeOf(new Set([...pids, process.pid])) };
  } catch {
    return undefined;
  }
}

/** Of these processes and of their children. */
function timeOf(pids: ReadonlySet<number>): number {
  let ticks = 0;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const fields = statOf(pid);
    if (fields !== undefined && (pids.has(pid) || (pid !== process.pid && pids.has(Number(fields[1]))))) {
      ticks += Number(fields[11]) + Number(fields[12]);
    }
  }
  return ticks * TICK_MS;
}

/** The fields behind the name of the program, which may contain anything. */
function statOf(pid: number): readonly string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
