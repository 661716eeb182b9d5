import type { RegistryEvents } from './registry-events.ts';

/** What becomes of an event that is kept: data only. Errors are what their `toJSON` says. */
export type PlainEvent<Value> = Value extends Error
  ? Readonly<Record<string, unknown>>
  : Value extends object
    ? { readonly [Key in keyof Value]: PlainEvent<Value[Key]> }
    : Value;

/** One event of one kind, as it is kept and handed out: plain, serialisable, without secrets, bounded. */
export interface EventRecord<Type extends keyof RegistryEvents> {
  /** As in `registry.on(type, …)`. */
  readonly type: Type;
  /** Counts the events of a registry of all kinds, from 1. */
  readonly sequence: number;
  /** When it happened, ISO 8601. */
  readonly at: string;
  /** The server it is about; undefined if it is about all. */
  readonly server: string | undefined;
  /** One readable sentence or word; undefined where the kind says it all. */
  readonly reason: string | undefined;
  /** What a listener of this kind is given, as plain data. */
  readonly event: PlainEvent<RegistryEvents[Type]>;
}

/** Anything that happens in a registry. `type` tells the kinds apart. */
export type RegistryEvent = { [Type in keyof RegistryEvents]: EventRecord<Type> }[keyof RegistryEvents];

/** Says to a reader that was too slow that it has missed something: here, in the order of the events. */
export interface DroppedEvents {
  readonly type: 'dropped';
  readonly count: number;
}
