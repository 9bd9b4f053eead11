// Packs each published package and checks that its exports work after installation.
import { execFileSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const PACKAGES = ['packages/protocol', 'packages/client', 'packages/server', 'packages/cli']
/** The packages that are imported; the command is only executed. */
const TYPED = PACKAGES.filter((folder) => folder !== 'packages/cli')

for (const folder of PACKAGES) {
  execFileSync('publint', ['run', folder, '--strict'], { stdio: 'inherit' })
}
for (const folder of TYPED) {
  // The packages are ESM only; the profile skips the resolution of their types from CommonJS.
  execFileSync('attw', ['--pack', folder, '--profile', 'esm-only'], { stdio: 'inherit' })
}
compileAsUser()

/**
 * Compiles a strict program that imports everything the packages export, in a project that contains
 * only what an installation adds: declarations must not refer to types of other packages.
 */
function compileAsUser(): void {
  const project = mkdtempSync(join(realpathSync(tmpdir()), 'rollcall-user-'))
  try {
    const imports = TYPED.flatMap((folder) => {
      const { name, exports } = install(folder, project)
      const paths = Object.keys(exports).filter((path) => !path.endsWith('package.json'))
      return paths.map((path) => join(name, path))
    })
    const program = imports.map((path, index) => `export * as it${index} from '${path}'\n`)
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(project, 'program.ts'), program.join(''))
    const options = ['--strict', '--module', 'nodenext', '--target', 'es2023', '--types', 'node']
    execFileSync('tsc', [...options, '--noEmit', 'program.ts'], { cwd: project, stdio: 'inherit' })
    console.log(`A strict program compiles with ${imports.join(', ')}`)
  } finally {
    rmSync(project, { recursive: true })
  }
}

interface Manifest {
  readonly name: string
  readonly exports: Readonly<Record<string, unknown>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

/** Copies a package into a project as npm does, and links its dependencies. */
function install(folder: string, project: string): Manifest {
  const text = execFileSync('npm', ['pack', '--json', '--dry-run', '--ignore-scripts'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
    encoding: 'utf8',
  })
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const modules = join(project, 'node_modules')
  for (const path of packedFiles(text)) {
    cpSync(join(folder, path), join(modules, manifest.name, path))
  }
  const { dependencies, peerDependencies } = manifest
  for (const name of ['@types/node', ...Object.keys({ ...dependencies, ...peerDependencies })]) {
    if (name.startsWith('@rollcall/')) continue
    const link = join(modules, name)
    mkdirSync(dirname(link), { recursive: true })
    rmSync(link, { force: true })
    symlinkSync(realpathSync(join('node_modules', name)), link)
  }
  return manifest
}

/** Returns the files that `npm pack --json` lists; the outer JSON differs between npm versions. */
function packedFiles(text: string): string[] {
  const [packed] = Object.values(JSON.parse(text)) as { files: { path: string }[] }[]
  if (packed === undefined) throw new Error('npm pack lists nothing')
  return packed.files.map(({ path }) => path)
}
