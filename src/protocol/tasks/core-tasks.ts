import { isObject } from '../../wire/json-rpc.ts';
import type { ServerCapabilities, Tool } from '../mcp-types.ts';

/** The only revision that has tasks in its core. */
const CORE_TASKS_VERSION = '2025-11-25';

/** Whether a tool of a legacy server is called as a task. */
export type TaskSupport = 'required' | 'optional' | 'forbidden';

/** What a tool says of itself; whoever says nothing forbids it (2025-11-25, tasks). */
function taskSupportOf(tool: Tool | undefined): TaskSupport {
  const execution = tool?.['execution'];
  const support = isObject(execution) ? execution['taskSupport'] : undefined;
  return support === 'required' || support === 'optional' ? support : 'forbidden';
}

/** Whether a legacy server takes `tools/call` as a task: only then may any of its tools be called so. */
export function offersTaskCalls(
  capabilities: ServerCapabilities | undefined,
  protocolVersion: string | undefined,
): boolean {
  if (protocolVersion !== CORE_TASKS_VERSION) return false;
  const requests = within(capabilities?.['tasks'], 'requests');
  return isObject(within(within(requests, 'tools'), 'call'));
}

/** What a tool says, as far as it was listed; `forbidden` where the server takes no calls as tasks at all. */
export function taskSupport(
  capabilities: ServerCapabilities | undefined,
  protocolVersion: string | undefined,
  tool: Tool | undefined,
): TaskSupport {
  return offersTaskCalls(capabilities, protocolVersion) ? taskSupportOf(tool) : 'forbidden';
}

/** Whether a legacy server lets tasks be cancelled. */
export function offersTaskCancel(capabilities: ServerCapabilities | undefined): boolean {
  return isObject(within(capabilities?.['tasks'], 'cancel'));
}

function within(value: unknown, key: string): unknown {
  return isObject(value) ? value[key] : undefined;
}
