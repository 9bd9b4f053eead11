import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Licences that ask for nothing but their text, which every package contains. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'Zlib',
])
/** Further ones for tools, which we do not pass on: MPL-2.0 asks for the source of what was changed in them. */
const FOR_TOOLS = new Set(['CC0-1.0', 'CC-BY-4.0', 'MPL-2.0', 'Python-2.0', 'Unlicense'])
/** Licences that only a file of the package names, which was read. */
const READ: Readonly<Record<string, string>> = {
  // Between MIT and Apache-2.0, by contribution; its documentation is CC-BY-4.0.
  '@modelcontextprotocol/inspector': 'MIT AND Apache-2.0 AND CC-BY-4.0',
}

/** An installed package. */
export interface InstalledPackage {
  readonly name: string
  /** As its manifest says, usually an SPDX expression. */
  readonly licence: string
  /** Whether only development needs it. */
  readonly isTool: boolean
}

interface Manifest {
  readonly name?: string
  readonly license?: string | { readonly type?: string }
  readonly licenses?: readonly { readonly type?: string }[]
}

interface LockedPackage {
  readonly link?: boolean
  readonly dev?: boolean
  readonly devOptional?: boolean
  readonly peer?: boolean
  readonly optional?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Reads the manifest of every package below `node_modules` in a folder, without a network. */
export function installedPackages(folder: string): InstalledPackage[] {
  const lock = readJson<{ packages: Record<string, LockedPackage> }>(
    join(folder, 'node_modules/.package-lock.json'),
  )
  return Object.entries(lock.packages)
    .filter(([path, { link }]) => path.includes('node_modules/') && !link)
    .map(([path, locked]) => {
      const manifest = readJson<Manifest>(join(folder, path, 'package.json'))
      const name = manifest.name ?? path
      const isTool = isForDevelopment(locked) || isPartOfTools(name, locked, lock.packages)
      return { name, licence: READ[name] ?? licenceIn(manifest), isTool }
    })
}

function isForDevelopment({ dev, devOptional, peer }: LockedPackage): boolean {
  return dev === true || devOptional === true || peer === true
}

/** Npm does not mark the binary of a tool for one platform as what the tool is. */
function isPartOfTools(
  name: string,
  { optional = false }: LockedPackage,
  packages: Readonly<Record<string, LockedPackage>>,
): boolean {
  const dependants = Object.values(packages).filter((it) => it.optionalDependencies?.[name])
  return optional && dependants.length > 0 && dependants.every(isForDevelopment)
}

/** Returns the packages whose licence is not allowed. */
export function withForeignLicence(packages: readonly InstalledPackage[]): InstalledPackage[] {
  return packages.filter(({ licence, isTool }) => !isAllowed(licence, isTool))
}

function licenceIn({ license, licenses = [] }: Manifest): string {
  if (typeof license === 'string') return license
  const types = license === undefined ? licenses.map(({ type }) => type) : [license.type]
  return types.map((type) => type ?? 'unknown').join(' AND ') || 'unknown'
}

/** Of alternatives, one is enough. Our dependencies need no nested expressions. */
function isAllowed(licence: string, isTool: boolean): boolean {
  const isKnown = (name: string) => PERMISSIVE.has(name) || (isTool && FOR_TOOLS.has(name))
  return licence
    .replaceAll(/[()]/g, '')
    .split(' OR ')
    .some((alternative) => alternative.split(' AND ').every(isKnown))
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T
}
