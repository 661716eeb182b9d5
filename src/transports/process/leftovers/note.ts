import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { processRow } from '../tree/process-table.ts';
import type { ProcessIdentity } from '../tree/process-tree.ts';

/** A started group, as it is noted for whoever comes after us. */
export interface GroupNote {
  /** Pid of the leader, which is the id of its group. */
  readonly pid: number;
  readonly startedAt: string;
  /** Hash of command and arguments, for people who compare notes. It holds no secret. */
  readonly command: string;
}

/** What stands in the file of one owner. */
export interface OwnerNote {
  readonly version: 1;
  /** See {@link machineId}. */
  readonly machine: string;
  readonly owner: { readonly pid: number; readonly startedAt: string };
  readonly groups: readonly GroupNote[];
}

/** So many groups are noted, at most; they fit {@link MAX_NOTE_BYTES}. */
export const MAX_GROUPS = 500;

/** Larger files are none of ours. */
export const MAX_NOTE_BYTES: number = 128 * 1024;

/** `pid-start-copy.json`, and after it was taken over `pid-start-copy.json` of the one who took it. */
export const NOTE_FILE: RegExp = /^owner-(\d{1,10})-(\d{1,20})-[\da-f]{8,64}\.json$/u;

let self: { readonly pid: number; readonly startedAt: string } | undefined;

/** This process; undefined where the system tells no start times. */
export function thisProcess(): { readonly pid: number; readonly startedAt: string } | undefined {
  if (self === undefined) {
    const startedAt = processRow(process.pid)?.startedAt;
    if (startedAt !== undefined) self = { pid: process.pid, startedAt };
  }
  return self;
}

/** In which pids and start times mean the same: `boot/namespace of pids`. A container has its own. */
export function machineId(): string {
  if (process.platform !== 'linux') return 'one';
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return `${boot}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return 'unknown';
  }
}

/** See {@link GroupNote.command}. */
export function commandHash(command: string, args: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([command, ...args]))
    .digest('hex')
    .slice(0, 16);
}

/** Reads what a file says; undefined if it is not such a note. */
export function parseNote(text: string): OwnerNote | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const { version, machine, owner, groups } = (value ?? {}) as Partial<Record<keyof OwnerNote, unknown>>;
  if (version !== 1 || typeof machine !== 'string' || !isIdentity(owner)) return undefined;
  if (!Array.isArray(groups) || groups.length > MAX_GROUPS) return undefined;
  const isGroup = (group: unknown): group is GroupNote =>
    isIdentity(group) && typeof (group as Partial<GroupNote>).command === 'string';
  return groups.every(isGroup) ? { version, machine, owner, groups } : undefined;
}

function isIdentity(value: unknown): value is { readonly pid: number; readonly startedAt: string } {
  const { pid, startedAt } = (value ?? {}) as Partial<ProcessIdentity>;
  // 1 and below would be a whole system, or our own group.
  return Number.isSafeInteger(pid) && pid! > 1 && typeof startedAt === 'string' && /^\d+$/u.test(startedAt);
}
