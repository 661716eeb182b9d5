/** Names a secret in the keyring of this machine. */
export interface KeyringEntry {
  readonly service: string;
  readonly account?: string | undefined;
}

/** The program that prints a secret of the keyring, on systems that come with one; undefined elsewhere. */
export function keyringCommand({ service, account }: KeyringEntry, platform: string): string[] | undefined {
  if (platform === 'darwin') {
    return [
      'security',
      'find-generic-password',
      '-s',
      service,
      ...(account === undefined ? [] : ['-a', account]),
      '-w',
    ];
  }
  // Freedesktop's Secret Service: GNOME Keyring, KWallet, KeePassXC.
  if (platform === 'linux' || platform === 'freebsd') {
    return [
      'secret-tool',
      'lookup',
      'service',
      service,
      ...(account === undefined ? [] : ['account', account]),
    ];
  }
  return undefined;
}
