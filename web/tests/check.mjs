// The checks that need no server: types, lint, and the HTML of every state.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const pages = fileURLToPath(new URL('../../target/pages', import.meta.url));
const tool = (/** @type {string} */ name) => `${web}node_modules/.bin/${name}`;

/** @type {[string, string, () => string[]][]} */
const steps = [
  ['types', tool('tsc'), () => ['-p', 'tsconfig.json']],
  ['lint', tool('biome'), () => ['lint', '--error-on-warnings']],
  ['render every state', 'cargo', () => ['run', '--quiet', '--package', 'producer-api', '--example', 'render_states', '--', pages]],
  ['html', tool('html-validate'), () => ['--config', 'html-validate.json', ...readdirSync(pages).filter((name) => name.endsWith('.html')).map((name) => `${pages}/${name}`)]],
];

let failed = 0;
for (const [name, command, args] of steps) {
  const { status } = spawnSync(command, args(), { cwd: web, stdio: 'inherit' });
  console.log(`${status === 0 ? 'ok' : 'FAILED'}: ${name}`);
  if (status !== 0) failed += 1;
}
console.log(`${steps.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
