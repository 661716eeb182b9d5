import { type Breach, breachOf, type CheckResult } from '../../runs/check.ts';
import { KIB, MIB } from '../../runs/memory-sample.ts';

/** What an idle client may hold, the catalog of its server and a server in memory included. */
const MAX_IDLE_BYTES = 256 * KIB;
/** What may be left of each server when it is gone. */
const MAX_LEFT_BYTES = 4 * KIB;
/** What code may keep for itself, however many servers there are. */
const ONCE_BYTES = 16 * MIB;

export interface IdleMemory {
  readonly servers: number;
  /** Before any server of the run was registered, with all of them idle, and after the shutdown. */
  readonly beforeBytes: number;
  readonly idleBytes: number;
  readonly afterBytes: number;
  /** What one idle client of each kind holds. */
  readonly byKind: ReadonlyMap<string, number>;
}

export function checkIdleMemory(memory: IdleMemory): CheckResult<'memory'> {
  const { servers, beforeBytes, idleBytes, afterBytes, byKind } = memory;
  const breaches: Breach<'memory'>[] = [];
  const held = idleBytes - beforeBytes;
  const left = afterBytes - beforeBytes;
  const mayBeHeld = ONCE_BYTES + servers * MAX_IDLE_BYTES;
  const mayBeLeft = ONCE_BYTES + servers * MAX_LEFT_BYTES;
  if (held > mayBeHeld)
    breaches.push(breachOf('memory', `idle servers hold ${kib(held)}, at most ${kib(mayBeHeld)}`));
  for (const [kind, bytes] of byKind) {
    if (bytes <= MAX_IDLE_BYTES) continue;
    const what = `an idle client of ${kind} holds ${kib(bytes)}, at most ${kib(MAX_IDLE_BYTES)}`;
    breaches.push(breachOf('memory', what));
  }
  if (left > mayBeLeft)
    breaches.push(breachOf('memory', `${kib(left)} are left after the shutdown, at most ${kib(mayBeLeft)}`));
  return {
    check: 'memory',
    figures: `${kib(held / servers)} for each idle server, ${kib(left)} left in all after the shutdown`,
    breaches,
  };
}

export function kib(bytes: number): string {
  const amount = bytes / KIB;
  return `${amount.toFixed(Math.abs(amount) < 100 ? 1 : 0)} KiB`;
}
