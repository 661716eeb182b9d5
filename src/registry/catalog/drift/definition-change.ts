import type { DriftPolicy } from '../../../config/entry.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { DefinitionField } from './fingerprint.ts';

/** A tool whose definition is not the one that was approved. */
export interface DefinitionChange {
  /** The tool's own name. */
  readonly tool: string;
  /** Fingerprints of the approved definition and of the present one. */
  readonly from: string;
  readonly to: string;
  /** The fields that differ. */
  readonly changed: readonly DefinitionField[];
  /**
   * Where the description has changed: what was approved and what it says now, shortened around the first difference,
   * without control characters and invisible ones.
   */
  readonly description: { readonly before: string; readonly after: string } | undefined;
}

/** A tool that is kept out of lists and calls. */
export interface BlockedTool extends Omit<DefinitionChange, 'from'> {
  /** Undefined: there was no room to remember it. */
  readonly from: string | undefined;
}

/** A server changed a tool behind everybody's back (S15). */
export interface DriftEvent extends DefinitionChange {
  readonly server: string;
  /** The tool's exposed name. */
  readonly name: string;
  /** What is done about it; `x-signalbox.drift` of the server. */
  readonly policy: DriftPolicy;
  /** One readable sentence. */
  readonly reason: string;
}

/** The error of a call to a blocked tool; it tells how to approve it. */
export function toolBlocked(server: string, blocked: BlockedTool): SignalboxError {
  const { from, to, changed } = blocked;
  const tool = sanitizePeerText(blocked.tool, 128);
  const why =
    from === undefined
      ? 'the server has shown more tools than can be remembered'
      : `its definition is not the one that was approved (${changed.join(', ')})`;
  const call = `registry.approveTools(${JSON.stringify(server)}, [${JSON.stringify(tool)}])`;
  return new SignalboxError('TOOL_BLOCKED', `the tool "${tool}" is blocked: ${why}; to approve it: ${call}`, {
    server,
    details: { tool, from, to, changed },
  });
}
