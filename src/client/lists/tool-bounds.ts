import type { Tool } from '../../protocol/mcp-types.ts';
import { jsonExtent } from '../../wire/json-extent.ts';

/** What the schemas of a tool may be like. */
export interface ToolBounds {
  /** Each of them as JSON, in bytes. */
  readonly schemaBytes: number;
  /** Objects and arrays within each other. */
  readonly schemaDepth: number;
}

/**
 * Why a tool cannot be offered (F-123): whoever gets its schemas walks them, and may do so with a stack. What they say
 * is not looked at: a reference is not followed, a pattern not run.
 */
export function schemaFault(tool: Tool, { schemaBytes, schemaDepth }: ToolBounds): string | undefined {
  for (const key of ['inputSchema', 'outputSchema'] as const) {
    const { bytes, depth } = jsonExtent(tool[key], { bytes: schemaBytes, depth: schemaDepth });
    if (bytes > schemaBytes) return `its ${key} is larger than limits.schemaBytes (${schemaBytes})`;
    if (depth > schemaDepth) return `its ${key} nests deeper than limits.schemaDepth (${schemaDepth})`;
  }
  return undefined;
}
