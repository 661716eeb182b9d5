import { SignalboxError } from '../../core/errors.ts';
import type { EraName } from '../../protocol/eras/era.ts';
import { isTaskStatus, type TaskStatus } from '../../protocol/tasks/task-snapshot.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { isErrorObject, type TaskOutcome } from './task-outcome.ts';

/**
 * A task as plain JSON, to be kept and resumed by another client of the same server, in another process, later. Who
 * holds the id of a task can read its result: keep it as carefully as the result.
 */
export interface StoredTask {
  readonly version: 1;
  /** Name of the client that made it. */
  readonly server: string;
  readonly era: EraName;
  /** The tool that was called. */
  readonly tool: string;
  /** Absent where the server answered at once, without making a task. */
  readonly id?: string;
  readonly status: TaskStatus;
  readonly statusMessage?: string;
  /** ISO 8601 by the server's clock; empty if it did not say. */
  readonly createdAt: string;
  /** ISO 8601 by the server's clock; empty if it did not say. */
  readonly lastUpdatedAt: string;
  /** When the server's answer arrived, ISO 8601 by our clock: its time to live is counted from here. */
  readonly receivedAt: string;
  /** In ms; null: without limit. */
  readonly ttlMs: number | null;
  /** In ms. */
  readonly pollIntervalMs?: number;
  /** Keys of the questions that were answered. */
  readonly answered: readonly string[];
  /** How it ended, where that is known. */
  readonly outcome?: TaskOutcome;
}

/**
 * Checks what was stored.
 * @throws SignalboxError INVALID_ARGUMENT if it is no task, or one of another server
 */
export function readStoredTask(value: unknown, server: string): StoredTask {
  const stored: object = isObject(value) ? value : {};
  const problem = problemOf(stored as Record<string, unknown>, server);
  if (problem === undefined) return stored as StoredTask;
  throw new SignalboxError('INVALID_ARGUMENT', `this is no task that can be resumed here: ${problem}`, {
    server,
  });
}

function problemOf(stored: Record<string, unknown>, server: string): string | undefined {
  const { id, outcome, ttlMs, receivedAt, answered, pollIntervalMs, statusMessage } = stored;
  if (stored['version'] !== 1) return 'its version is not 1';
  // The id of a task is a key to its result: it goes to no other server.
  if (stored['server'] !== server) return 'it belongs to another server';
  if (stored['era'] !== 'modern' && stored['era'] !== 'legacy') return '"era" is wrong';
  for (const key of ['tool', 'createdAt', 'lastUpdatedAt']) {
    if (typeof stored[key] !== 'string') return `"${key}" is not text`;
  }
  if (statusMessage !== undefined && typeof statusMessage !== 'string') return '"statusMessage" is not text';
  if (!isTaskStatus(stored['status'])) return '"status" is wrong';
  if (ttlMs !== null && !isDuration(ttlMs)) return '"ttlMs" is wrong';
  if (pollIntervalMs !== undefined && !isDuration(pollIntervalMs)) return '"pollIntervalMs" is wrong';
  if (typeof receivedAt !== 'string' || Number.isNaN(Date.parse(receivedAt))) return '"receivedAt" is wrong';
  if (!Array.isArray(answered) || !answered.every((key) => typeof key === 'string'))
    return '"answered" is wrong';
  if (outcome !== undefined && !isOutcome(outcome)) return '"outcome" is wrong';
  if (id === undefined && outcome === undefined) return 'it has neither "id" nor "outcome"';
  return id === undefined || typeof id === 'string' ? undefined : '"id" is wrong';
}

function isOutcome(value: unknown): value is TaskOutcome {
  if (!isObject(value)) return false;
  const { kind, result, error } = value;
  if (kind === 'result') return isObject(result) && Array.isArray(result['content']);
  return kind === 'error' ? isErrorObject(error) : kind === 'cancelled';
}

function isDuration(value: unknown): boolean {
  return typeof value === 'number' && value >= 0;
}
