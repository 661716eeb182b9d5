import { isDeepStrictEqual } from 'node:util';
import { sanitizePeerText } from '../../core/peer-text.ts';
import { MAX_SERVER_NAME } from '../checks/server-name.ts';
import { isRecord } from '../checks/value-checks.ts';
import type { ImportedServer } from './imported-server.ts';

/** What is done about a server whose name is taken by another definition. */
export type ConflictRule = 'skip' | 'replace' | 'rename';

/** What becomes of one imported server. */
export interface PlannedServer {
  readonly server: ImportedServer;
  /** The name that it has, or would have, in the file. */
  readonly name: string;
  /** `same`: the file has it already, or another host has given it; `unresolved`: somebody has to decide. */
  readonly action: 'add' | 'replace' | 'rename' | 'skip' | 'same' | 'unresolved';
  /** What holds the name, if anything does: the file itself, or another imported server. */
  readonly against?: ImportedServer | 'file';
}

/** Two definitions for one name. */
export interface Conflict {
  readonly name: string;
  readonly server: ImportedServer;
  readonly against: ImportedServer | 'file';
  /** Keys in which they differ. */
  readonly keys: readonly string[];
}

/** What a plan starts from. */
export interface PlanSource {
  readonly imported: readonly ImportedServer[];
  /** The entries of the file, with variables in place of their secrets so that they can be compared. */
  readonly existing: ReadonlyMap<string, unknown>;
  /** Decides a conflict. Undefined: nobody does. */
  readonly decide: (conflict: Conflict) => ConflictRule | undefined | Promise<ConflictRule | undefined>;
}

/** Decides what is written, in the order of the servers. Of two hosts with one definition the first is taken. */
export async function planImport({ imported, existing, decide }: PlanSource): Promise<PlannedServer[]> {
  const held = new Map<string, { entry: unknown; by: ImportedServer | 'file' }>();
  for (const [name, entry] of existing) held.set(name, { entry, by: 'file' });
  const plan: PlannedServer[] = [];
  for (const server of imported) {
    const name = usableName(server.name);
    const holder = held.get(name);
    if (holder === undefined) {
      held.set(name, { entry: server.entry, by: server });
      plan.push({ server, name, action: 'add' });
      continue;
    }
    const against = holder.by;
    if (isSameEntry(holder.entry, server.entry)) {
      plan.push({ server, name, action: 'same', against });
      continue;
    }
    const rule = await decide({ name, server, against, keys: differingKeys(holder.entry, server.entry) });
    const renamed = rule === 'rename' ? earlierName(held, name, server) : undefined;
    if (renamed !== undefined) {
      plan.push({ server, name: renamed, action: 'same', against: held.get(renamed)?.by ?? 'file' });
      continue;
    }
    if (rule === 'rename') {
      const free = freeName(name, server.host, held);
      held.set(free, { entry: server.entry, by: server });
      plan.push({ server, name: free, action: 'rename', against });
    } else if (rule === 'replace') {
      held.set(name, { entry: server.entry, by: server });
      dropEarlier(plan, name);
      plan.push({ server, name, action: existing.has(name) ? 'replace' : 'add', against });
    } else {
      plan.push({ server, name, action: rule === 'skip' ? 'skip' : 'unresolved', against });
    }
  }
  return plan;
}

/** The name under which an earlier import has put the same server. */
function earlierName(
  held: ReadonlyMap<string, { readonly entry: unknown }>,
  name: string,
  { host, entry }: ImportedServer,
): string | undefined {
  return [...held].find(([one, other]) => isNameFor(one, name, host) && isSameEntry(other.entry, entry))?.[0];
}

/** True for the name of a server, and for those that {@link planImport} gives it where that is taken. */
export function isNameFor(one: string, name: string, host: string): boolean {
  return one === name || one.startsWith(`${name}-${host}`);
}

/** What was to be written under a name that is given to another server now is written no more. */
function dropEarlier(plan: PlannedServer[], name: string): void {
  for (const [index, one] of plan.entries()) {
    const isWritten = one.action === 'add' || one.action === 'replace' || one.action === 'rename';
    if (one.name === name && isWritten) plan[index] = { ...one, action: 'skip' };
  }
}

/** A name that Signalbox accepts: without invisible characters, and at most {@link MAX_SERVER_NAME} long. */
export function usableName(name: string): string {
  const clean = sanitizePeerText(name, MAX_SERVER_NAME).replaceAll('…', '');
  return clean.trim() === '' ? 'server' : clean;
}

function freeName(name: string, host: string, held: ReadonlyMap<string, unknown>): string {
  const base = name.slice(0, MAX_SERVER_NAME - host.length - 5);
  let free = `${base}-${host}`;
  for (let count = 2; held.has(free); count++) free = `${base}-${host}-${count}`;
  return free;
}

/** True if two entries mean the same, however they are written. */
export function isSameEntry(one: unknown, other: unknown): boolean {
  return isDeepStrictEqual(normal(one), normal(other));
}

function differingKeys(one: unknown, other: unknown): string[] {
  const [first, second] = [normal(one), normal(other)];
  if (!isRecord(first) || !isRecord(second)) return [];
  const keys = new Set([...Object.keys(first), ...Object.keys(second)]);
  return [...keys].filter((key) => !isDeepStrictEqual(first[key], second[key]));
}

/** Without what says nothing: a type that follows from the shape, empty lists and objects. */
function normal(value: unknown, depth: number = 0): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => normal(item, depth + 1));
  if (!isRecord(value)) return value;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value).toSorted()) {
    const inner = normal(value[key], depth + 1);
    const isEmpty = typeof inner === 'object' && inner !== null && Object.keys(inner).length === 0;
    const isImplied = depth === 0 && key === 'type' && inner === 'stdio' && 'command' in value;
    const isAliasOfHttp =
      depth === 0 && key === 'type' && (inner === 'streamable-http' || inner === 'streamableHttp');
    if (isAliasOfHttp) result[key] = 'http';
    else if (!isEmpty && !isImplied && inner !== undefined) result[key] = inner;
  }
  return result;
}
