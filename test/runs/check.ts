/** A promise of a run that was broken, spelled out. */
export interface Breach<Name extends string = string> {
  readonly check: Name;
  readonly server: string | undefined;
  /** The call that it is about. */
  readonly key: string | undefined;
  readonly what: string;
}

/** What came out of one check: figures for the table, and what broke. */
export interface CheckResult<Name extends string = string> {
  readonly check: Name;
  readonly figures: string;
  readonly breaches: readonly Breach<Name>[];
}

/** What every run reports, whatever else it does. */
export interface Checked {
  readonly checks: readonly CheckResult[];
}

/** Makes the breaches of one check. */
export function breachOf<Name extends string>(
  check: Name,
  what: string,
  { server, key }: { readonly server?: string; readonly key?: string } = {},
): Breach<Name> {
  return { check, server, key, what };
}

export function breachesOf({ checks }: Checked): readonly Breach[] {
  return checks.flatMap(({ breaches }) => breaches);
}
