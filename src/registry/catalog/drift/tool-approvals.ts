import type { DriftPolicy } from '../../../config/entry.ts';
import { SignalboxError } from '../../../core/errors.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { Tool } from '../../../protocol/mcp-types.ts';
import type { BlockedTool, DefinitionChange } from './definition-change.ts';
import { excerpts, shownDescription } from './description-excerpts.ts';
import { DEFINITION_FIELDS, fingerprintOf, type ToolFingerprint } from './fingerprint.ts';
import { readApprovals, type ToolApproval } from './saved-approvals.ts';

/** What a look at the tools of a server has found. */
export interface DriftReview {
  readonly changes: readonly DefinitionChange[];
  /** Tools that are new and cannot be remembered any more. */
  readonly unremembered: number;
}

export interface ToolApprovalsOptions {
  readonly server: string;
  readonly policy: DriftPolicy;
  /** How many tools are remembered, those that have vanished included. */
  readonly maxTools: number;
}

/**
 * Which definitions of the tools of one server are approved (S15). What is seen first is approved; a later definition
 * that differs is drift. `allow` and `warn` take it as the approved one from then on, `block` keeps the tool away until
 * somebody approves it. Tools that vanish are remembered, so that they cannot come back as something else.
 */
export class ToolApprovals {
  readonly #options: ToolApprovalsOptions;
  readonly #approved: Map<string, ToolApproval> = new Map();
  /** Fingerprints of drift that was told of and not approved. */
  readonly #told: Map<string, string> = new Map();
  /** The tools that were looked at last. */
  #current: ReadonlyMap<string, Tool> = new Map();
  /** Whether they came from the server, in this run. */
  #isLive = false;
  #blocked: ReadonlyMap<string, BlockedTool> = new Map();

  constructor(options: ToolApprovalsOptions) {
    this.#options = options;
  }

  /** By the tools' own names. */
  get blocked(): ReadonlyMap<string, BlockedTool> {
    return this.#blocked;
  }

  /** Looks at what the server offers now. Tells each drift once. */
  review(tools: readonly Tool[]): DriftReview {
    this.#current = firstOfEachName(tools);
    this.#isLive = true;
    const changes: DefinitionChange[] = [];
    let unremembered = 0;
    for (const [name, tool] of this.#current) {
      const fingerprint = fingerprintOf(tool);
      const approval = this.#approved.get(name);
      if (approval === undefined) {
        if (this.#approved.size < this.#options.maxTools) this.#approve(tool);
        else unremembered++;
      } else if (approval.fingerprint === fingerprint.whole) {
        this.#told.delete(name);
      } else {
        if (this.#told.get(name) !== fingerprint.whole) changes.push(changeOf(approval, tool, fingerprint));
        if (this.#options.policy === 'block') this.#told.set(name, fingerprint.whole);
        else this.#approve(tool);
      }
    }
    this.#block();
    return { changes, unremembered };
  }

  /** Takes over what is known of an earlier run: it is approved by nobody, and no drift is told of. */
  recall(tools: readonly Tool[]): void {
    this.#current = firstOfEachName(tools);
    this.#block();
  }

  /**
   * Approves tools as they are now; all of them if none is named.
   * @throws SignalboxError UNKNOWN_NAME, INVALID_ARGUMENT
   */
  approve(names: readonly string[] = [...this.#current.keys()]): void {
    const { server, maxTools } = this.#options;
    const tools = names.map((name) => {
      const tool = this.#current.get(name);
      if (tool !== undefined) return tool;
      const shown = sanitizePeerText(String(name), 128);
      throw new SignalboxError('UNKNOWN_NAME', `it offers no tool "${shown}"`, { server });
    });
    for (const name of this.#approved.keys()) {
      if (this.#approved.size + tools.length <= maxTools) break;
      if (!this.#current.has(name)) this.#approved.delete(name);
    }
    for (const tool of tools) this.#approve(tool);
    this.#block();
  }

  /** What is approved, to be kept for the next run. */
  saved(): readonly ToolApproval[] {
    return [...this.#approved.values()];
  }

  /** Takes what {@link saved} gave; it wins over what was seen first in this run. Reviews the tools again. */
  restore(saved: unknown): DriftReview {
    for (const approval of readApprovals(saved, this.#options.maxTools)) {
      this.#approved.set(approval.name, approval);
    }
    const tools = [...this.#current.values()];
    if (this.#isLive) return this.review(tools);
    this.recall(tools);
    return { changes: [], unremembered: 0 };
  }

  #approve(tool: Tool): void {
    const { whole, fields } = fingerprintOf(tool);
    const description = shownDescription(tool.description);
    this.#approved.set(tool.name, { name: tool.name, fingerprint: whole, fields, description });
    this.#told.delete(tool.name);
  }

  #block(): void {
    const blocked = new Map<string, BlockedTool>();
    if (this.#options.policy === 'block') {
      for (const [name, tool] of this.#current) {
        const fingerprint = fingerprintOf(tool);
        const approval = this.#approved.get(name);
        if (approval === undefined) {
          const unknown = { tool: name, from: undefined, to: fingerprint.whole };
          if (this.#isLive) blocked.set(name, { ...unknown, changed: [], description: undefined });
        } else if (approval.fingerprint !== fingerprint.whole) {
          blocked.set(name, changeOf(approval, tool, fingerprint));
        }
      }
    }
    this.#blocked = blocked;
  }
}

function changeOf(approval: ToolApproval, tool: Tool, { whole, fields }: ToolFingerprint): DefinitionChange {
  const changed = DEFINITION_FIELDS.filter((field) => approval.fields[field] !== fields[field]);
  return {
    tool: tool.name,
    from: approval.fingerprint,
    to: whole,
    changed,
    description: changed.includes('description')
      ? excerpts(approval.description, shownDescription(tool.description))
      : undefined,
  };
}

/** F-124: a server that lists a name twice offers the first. */
function firstOfEachName(tools: readonly Tool[]): Map<string, Tool> {
  const byName = new Map<string, Tool>();
  for (const tool of tools) if (!byName.has(tool.name)) byName.set(tool.name, tool);
  return byName;
}
