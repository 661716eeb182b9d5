import type { Redactor } from '../../core/redact.ts';
import { isObject } from '../../wire/json-rpc.ts';
import { plainEvent } from '../events/plain-event.ts';
import type { ServerState, ServerStatus } from '../servers/server-status.ts';

/** How a server was when the state was saved: what of its status still means something later. */
export type LastStatus = Pick<
  ServerStatus,
  | 'name'
  | 'state'
  | 'reason'
  | 'since'
  | 'transport'
  | 'era'
  | 'protocolVersion'
  | 'tools'
  | 'resources'
  | 'prompts'
  | 'connectMs'
  | 'error'
>;

const STATES: ReadonlySet<unknown> = new Set<ServerState>([
  'disconnected',
  'connecting',
  'initializing',
  'connected',
  'reconnecting',
  'closing',
  'unauthorized',
  'error',
  'sleeping',
  'disabled',
  'unavailable',
]);

const MAX_REASON = 4000;
const MAX_WORD = 200;

export function lastStatusOf(status: ServerStatus, redactor: Redactor): LastStatus {
  const { name, state, since, transport, era, protocolVersion } = status;
  const { tools, resources, prompts, connectMs } = status;
  return {
    name,
    state,
    reason: redactor.text(status.reason).slice(0, MAX_REASON),
    since,
    transport,
    era,
    protocolVersion,
    tools,
    resources,
    prompts,
    connectMs,
    error: plainEvent(status.error, redactor) as LastStatus['error'],
  };
}

/** Reads the status of a server from a file that anybody may have written to; undefined if it is not sound. */
export function readLastStatus(saved: unknown, name: string, redactor: Redactor): LastStatus | undefined {
  if (!isObject(saved)) return undefined;
  const { state, reason, since, transport, era, protocolVersion } = saved;
  const { tools, resources, prompts, connectMs = null, error } = saved;
  if (!STATES.has(state) || !isText(reason, MAX_REASON) || !isDate(since)) return undefined;
  if (!isWord(transport) || !isWord(era) || !isWord(protocolVersion)) return undefined;
  if (!isCount(tools) || !isCount(resources) || !isCount(prompts)) return undefined;
  if (connectMs !== null && !isDuration(connectMs)) return undefined;
  if (error !== undefined && !isObject(error)) return undefined;
  return {
    name,
    state: state as ServerState,
    reason,
    since,
    transport,
    era,
    protocolVersion,
    tools,
    resources,
    prompts,
    connectMs,
    // Bounded anew, and without keys that reach a prototype (S20).
    error: plainEvent(error, redactor) as LastStatus['error'],
  };
}

/** An ISO 8601 date as we write it. */
export function isDate(value: unknown): value is string {
  return typeof value === 'string' && value.length <= 30 && !Number.isNaN(Date.parse(value));
}

export function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}

function isWord(value: unknown): value is string | undefined {
  return value === undefined || isText(value, MAX_WORD);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
