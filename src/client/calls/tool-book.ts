import type { Tool } from '../../protocol/mcp-types.ts';
import { type ParamHeader, paramHeaderValues, planParamHeaders } from '../../protocol/param-headers.ts';

/** A tool that cannot be offered, and why. */
export interface RefusedTool {
  readonly name: string;
  readonly why: string;
}

interface Page {
  readonly tool: Tool;
  readonly headers: readonly ParamHeader[];
}

/** One for all clients that have listed nothing yet. */
const NO_PAGES: ReadonlyMap<string, Page> = new Map();

/** What the last list said of each tool: needed to mirror arguments into headers and to check what comes back. */
export class ToolBook {
  #pages: ReadonlyMap<string, Page> = NO_PAGES;

  /**
   * Notes a list. Where arguments are mirrored into headers, a tool whose annotations are invalid must not be offered
   * (2026-07-28, tools); the tools that may be are returned.
   */
  note(
    tools: readonly Tool[],
    mirrorsParams: boolean,
  ): { readonly offered: Tool[]; readonly refused: RefusedTool[] } {
    const pages = new Map<string, Page>();
    const offered: Tool[] = [];
    const refused: RefusedTool[] = [];
    for (const tool of tools) {
      const plan = mirrorsParams ? planParamHeaders(tool.inputSchema) : { headers: [] };
      if ('invalid' in plan) {
        refused.push({ name: tool.name, why: plan.invalid });
        continue;
      }
      offered.push(tool);
      if (!pages.has(tool.name)) pages.set(tool.name, { tool, headers: plan.headers });
    }
    this.#pages = pages;
    return { offered, refused };
  }

  find(name: string): Tool | undefined {
    return this.#pages.get(name)?.tool;
  }

  /** The `Mcp-Param-*` headers of one call; undefined for none, also for a tool that was never listed. */
  headersFor(name: unknown, args: unknown): Readonly<Record<string, string>> | undefined {
    const headers = typeof name === 'string' ? this.#pages.get(name)?.headers : undefined;
    if (headers === undefined || headers.length === 0) return undefined;
    return paramHeaderValues(headers, (args ?? {}) as Record<string, unknown>);
  }
}
