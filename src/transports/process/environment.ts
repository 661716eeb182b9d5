/** Variables of the parent that a server may see: what a program needs to run at all, and no credential (S02). */
const POSIX_ALLOWED: readonly string[] = [
  'HOME',
  'LANG',
  'LOGNAME',
  'PATH',
  'SHELL',
  'TERM',
  'TMPDIR',
  'USER',
];

const WINDOWS_ALLOWED: readonly string[] = [
  'APPDATA',
  'COMSPEC',
  'HOMEDRIVE',
  'HOMEPATH',
  'LOCALAPPDATA',
  'PATH',
  'PATHEXT',
  'PROCESSOR_ARCHITECTURE',
  'PROGRAMFILES',
  'SYSTEMDRIVE',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
  'USERNAME',
  'USERPROFILE',
];

/** Names and values of environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment of a child: the allowed variables of the parent, then the configured ones, which win.
 *
 * @param inherited further names to take over from the parent; default none
 * @param platform decides about the list, and about case: names have none on Windows
 */
export function childEnvironment(
  parentEnv: Environment,
  configured: Environment,
  inherited: readonly string[] = [],
  platform: NodeJS.Platform = process.platform,
): Record<string, string> {
  const fold = (name: string): string => (platform === 'win32' ? name.toUpperCase() : name);
  const allowed = new Set(platform === 'win32' ? WINDOWS_ALLOWED : POSIX_ALLOWED);
  for (const name of inherited) allowed.add(fold(name));
  // Without a prototype, a variable named `__proto__` is a variable like any other (S20).
  const env = Object.create(null) as Record<string, string>;
  const spelling = new Map<string, string>();
  const set = (name: string, value: string): void => {
    const known = spelling.get(fold(name));
    // On Windows `Path` and `PATH` are one variable: the later one replaces the earlier.
    if (known !== undefined) delete env[known];
    spelling.set(fold(name), name);
    env[name] = value;
  };
  for (const [name, value] of Object.entries(parentEnv)) {
    // A value that starts with `()` is a function exported by bash: code, not data.
    if (value !== undefined && allowed.has(fold(name)) && !value.startsWith('()')) set(name, value);
  }
  for (const [name, value] of Object.entries(configured)) {
    if (value !== undefined) set(name, value);
  }
  return env;
}
