import type { Clock } from '../../core/clock.ts';
import { LateMap } from '../../core/late-map.ts';
import type { Params } from '../../wire/json-rpc.ts';

/** Methods whose results say how long they may be kept (2026-07-28, caching). */
const CACHEABLE: ReadonlySet<string> = new Set([
  'tools/list',
  'prompts/list',
  'resources/list',
  'resources/templates/list',
  'resources/read',
]);

/** Results kept for one client; the oldest goes first. */
const MAX_ENTRIES = 500;
/** A server may ask for longer; nothing is kept longer than a day. */
const MAX_TTL_MS = 24 * 60 * 60 * 1000;

interface Entry {
  readonly method: string;
  readonly uri: unknown;
  readonly result: Record<string, unknown>;
  readonly freshUntil: number;
}

/**
 * Keeps results as long as the server allowed. It belongs to one client, and so to one authorization context: nothing
 * that is `private` is ever shared, and what is `public` is not either, which is always allowed.
 */
export class ResponseCache {
  readonly #clock: Clock;
  readonly #entries: LateMap<string, Entry> = new LateMap();
  #turn = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Grows whenever something is forgotten. What was asked for before then may be outdated when it arrives. */
  get turn(): number {
    return this.#turn;
  }

  /** A result that is still fresh. */
  get(method: string, params: Params | undefined): Record<string, unknown> | undefined {
    if (this.#entries.size === 0 || !CACHEABLE.has(method)) return undefined;
    const key = keyOf(method, params);
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#clock.now() < entry.freshUntil) return entry.result;
    this.#entries.delete(key);
    return undefined;
  }

  /**
   * Keeps a complete result that says how long it is fresh. Results that input led to are not to be given here.
   * @param turn what {@link turn} was when the result was asked for
   */
  put(method: string, params: Params | undefined, result: Record<string, unknown>, turn: number): void {
    const ttlMs = result['ttlMs'];
    if (turn !== this.#turn) return;
    if (!CACHEABLE.has(method) || typeof ttlMs !== 'number' || !(ttlMs > 0)) return;
    const key = keyOf(method, params);
    this.#entries.delete(key);
    const freshUntil = this.#clock.now() + Math.min(ttlMs, MAX_TTL_MS);
    this.#entries.set(key, { method, uri: params?.['uri'], result, freshUntil });
    if (this.#entries.size <= MAX_ENTRIES) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  /** The server says that a list has changed, or a cursor proved invalid: no page of it counts any more. */
  forgetList(list: 'tools' | 'resources' | 'prompts'): void {
    this.#turn++;
    for (const [key, { method }] of this.#entries) {
      if (method.startsWith(`${list}/`) && method.endsWith('/list')) this.#entries.delete(key);
    }
  }

  /** The server says that a resource, or a part of it, has changed. */
  forgetResource(uri: string): void {
    this.#turn++;
    for (const [key, entry] of this.#entries) {
      const { uri: kept } = entry;
      if (typeof kept === 'string' && (uri.startsWith(kept) || kept.startsWith(uri)))
        this.#entries.delete(key);
    }
  }

  clear(): void {
    this.#turn++;
    this.#entries.clear();
  }
}

/** Every parameter counts but `_meta`, which changes no answer. */
function keyOf(method: string, params: Params | undefined): string {
  if (params === undefined) return method;
  const { _meta, ...rest } = params;
  return `${method} ${JSON.stringify(rest)}`;
}
