// Packs each published package and checks that its exports work for those who install it.
import { execFileSync } from 'node:child_process'

const PACKAGES = ['packages/protocol', 'packages/server', 'packages/cli']

for (const folder of PACKAGES) {
  execFileSync('publint', ['run', folder, '--strict'], { stdio: 'inherit' })
  // The packages are ESM only; the profile leaves out how CommonJS would find their types.
  const hasTypes = folder !== 'packages/cli'
  if (hasTypes)
    execFileSync('attw', ['--pack', folder, '--profile', 'esm-only'], { stdio: 'inherit' })
}
