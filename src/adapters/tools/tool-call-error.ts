import type { SignalboxErrorCode } from '../../core/error-codes.ts';
import { type Delivery, messageOf, RemoteError, SignalboxError } from '../../core/errors.ts';
import { sanitizePeerLines } from '../../core/peer-text.ts';
import type { CallToolResult } from '../../protocol/mcp-types.ts';
import { modelContentText } from './model-content.ts';

/** Why a tool gave a model no result. */
export type ToolCallErrorCode =
  /** The tool itself says that it failed (`isError`); `result` has what it said. */
  | 'TOOL_FAILED'
  /** It was not approved, and not called. */
  | 'CALL_REFUSED'
  /** What the model gave is no JSON object; nothing was called. */
  | 'BAD_ARGUMENTS'
  /** The model named a tool that it was not given; nothing was called. */
  | 'UNKNOWN_TOOL'
  /** The server answered with a JSON-RPC error; `cause` is the RemoteError. */
  | 'REMOTE_ERROR'
  | SignalboxErrorCode;

/** What a {@link ToolCallError} is made from. */
export interface ToolCallErrorInit {
  readonly server?: string | undefined;
  /** The tool's name in the registry. */
  readonly tool?: string | undefined;
  readonly delivered?: Delivery | undefined;
  readonly retryable?: boolean | undefined;
  readonly result?: CallToolResult | undefined;
  readonly cause?: unknown;
}

/** Longest message, in characters. */
const MAX_MESSAGE = 10_000;

/**
 * Why a tool gave a model no result, in words that are meant for the model: its message says what happened, and whether the
 * call may be made again. It is filtered; the lines of a peer after the first one are indented, so that none of them looks
 * like a line of a log.
 */
export class ToolCallError extends Error {
  override readonly name: string = 'ToolCallError';
  readonly code: ToolCallErrorCode;
  /** Undefined if it is not known whose tool was meant. */
  readonly server: string | undefined;
  /** The tool's name in the registry. */
  readonly tool: string | undefined;
  /** Whether the call can have had an effect. */
  readonly delivered: Delivery;
  /** Whether the same call can succeed later. */
  readonly retryable: boolean;
  /** What the tool answered, with TOOL_FAILED. */
  readonly result: CallToolResult | undefined;

  constructor(code: ToolCallErrorCode, message: string, init: ToolCallErrorInit = {}) {
    const text = sanitizePeerLines(message, MAX_MESSAGE).replaceAll('\n', '\n  ');
    super(text, init.cause === undefined ? undefined : { cause: init.cause });
    this.code = code;
    this.server = init.server;
    this.tool = init.tool;
    this.delivered = init.delivered ?? 'no';
    this.retryable = init.retryable ?? false;
    this.result = init.result;
  }
}

/** The tool says by itself that it failed. */
export function toolFailed(tool: string, server: string, result: CallToolResult): ToolCallError {
  const said = modelContentText(result, { maxTextBytes: MAX_MESSAGE });
  return new ToolCallError('TOOL_FAILED', said, { tool, server, result, delivered: 'yes' });
}

/** Anything that a call was refused with. */
export function callFailed(tool: string, server: string, cause: unknown): ToolCallError {
  if (SignalboxError.is(cause)) {
    const { code, delivered, retryable } = cause;
    const message = `${cause.message}\n${adviceOn(delivered, retryable)}`;
    return new ToolCallError(code, message, { tool, server, delivered, retryable, cause });
  }
  const isRemote = cause instanceof RemoteError;
  const delivered = isRemote ? 'yes' : 'unknown';
  const code = isRemote ? 'REMOTE_ERROR' : 'INTERNAL';
  return new ToolCallError(code, messageOf(cause), { tool, server, delivered, cause });
}

/** A model that is told nothing tries again: whether it may is the one thing that it has to know. */
function adviceOn(delivered: Delivery, retryable: boolean): string {
  if (delivered === 'unknown')
    return 'The call may have been executed. Find out before you make it again, or ask the user.';
  if (delivered === 'yes') return 'The server answered; the same call would have the same outcome.';
  return retryable ? 'The call was not executed. It can be made again later.' : 'The call was not executed.';
}
