import { posix, win32 } from 'node:path';
import type { Places } from './host.ts';

/** Paths by the rules of a platform, which need not be the one this runs on. */
function pathsOf(platform: NodeJS.Platform): typeof posix {
  return platform === 'win32' ? win32 : posix;
}

export function inHome({ platform, home }: Places, ...parts: readonly string[]): string {
  return pathsOf(platform).join(home, ...parts);
}

export function inFolder({ platform }: Places, folder: string, ...parts: readonly string[]): string {
  return pathsOf(platform).join(folder, ...parts);
}

/** Where programs with windows keep their settings: by platform, and by `APPDATA` or `XDG_CONFIG_HOME`. */
export function configFolder(places: Places, ...parts: readonly string[]): string {
  if (places.platform === 'darwin') return inHome(places, 'Library', 'Application Support', ...parts);
  if (places.platform !== 'win32') return xdgFolder(places, ...parts);
  return inFolder(places, places.env['APPDATA'] ?? inHome(places, 'AppData', 'Roaming'), ...parts);
}

/** Where programs of the terminal keep their settings: `~/.config`, or `XDG_CONFIG_HOME`, on every platform. */
export function xdgFolder(places: Places, ...parts: readonly string[]): string {
  const own = places.env['XDG_CONFIG_HOME'];
  const base = own === undefined || own === '' ? inHome(places, '.config') : own;
  return inFolder(places, base, ...parts);
}

/** True for a folder and everything below it. */
export function isWithin(platform: NodeJS.Platform, path: string, folder: string): boolean {
  const rest = pathsOf(platform).relative(folder, path);
  return rest === '' || (!rest.startsWith('..') && !pathsOf(platform).isAbsolute(rest));
}
