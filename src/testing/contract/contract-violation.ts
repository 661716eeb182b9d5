/** A transport does not do what the contract says. The message tells what, in all cases that were seen. */
export class ContractViolation extends Error {
  override readonly name: string = 'ContractViolation';
  /** What is broken, one sentence each. */
  readonly violations: readonly string[];

  constructor(violations: readonly string[], cause?: unknown) {
    super(violations.join('\n'), cause === undefined ? undefined : { cause });
    this.violations = violations;
  }
}

/** Where is written down what is broken, when it is seen. */
export class ViolationBook {
  readonly #violations: Set<string> = new Set();

  note(violation: string): void {
    this.#violations.add(violation);
  }

  /** @throws ContractViolation with all that was noted */
  raise(): void {
    if (this.#violations.size > 0) throw new ContractViolation([...this.#violations]);
  }
}
