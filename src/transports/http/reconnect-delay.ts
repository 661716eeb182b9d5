import type { Random } from '../../core/random.ts';

/** Never reconnect a stream faster than this, whatever the server says, in ms (F-104). */
const FLOOR_MS = 500;
/** A server that asks for more than this, in ms, does not want the stream to be reopened (F-104). */
const MAX_TOLD_MS = 5 * 60_000;
const FIRST_MS = 500;
const BASE_MS = 1000;
const CAP_MS = 30_000;
/** A stream that lived this long, in ms, proves that the server is well: failures before it are forgotten (F-105). */
export const STABLE_STREAM_MS = 60_000;

/**
 * How long to wait before an event stream is opened again, in ms; undefined if the server asked to stay away.
 *
 * What the server told by `retry:` is a lower bound, with 0–10 % on top so that many clients do not return at once.
 * Without it the first attempt comes within 500 ms; later ones double from 1 s to 30 s, the upper half by chance:
 * a server that closes at once sees at most 10 of them in a minute (F-105).
 *
 * @param failures attempts in a row that brought nothing
 */
export function reconnectDelay(
  failures: number,
  toldMs: number | undefined,
  random: Random,
): number | undefined {
  if (toldMs !== undefined && toldMs > MAX_TOLD_MS) return undefined;
  const told = toldMs === undefined ? 0 : Math.max(FLOOR_MS, toldMs) * (1 + random() / 10);
  if (failures === 0) return toldMs === undefined ? random() * FIRST_MS : told;
  const ceiling = Math.min(CAP_MS, BASE_MS * 2 ** (failures - 1));
  return Math.max(told, ceiling / 2 + (random() * ceiling) / 2);
}

/**
 * True for an answer to the request for a stream by which the server says that there is none to be had, now or later:
 * asking again would not change that (F-103).
 */
export function refusesStream(status: number): boolean {
  return status < 500 && status !== 408 && status !== 425 && status !== 429;
}
