import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Clock } from '../../core/clock.ts';

/** Damaged files that are kept. */
const MAX_DAMAGED = 5;
/** Names that one look goes through. */
const MAX_NAMES = 10_000;
/** A file that is being written is never this old, in ms; the pid in its name may be somebody else's by then. */
const MAX_WRITE_MS = 10 * 60 * 1000;

/** Where a new file is written before it takes its place: nobody else's name, and it tells whose it is. */
export function temporaryName(path: string): string {
  return `${path}.${process.pid}-${randomBytes(8).toString('hex')}.new`;
}

/** Sorts by time. */
export function damagedName(path: string, wallMs: number, unique: string): string {
  return `${path}.damaged-${new Date(wallMs).toISOString().replaceAll(/[-:.]/gu, '')}-${unique}`;
}

/** Removes what writers that were killed have left, and all but the last damaged files. Never rejects. */
export async function clearStateFolder(path: string, clock: Clock): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.`;
  const names = await readdir(folder).catch(() => []);
  const own = names.filter((name) => name.startsWith(prefix)).slice(0, MAX_NAMES);
  const damaged = own.filter((name) => /^damaged-\d{8}T\d{9}Z-[0-9a-f]{8}$/u.test(name.slice(prefix.length)));
  const tooMany = damaged.toSorted().slice(0, -MAX_DAMAGED);
  const left: string[] = [];
  for (const name of own) {
    const [, pid] = /^(\d{1,10})-[0-9a-f]{16}\.new$/u.exec(name.slice(prefix.length)) ?? [];
    if (pid !== undefined && (await isLeft(join(folder, name), Number(pid), clock))) left.push(name);
  }
  await Promise.all(
    [...tooMany, ...left].map((name) => rm(join(folder, name), { force: true }).catch(() => undefined)),
  );
}

async function isLeft(path: string, pid: number, clock: Clock): Promise<boolean> {
  if (!isRunning(pid)) return true;
  const info = await stat(path).catch(() => undefined);
  return info !== undefined && clock.wallNow() - info.mtimeMs > MAX_WRITE_MS;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
