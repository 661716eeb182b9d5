import { readdirSync, readFileSync } from 'node:fs';

/** The processes below `pid` that run, children and theirs; zombies do not count. Empty where there is no `/proc`. */
export function descendantsOf(pid: number): number[] {
  const found: number[] = [];
  for (const child of childrenOf(pid)) {
    if (!isZombie(child)) found.push(child);
    found.push(...descendantsOf(child));
  }
  return found;
}

/** What a process was started as, for people. */
export function describeProcess(pid: number): string {
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return `${pid} (${args.join(' ').trim().slice(0, 300)})`;
  } catch {
    return String(pid);
  }
}

function childrenOf(pid: number): number[] {
  const children: number[] = [];
  // Each thread has the children that it started itself.
  for (const thread of listed(`/proc/${pid}/task`)) {
    const text = readOr(`/proc/${pid}/task/${thread}/children`, '');
    children.push(...text.split(' ').filter(Boolean).map(Number));
  }
  return children;
}

function isZombie(pid: number): boolean {
  const stat = readOr(`/proc/${pid}/stat`, '');
  return stat === '' || /^[ZX]/u.test(stat.slice(stat.lastIndexOf(')') + 2));
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function readOr(path: string, otherwise: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return otherwise;
  }
}
