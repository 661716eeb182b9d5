import type { McpClient } from '../../src/client/mcp-client.ts';

/** The connection was lost while the answer was awaited. */
export const LOST = ['OUTCOME_UNKNOWN', 'CONNECTION_LOST'];
export const TIMEOUT = ['REQUEST_TIMEOUT'];

/** What the caller of `count` sees: the text of the result, or the code of the error and of its cause. */
export async function outcome(client: McpClient, timeoutMs: number): Promise<unknown> {
  try {
    const { content } = await client.callTool('count', { key: 'k' }, { timeoutMs });
    return (content[0] as { text: string }).text;
  } catch (error) {
    const { code, cause } = error as { code: unknown; cause?: { code?: unknown } };
    return cause?.code === undefined ? [code] : [code, cause.code];
  }
}
