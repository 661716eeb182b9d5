import type { CallToolResult } from '../../../protocol/mcp-types.ts';
import type { TaskSnapshot } from '../../../protocol/tasks/task-snapshot.ts';
import type { CallOptions } from '../../calls/call-options.ts';
import type { TaskOutcome } from '../task-outcome.ts';

/** Checks what a tool has answered. @throws SignalboxError INVALID_RESULT */
export type ToolResultReader = (
  tool: string,
  result: Record<string, unknown>,
  options: Pick<CallOptions, 'validate'>,
) => Promise<CallToolResult>;

/** How one task is worked with: what its era does in its own way. */
export interface TaskProtocol {
  /** Asks after the task. */
  get(signal: AbortSignal | undefined): Promise<TaskSnapshot>;
  /** Asks the server to end the task. Some servers answer with what became of it. */
  cancel(signal: AbortSignal | undefined): Promise<TaskSnapshot | undefined>;
  /** How a task ended whose status is final; undefined if `snapshot` does not tell enough. */
  outcome(snapshot: TaskSnapshot, signal: AbortSignal): Promise<TaskOutcome | undefined>;
  /**
   * Gives a task what it wants to know. Called at each look while it wants something; what is under way already is
   * not begun again. Resolves with the outcome where the answer brings it along.
   */
  giveInput(snapshot: TaskSnapshot, signal: AbortSignal): Promise<TaskOutcome | undefined>;
}
