import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** One process as the system sees it. */
export interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /**
   * When it started, in the unit of the system: clock ticks since boot on Linux, seconds since 1970 on macOS. Pid and
   * start together name one process; the pid alone may be another one's by now.
   */
  readonly startedAt: string;
  /** False for a zombie: it has ended, and only its parent has not asked yet. */
  readonly runs: boolean;
}

/** So many processes are looked at, at most: the default of `pid_max` on a small machine, twice. */
const MAX_ROWS = 65_536;

/** `ps` answers within a few ms; a system on which it does not shall not hold up a stop. */
const PS_TIMEOUT_MS = 2000;

let shared: ReadonlyMap<number, ProcessRow> | undefined;

/**
 * All processes, by pid; empty where the system tells nothing (Windows). One reading serves a whole turn of the event
 * loop: fifty servers that are closed together cost one.
 */
export function processTable(): ReadonlyMap<number, ProcessRow> {
  if (shared === undefined) {
    shared = new Map(readAll().map((row) => [row.pid, row]));
    // With a reference: without one, the loop could wait for I/O first, and go on with what is long out of date.
    setImmediate(() => {
      shared = undefined;
    });
  }
  return shared;
}

/** One process, read now; undefined if there is none, or if the system does not tell. */
export function processRow(pid: number): ProcessRow | undefined {
  if (process.platform === 'linux') return linuxRow(String(pid));
  return process.platform === 'darwin' ? askPs(['-p', String(pid)])[0] : undefined;
}

function readAll(): ProcessRow[] {
  if (process.platform === 'darwin') return askPs(['-A']);
  if (process.platform !== 'linux') return [];
  try {
    const pids = readdirSync('/proc').filter((entry) => /^\d+$/u.test(entry));
    return pids.slice(0, MAX_ROWS).flatMap((pid) => linuxRow(pid) ?? []);
  } catch {
    return []; // no /proc
  }
}

function linuxRow(pid: string): ProcessRow | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch {
    return undefined; // it ended meanwhile
  }
  // `pid (name) state ppid pgrp …`, the start as field 22: the name may itself hold spaces and brackets.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 20);
  const [state, parent, group] = fields;
  const startedAt = fields[19];
  if (startedAt === undefined) return undefined;
  const runs = state !== 'Z' && state !== 'X';
  return { pid: Number(pid), parent: Number(parent), group: Number(group), startedAt, runs };
}

function askPs(which: readonly string[]): ProcessRow[] {
  const { stdout } = spawnSync('/bin/ps', [...which, '-o', 'pid=,ppid=,pgid=,stat=,lstart='], {
    env: { LC_ALL: 'C' },
    encoding: 'utf8',
    timeout: PS_TIMEOUT_MS,
    maxBuffer: 16 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return parsePs(stdout ?? '');
}

/** Rows of `ps -o pid=,ppid=,pgid=,stat=,lstart=` in the locale C. */
export function parsePs(output: string): ProcessRow[] {
  return output
    .split('\n')
    .slice(0, MAX_ROWS)
    .flatMap((line) => {
      const [, pid, parent, group, state, start = ''] =
        /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(\S.*)$/u.exec(line) ?? [];
      const startedAt = Date.parse(start) / 1000;
      if (pid === undefined || Number.isNaN(startedAt)) return [];
      const row = { pid: Number(pid), parent: Number(parent), group: Number(group) };
      return [{ ...row, startedAt: String(startedAt), runs: state?.startsWith('Z') !== true }];
    });
}
