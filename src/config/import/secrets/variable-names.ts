import { variableName } from '../expansion/translate.ts';

/** Gives out names of variables for secrets: one name for one secret, and never the name of something else. */
export class VariableNames {
  /** Names in use for what only its user knows, with their values where they are known. */
  readonly #reserved: Map<string, string | undefined> = new Map();
  readonly #given: Map<string, string> = new Map();
  readonly #byValue: Map<string, string> = new Map();
  readonly #env: Readonly<Record<string, string | undefined>>;

  /** @param env variables whose values are known, so that a name may be used for what it stands for already */
  constructor(env: Readonly<Record<string, string | undefined>>) {
    this.#env = env;
  }

  /** A name that is used already. */
  reserve(name: string): void {
    this.#reserved.set(name, Object.hasOwn(this.#env, name) ? this.#env[name] : undefined);
  }

  /**
   * The name for a secret: the first of `wanted` that is free.
   * @param own names that may be used although they are reserved: those of the entry that this one may be the same as
   */
  nameFor(value: string, wanted: readonly string[], own: ReadonlySet<string> = new Set()): string {
    const known = this.#byValue.get(value);
    if (known !== undefined) return known;
    const names = wanted.map(variableName);
    const last = names.at(-1) ?? 'SECRET';
    let name = names.find((one) => this.#isFree(one, value, own));
    for (let count = 2; name === undefined; count++) {
      if (this.#isFree(`${last}_${count}`, value, own)) name = `${last}_${count}`;
    }
    this.#given.set(name, value);
    this.#byValue.set(value, name);
    return name;
  }

  #isFree(name: string, value: string, own: ReadonlySet<string>): boolean {
    if (this.#given.has(name)) return false;
    return own.has(name) || !this.#reserved.has(name) || this.#reserved.get(name) === value;
  }
}
