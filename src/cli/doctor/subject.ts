import type { ServerEntry } from '../../config/entry.ts';
import type { RegistryEvent } from '../../registry/events/event-record.ts';
import type { ServerInstance } from '../../registry/servers/server-instance.ts';

/** A sound entry, as checks that connect to nobody see it. */
export interface EntrySubject {
  readonly name: string;
  readonly entry: ServerEntry;
  /** Variables of this process, in which programs are looked for. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `file:line` of a key of the entry. */
  readonly place: (...key: (string | number)[]) => string;
}

/** A server that is connected, and whose lists have been read. */
export interface ConnectedSubject {
  readonly instance: ServerInstance;
  /** What has happened to it since. */
  readonly events: readonly RegistryEvent[];
  /** How long it took to answer, in ms, several times; undefined: it did not. */
  readonly pings: readonly (number | undefined)[];
  /** How many of its tools are approved from an earlier run; undefined if nothing is known of one. */
  readonly approved: number | undefined;
}
