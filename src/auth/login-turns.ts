/** Lets one login at a time go on with one authorization server (S10): a person can only look at one page. */
export class LoginTurns {
  readonly #last: Map<string, Promise<unknown>> = new Map();

  take<T>(issuer: string, login: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(issuer) ?? Promise.resolve()).then(login);
    const settled = done.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(issuer, settled);
    void settled.then(() => {
      if (this.#last.get(issuer) === settled) this.#last.delete(issuer);
    });
    return done;
  }
}
