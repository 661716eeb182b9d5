import { type McpClient, SignalboxError } from 'signalbox';

/** Stands for your agent: it pays, and must not pay twice. */
export async function pay(client: McpClient, invoice: string): Promise<'paid' | 'ask a person'> {
  try {
    await client.callTool('count', { key: invoice }, { timeoutMs: 2_000 });
    return 'paid';
  } catch (error) {
    // It may have been executed, and nobody knows: that is for a person to find out, not for a retry.
    if (SignalboxError.is(error) && error.delivered === 'unknown') return 'ask a person';
    throw error;
  }
}
