import type { LanguageModel } from 'ai';
import { MockLanguageModelV3 } from 'ai/test';

type Generated = Awaited<ReturnType<MockLanguageModelV3['doGenerate']>>;

const usage: Generated['usage'] = {
  inputTokens: { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: undefined, text: undefined, reasoning: undefined },
};

/** Stands for a model of a provider: it wants one call to be made, and says what came of it. */
export function scriptedModel(): LanguageModel {
  return new MockLanguageModelV3({
    doGenerate: async ({ prompt }): Promise<Generated> => {
      const last = prompt.at(-1)!;
      const part = last.role === 'tool' ? last.content[0] : undefined;
      const output = part?.type === 'tool-result' ? part.output : undefined;
      if (output !== undefined) {
        const text = output.type === 'text' ? output.value : JSON.stringify(output);
        const finishReason = { unified: 'stop', raw: undefined } as const;
        return await Promise.resolve({
          content: [{ type: 'text', text }],
          finishReason,
          usage,
          warnings: [],
        });
      }
      const input = JSON.stringify({ value: 26.2, from: 'mi', to: 'km' });
      const call = { type: 'tool-call', toolCallId: 'call-1', toolName: 'units__convert', input } as const;
      const finishReason = { unified: 'tool-calls', raw: undefined } as const;
      return { content: [call], finishReason, usage, warnings: [] };
    },
  });
}
