import type { KeyPath } from '../checks/findings.ts';
import type { FilePlace } from '../entry-error.ts';

/** Where one value of an imported entry comes from. */
export interface ValueOrigin {
  /** Where it stands in the entry: `env.TOKEN`, `args[2]`. */
  readonly path: KeyPath;
  /** Where it stood in the file of the host, below the server. */
  readonly from: KeyPath;
  readonly line: number;
  /** How it was changed: `seconds → ms`. Undefined: it was not. */
  readonly change?: string | undefined;
}

/** What somebody has to know of an import: a key without counterpart, something to be replaced. Never holds a value. */
export interface ImportNote {
  /** Where: a key below the server, or the server itself. */
  readonly from: KeyPath;
  readonly line: number;
  readonly message: string;
}

/** One server of another host, in our shape: as it would stand in `.mcp.json`, variables not filled in. */
export interface ImportedServer {
  /** Id of the host: `cursor`. */
  readonly host: string;
  readonly name: string;
  /** Where it stands in the file of the host. */
  readonly place: FilePlace;
  /** Folder of the project that it belongs to; undefined for a server of the user. */
  readonly folder: string | undefined;
  readonly entry: Readonly<Record<string, unknown>>;
  readonly values: readonly ValueOrigin[];
  readonly notes: readonly ImportNote[];
  /** What belongs into variables that the entry needs, where the host says so. */
  readonly hints: ReadonlyMap<string, string>;
}

/** What a file of a host holds. */
export interface HostReading {
  readonly servers: readonly ImportedServer[];
  /** What concerns no server that was read. */
  readonly notes: readonly ImportNote[];
}
