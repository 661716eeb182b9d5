import { defineConfig } from 'vitest/config';

const seed = Number(process.env['SIGNALBOX_TEST_SEED'] ?? Date.now() % 1_000_000);

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    environment: 'node',
    setupFiles: ['test/helpers/leak-gate/setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    sequence: { shuffle: { files: true, tests: false }, seed },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts'],
      exclude: ['src/**/*.test.ts', 'src/**/*.d.ts'],
      reporter: ['text-summary', 'html', 'json-summary'],
      thresholds: { lines: 95 },
    },
  },
});
