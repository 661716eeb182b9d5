import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../core/log.ts';
import { codeLoadingVariables, warnOfCodeLoading } from './code-loading.ts';

describe('variables that load foreign code', () => {
  it('are named, whatever their case', () => {
    expect(codeLoadingVariables({ NODE_OPTIONS: '', Ld_Preload: '', PATH: '' })).toEqual([
      'NODE_OPTIONS',
      'Ld_Preload',
    ]);
  });

  it('S02 are warned of once for each server and logger, without their values', () => {
    const warnings: unknown[] = [];
    const logger = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(line) };
    const env = { NODE_OPTIONS: '--require secret.js' };
    for (let start = 0; start < 3; start++) warnOfCodeLoading(logger, 'a', env);
    warnOfCodeLoading(logger, 'b', env);
    warnOfCodeLoading(logger, 'a', { PATH: '' });
    warnOfCodeLoading(logger, 'a', { ...env, LD_PRELOAD: 'x.so' });
    const facts = warnings.map((line) => (line as [string, unknown])[1]);
    expect(facts).toEqual([
      { server: 'a', variables: ['NODE_OPTIONS'] },
      { server: 'b', variables: ['NODE_OPTIONS'] },
      { server: 'a', variables: ['NODE_OPTIONS', 'LD_PRELOAD'] },
    ]);
    expect(JSON.stringify(warnings)).not.toContain('secret');
    const other = { ...silentLogger, warn: (...line: unknown[]) => void warnings.push(line) };
    warnOfCodeLoading(other, 'a', env);
    expect(warnings).toHaveLength(4);
  });
});
