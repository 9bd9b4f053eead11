import { posix } from 'node:path'

/** One source file, as far as the direction of its imports is concerned. */
export interface SourceModule {
  /** `server/src/domain/lease.ts`: as below `packages/`. */
  readonly path: string
  /** What it imports: a path as above for a file, else the name as written. */
  readonly imports: readonly string[]
  /** What it uses of the process: `env`, `pid`, … */
  readonly processUses: readonly string[]
  readonly lines: number
}

const STATIC_IMPORT = /^\s*(?:import|export)\b(?:[^'"`;]*?\bfrom\b)?\s*(['"])(?<name>[^'"]+)\1/gm
const DYNAMIC_IMPORT = /\bimport\s*\(\s*(['"`])(?<name>[^'"`]+)\1/g
const REQUIRE = /\brequire\s*\(\s*(['"`])(?<name>[^'"`]+)\1/g
const PROCESS_MEMBER = /(?<![.\w$#])(?:globalThis\s*\.\s*)?process\s*\??\.\s*(?<use>\w+)/g
const PROCESS_IMPORT = /\bimport\s*(?<use>[^'"]*?)\s*from\s*['"](?:node:)?process['"]/g

/** Reads one file. What stands in its comments (examples, mostly) does not count. */
export function readSourceModule(path: string, text: string): SourceModule {
  const code = withoutComments(text)
  const names = [STATIC_IMPORT, DYNAMIC_IMPORT, REQUIRE].flatMap((pattern) =>
    code
      .matchAll(pattern)
      .map(({ groups }) => groups?.name ?? '')
      .toArray(),
  )
  const uses = [PROCESS_MEMBER, PROCESS_IMPORT].flatMap((pattern) =>
    code
      .matchAll(pattern)
      .map(({ groups }) => groups?.use ?? '')
      .toArray(),
  )
  return {
    path,
    imports: names.map((name) => resolve(path, name)),
    processUses: uses.map((use) => use.replaceAll(/[{}\s]/g, '')),
    lines: text.trimEnd().split('\n').length,
  }
}

/** The package of a file: `server`. */
export function packageOf(path: string): string {
  return path.split('/', 1)[0] ?? ''
}

/** The folder of a file within its package's sources: `domain`; empty for those in none. */
export function areaOf(path: string): string {
  const [, , first = '', ...rest] = path.split('/')
  return rest.length > 0 ? first : ''
}

function resolve(path: string, name: string): string {
  return name.startsWith('.') ? posix.join(posix.dirname(path), name) : name
}

/** Takes the comments out and leaves strings in, also those that look like comments. */
function withoutComments(text: string): string {
  const parts =
    /(?<string>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[\s\S])*`)|\/\*[\s\S]*?\*\/|(?<![\\/:])\/\/.*/g
  return text.replaceAll(parts, (all, string) => (string === undefined ? '' : all))
}
