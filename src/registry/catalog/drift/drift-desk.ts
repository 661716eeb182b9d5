import type { Logger } from '../../../core/log.ts';
import { sanitizePeerText } from '../../../core/peer-text.ts';
import type { EventDesk } from '../../events/event-desk.ts';
import type { ServerDirectory } from '../../servers/server-directory.ts';
import type { ServerInstance } from '../../servers/server-instance.ts';
import { exposedName } from '../exposed-names.ts';
import type { DefinitionChange } from './definition-change.ts';
import {
  readApprovals,
  readServerApprovals,
  type ServerApprovals,
  type ToolApproval,
} from './saved-approvals.ts';
import type { DriftReview } from './tool-approvals.ts';

/** Tools that the log names after one reading; a hostile list must not fill it. */
const MAX_WARNINGS = 10;

/** Servers that are not registered and whose approvals are kept; the oldest are forgotten first. */
const MAX_ABSENT = 1000;
const MAX_ABSENT_TOOLS = 20_000;

/** What a {@link DriftDesk} works with. */
export interface DriftDeskOptions {
  readonly directory: ServerDirectory;
  readonly events: EventDesk;
  readonly logger: Logger;
  /** Tools are blocked, or are so no longer. */
  readonly changed: (server: string) => void;
}

/** Tells of tools that have changed, and keeps what is approved of all servers, also of those that are not registered. */
export class DriftDesk {
  readonly #options: DriftDeskOptions;
  readonly #absent: Map<string, readonly ToolApproval[]> = new Map();

  constructor(options: DriftDeskOptions) {
    this.#options = options;
  }

  /** A server is registered, perhaps again. */
  registered(instance: ServerInstance): void {
    const saved = this.#absent.get(instance.name);
    this.#absent.delete(instance.name);
    if (saved !== undefined) instance.approvals.restore(saved);
  }

  /** Who takes a server out and puts it in again does not approve what has changed meanwhile. */
  unregistered({ name, approvals }: ServerInstance): void {
    this.#keep(name, approvals.saved());
  }

  /** A look at the tools of a server has found this. */
  reviewed(instance: ServerInstance, { changes, unremembered }: DriftReview): void {
    for (const [index, change] of changes.entries()) this.#tell(instance, change, index < MAX_WARNINGS);
    const { logger } = this.#options;
    const { name: server, client } = instance;
    if (changes.length > MAX_WARNINGS && client.settings.drift !== 'allow') {
      const message = `${changes.length - MAX_WARNINGS} more tools have changed their definitions`;
      logger.warn(message, { server });
    }
    if (unremembered > 0) {
      const message = `${unremembered} tools are not compared with what they were: there were too many`;
      logger.warn(message, { server });
    }
  }

  /** @throws SignalboxError UNKNOWN_SERVER, UNKNOWN_NAME */
  approve(server: string, names: readonly string[] | undefined): void {
    this.#options.directory.require(server).approvals.approve(names);
    this.#options.changed(server);
  }

  saved(): ServerApprovals[] {
    const known = this.#options.directory
      .all()
      .map(({ name, approvals }) => ({ server: name, tools: approvals.saved() }));
    return [...known, ...[...this.#absent].map(([server, tools]) => ({ server, tools }))];
  }

  restore(saved: unknown): void {
    for (const [server, tools] of readServerApprovals(saved)) {
      const instance = this.#options.directory.get(server);
      if (instance === undefined) {
        this.#keep(server, readApprovals(tools, MAX_ABSENT_TOOLS));
      } else {
        const review = instance.approvals.restore(tools);
        this.#options.changed(server);
        this.reviewed(instance, review);
      }
    }
  }

  #keep(server: string, tools: readonly ToolApproval[]): void {
    this.#absent.delete(server);
    this.#absent.set(server, tools);
    const [oldest] = this.#absent.keys();
    if (this.#absent.size > MAX_ABSENT && oldest !== undefined) this.#absent.delete(oldest);
  }

  #tell(instance: ServerInstance, change: DefinitionChange, isLogged: boolean): void {
    const { name: server, client } = instance;
    const policy = client.settings.drift;
    const { tool, changed, description } = change;
    const shown = sanitizePeerText(tool, 128);
    const outcome = policy === 'block' ? '; it is blocked until it is approved' : '';
    const reason = `the tool "${shown}" is not defined any more as it was (${changed.join(', ')})${outcome}`;
    if (isLogged && policy !== 'allow') this.#options.logger.warn(reason, { server, ...description });
    const name = exposedName(server, tool);
    this.#options.events.tell('drift', { ...change, server, name, policy, reason });
  }
}
