import { isObject } from '../../wire/json-rpc.ts';
import type { EraName } from '../eras/era.ts';

/** `completed`, `failed` and `cancelled` are final. */
export type TaskStatus = 'working' | 'input_required' | 'completed' | 'failed' | 'cancelled';

const STATUSES: ReadonlySet<unknown> = new Set<TaskStatus>([
  'working',
  'input_required',
  'completed',
  'failed',
  'cancelled',
]);

export function isTaskStatus(value: unknown): value is TaskStatus {
  return STATUSES.has(value);
}

/** True for a status after which a task changes no more. */
export function isFinal(status: TaskStatus): boolean {
  return status !== 'working' && status !== 'input_required';
}

/** What a server said of a task at one moment: one shape for both eras. */
export interface TaskSnapshot {
  readonly id: string;
  readonly status: TaskStatus;
  /** For people; untrusted. */
  readonly statusMessage: string | undefined;
  /** ISO 8601 by the clock of the server; empty if it did not say. */
  readonly createdAt: string;
  /** ISO 8601 by the clock of the server; empty if it did not say. */
  readonly lastUpdatedAt: string;
  /** How long the server keeps the task from its creation on, in ms; null: without limit. */
  readonly ttlMs: number | null;
  /** How often the server wants to be asked, in ms. */
  readonly pollIntervalMs: number | undefined;
  /** Modern era, `input_required`: what is asked for. */
  readonly inputRequests: unknown;
  /** Modern era, `completed`: the result. */
  readonly result: unknown;
  /** Modern era, `failed`: the JSON-RPC error. */
  readonly error: unknown;
}

/** Reads a task as its era writes it; undefined for what is none. Times that make no sense count as not given. */
export function readTask(value: unknown, era: EraName): TaskSnapshot | undefined {
  if (!isObject(value)) return undefined;
  const { taskId, status, statusMessage, createdAt, lastUpdatedAt, inputRequests, result, error } = value;
  if (typeof taskId !== 'string' || !isTaskStatus(status)) return undefined;
  const isModern = era === 'modern';
  const ttl = isModern ? value['ttlMs'] : value['ttl'];
  const pollInterval = isModern ? value['pollIntervalMs'] : value['pollInterval'];
  return {
    id: taskId,
    status,
    statusMessage: typeof statusMessage === 'string' ? statusMessage : undefined,
    createdAt: typeof createdAt === 'string' ? createdAt : '',
    lastUpdatedAt: typeof lastUpdatedAt === 'string' ? lastUpdatedAt : '',
    ttlMs: isDuration(ttl) ? ttl : null,
    pollIntervalMs: isDuration(pollInterval) ? pollInterval : undefined,
    inputRequests,
    result,
    error,
  };
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
