import type { DynamicStructuredTool } from '@langchain/core/tools';

/** What every object fits. */
const ANY_OBJECT = { type: 'object' } as const;

/**
 * Lets the schema of a tool be shown to the model, but not be run here. LangChain holds arguments against it with a
 * validator that runs a peer's regular expressions and follows its references without a bound, in the thread of the
 * application (S21); the server checks them anyway, and says in words what is wrong.
 */
export function withoutCheck(tool: DynamicStructuredTool): DynamicStructuredTool {
  const unchecked = Object.create(tool, { schema: { value: ANY_OBJECT } }) as DynamicStructuredTool;
  tool.invoke = unchecked.invoke.bind(unchecked);
  return tool;
}
