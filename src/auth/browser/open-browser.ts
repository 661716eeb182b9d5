import { spawn } from 'node:child_process';
import { SignalboxError } from '../../core/errors.ts';

/** The program that opens a URL, with the URL as one argument of its own: no shell ever reads it (S11). */
export function browserCommand(url: URL, platform: string): string[] {
  const { href } = url;
  if (platform === 'darwin') return ['open', href];
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler', href];
  return ['xdg-open', href];
}

/**
 * Opens a page in the browser of this machine. Resolves as soon as the program runs, which is no promise that a page shows.
 * @param url checked by {@link checkPageUrl}
 * @throws SignalboxError NOT_SUPPORTED if there is no such program
 */
export function openBrowser(
  url: URL,
  command: readonly string[] = browserCommand(url, process.platform),
): Promise<void> {
  const [program = '', ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { shell: false, stdio: 'ignore', detached: true, windowsHide: true });
    child.once('error', (error) => {
      reject(
        new SignalboxError('NOT_SUPPORTED', 'no browser could be opened here; open the address yourself', {
          cause: error,
        }),
      );
    });
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
