import { SignalboxError } from '../../core/errors.ts';
import { sanitizePeerText } from '../../core/peer-text.ts';
import type { CallToolResult, Tool } from '../../protocol/mcp-types.ts';
import { OutputValidator } from '../../protocol/schema/output-validator.ts';

/** What happens to a result whose `structuredContent` does not fit the tool's `outputSchema`. */
export type ValidateMode = 'off' | 'warn' | 'error';

/** What an {@link OutputCheck} asks of its client. */
export interface OutputCheckOwner {
  readonly name: string;
  warn(message: string): void;
}

/** Holds what tools answer against what they announced (F-132). */
export class OutputCheck {
  readonly #client: OutputCheckOwner;
  /** Made when there is something to check. */
  #validator: OutputValidator | undefined;

  constructor(client: OutputCheckOwner) {
    this.#client = client;
  }

  /**
   * @param tool as it was last listed; without it, or without an `outputSchema`, there is nothing to check
   * @throws SignalboxError INVALID_RESULT in mode `error`
   */
  async check(tool: Tool | undefined, result: CallToolResult, mode: ValidateMode): Promise<void> {
    // A tool that failed need not answer in the shape that it announced.
    if (mode === 'off' || tool?.outputSchema === undefined || result.isError === true) return;
    const problem = await this.#problem(tool.outputSchema, result);
    if (problem === undefined) return;
    const message = `the answer of "${sanitizePeerText(tool.name, 128)}" does not fit its outputSchema: ${problem.text}`;
    // A schema that cannot be judged proves nothing against the answer.
    if (mode === 'warn' || problem.isUnusable) {
      this.#client.warn(message);
      return;
    }
    throw new SignalboxError('INVALID_RESULT', message, {
      server: this.#client.name,
      delivered: 'yes',
      details: { problems: problem.list },
    });
  }

  async #problem(
    schema: unknown,
    result: CallToolResult,
  ): Promise<{ text: string; list: readonly unknown[]; isUnusable: boolean } | undefined> {
    // Any JSON value is legal since 2026-07-28, null included: presence counts, not truth.
    if (!('structuredContent' in result)) {
      return { text: 'it has no structuredContent', list: [], isUnusable: false };
    }
    this.#validator ??= new OutputValidator();
    const outcome = await this.#validator.validate(schema, result.structuredContent);
    if ('unusable' in outcome)
      return { text: `not checked, ${outcome.unusable}`, list: [], isUnusable: true };
    if (outcome.valid) return undefined;
    const [first] = outcome.problems;
    const where = first === undefined || first.path === '' ? 'it' : first.path;
    return { text: `${where} ${first?.message ?? ''}`, list: outcome.problems, isUnusable: false };
  }
}
