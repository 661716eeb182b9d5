import type { PreparedCache } from './check-value.ts';
import { SCHEMA_BOUNDS, type SchemaBounds } from './schema-bounds.ts';
import type { ValidationOutcome } from './validation-outcome.ts';

/**
 * Checks what a tool answers (`structuredContent`) against what it announced (`outputSchema`): JSON Schema 2020-12,
 * which is also the default, or draft-07. The schema comes from a peer: it is interpreted, never turned into code; it is
 * bounded in size, depth and work; nothing is fetched, and no regular expression of it is run.
 */
export class OutputValidator {
  readonly #bounds: SchemaBounds;
  readonly #cache: PreparedCache = new WeakMap();

  constructor(bounds: Partial<SchemaBounds> = {}) {
    this.#bounds = { ...SCHEMA_BOUNDS, ...bounds };
  }

  /** Never throws. A schema object is prepared once and must not change afterwards. */
  async validate(schema: unknown, value: unknown): Promise<ValidationOutcome> {
    // Loaded when first needed: most tools announce no schema.
    const { checkValue } = await import('./check-value.ts');
    return checkValue(schema, value, this.#bounds, this.#cache);
  }
}
