import type { WireTap } from '../../../src/index.ts';

/** A call that has not ended. */
export interface Flight {
  readonly server: string;
  readonly atMs: number;
  readonly limitMs: number;
  /** How often its request went out. */
  sent: number;
}

const KEY = '"key":"';

/** The calls that are under way; as a tap it counts how often each went out. */
export class Flights implements WireTap {
  readonly #open: Map<string, Flight> = new Map();

  add(key: string, flight: Flight): void {
    this.#open.set(key, flight);
  }

  delete(key: string): void {
    this.#open.delete(key);
  }

  get size(): number {
    return this.#open.size;
  }

  entries(): readonly (readonly [string, Flight])[] {
    return [...this.#open];
  }

  sent(_server: string, text: string): void {
    const at = text.indexOf(KEY);
    if (at < 0) return;
    const start = at + KEY.length;
    const flight = this.#open.get(text.slice(start, text.indexOf('"', start)));
    if (flight !== undefined) flight.sent++;
  }

  received(): void {}
}
