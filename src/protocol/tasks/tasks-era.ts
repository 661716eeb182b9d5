import type { Params } from '../../wire/json-rpc.ts';
import type { Era } from '../eras/era.ts';
import { ModernEra, modernMeta } from '../eras/modern-era.ts';
import { encodeHeaderValue } from '../header-value.ts';
import type { ClientIdentity } from '../mcp-types.ts';

/** The extension that lets a modern server answer a call with a task. */
const TASKS_EXTENSION = 'io.modelcontextprotocol/tasks';

/** The `resultType` that the extension adds. */
export const TASK_RESULT = 'task';

/** Requests of the extension, whose `Mcp-Name` is the id of the task (ext-tasks, Streamable HTTP). */
const TASK_METHODS: ReadonlySet<string> = new Set(['tasks/get', 'tasks/update', 'tasks/cancel']);

/**
 * The modern era for requests that are prepared for tasks. No other request may declare the extension: a server may
 * answer whatever declares it with a task.
 */
class TasksEra extends ModernEra {
  constructor(protocolVersion: string, identity: ClientIdentity, logLevel?: string) {
    super(protocolVersion, modernMeta(protocolVersion, declaringTasks(identity), logLevel));
  }

  override headers(method: string, params: Params | undefined): Readonly<Record<string, string>> {
    const headers = super.headers(method, params);
    const taskId = params?.['taskId'];
    if (typeof taskId !== 'string' || !TASK_METHODS.has(method)) return headers;
    return { ...headers, 'mcp-name': encodeHeaderValue(taskId) };
  }
}

/** An era for requests that are prepared for tasks: only the modern one differs. */
export function tasksEraOf(
  era: Era | undefined,
  identity: ClientIdentity,
  logLevel: string | undefined,
): Era | undefined {
  return era?.name === 'modern' ? new TasksEra(era.protocolVersion, identity, logLevel) : era;
}

function declaringTasks({ info, capabilities }: ClientIdentity): ClientIdentity {
  const extensions = { ...capabilities.extensions, [TASKS_EXTENSION]: {} };
  return { info, capabilities: { ...capabilities, extensions } };
}
